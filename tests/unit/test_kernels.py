"""Compiled loops: compiled by a run and not by the first correction, whatever arrays look like; scales by hand."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from updates_help import Case, begun, followed, made

from explorer.detectors import compiled, count_kernels, kernels, nearest_kernels, verdict_kernels
from explorer.detectors.columns import OF_POOL, Scale, Scales

ALL = {
    name: one
    for module in (kernels, count_kernels, nearest_kernels, verdict_kernels)
    for name, one in vars(module).items()
    if isinstance(one, compiled.Kernel)
}


def variants():
    """How many kinds of arrays every loop is compiled for."""
    return {name: 0 if one._compiled is None else len(one._compiled.signatures) for name, one in ALL.items()}


@pytest.mark.parametrize("kind", ["as it is", "read-only", "strided"])
def test_a_run_compiles_all_that_a_correction_needs(kind):
    inputs = made(Case(5, 240, 4, k=10, trusted=True, trained=True))
    if kind == "read-only":
        for name in ("labels", "probs", "vectors"):
            getattr(inputs, name).flags.writeable = False
    elif kind == "strided":
        labels, probs = np.repeat(inputs.labels, 2)[::2], np.asfortranarray(inputs.probs)
        inputs = replace(inputs, labels=labels, probs=probs, vectors=np.repeat(inputs.vectors, 2, axis=1)[:, ::2])
    first = begun(inputs)
    before = variants()
    assert all(count for name, count in before.items() if not name.startswith("follow_"))
    assert before["follow_scattered" if kind == "strided" else "follow_answers"]
    # One that has copies made, and one that writes into these.
    now = followed(first, {3: (int(inputs.labels[3]) + 1) % 4})
    followed(now, {8: (int(inputs.labels[8]) + 1) % 4}, inplace=True)
    assert variants() == before


@compiled.kernel("out")
def doubled(values, out):
    for i in range(len(values)):
        out[i] = 2 * values[i]


def test_arrays_of_every_kind_are_read():
    values = np.arange(12, dtype=np.int32)
    frozen = values.copy()
    frozen.flags.writeable = False
    for given in (values, frozen, values[::2], values.astype(np.float64), np.broadcast_to(np.int8(3), 5)):
        out = np.empty(len(given))
        doubled(given, out)
        np.testing.assert_array_equal(out, 2.0 * given)
    assert len(doubled._compiled.signatures) == 3  # int32, float64, int8


def test_a_field_of_records_is_read():
    records = np.zeros(4, dtype=[("flag", np.int8), ("value", np.float64)])
    records["value"] = [1, 2, 3, 4]
    assert not records["value"].flags.aligned
    out = np.empty(4)
    doubled(records["value"], out)
    np.testing.assert_array_equal(out, [2, 4, 6, 8])


def test_what_is_not_named_is_not_written():
    @compiled.kernel()
    def wipe(values):
        values[0] = 0

    with pytest.raises(Exception, match="read"):
        wipe(np.ones(3))


def test_without_a_folder_for_the_cache_it_is_compiled_all_the_same(monkeypatch):
    import numba

    njit, asked = numba.njit, []

    def nowhere(**options):
        asked.append(options.get("cache", False))
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    monkeypatch.setattr(numba, "njit", nowhere)
    again = compiled.Kernel(doubled.function, ("out",))
    out = np.empty(3)
    again(np.arange(3.0), out)
    assert asked == [True, False]
    np.testing.assert_array_equal(out, [0, 2, 4])


def scaled(scale, column):
    """Scale a column as `Scale` says."""
    wide = column.astype(np.float64)
    if not len(scale.places):
        return np.zeros(len(column))
    place = np.searchsorted(scale.places, wide)
    here = np.minimum(place, len(scale.places) - 1)
    found = np.where(scale.places[here] == wide, scale.at[here], scale.below[place])
    return np.where(np.isnan(wide), 0, found)


def test_columns_are_scaled_by_their_ranks():
    rng = np.random.default_rng(0)
    columns = [
        rng.normal(size=400).astype(np.float32),
        rng.integers(-2, 3, 400).astype(np.float32),
        np.full(400, 7, np.float32),  # says nothing
        np.where(rng.random(400) < 0.4, np.nan, rng.exponential(size=400)).astype(np.float32),
        np.array([-1, 1] * 200, np.float32),
    ]
    scales = [Scale.of(column) for column in columns]
    assert not len(scales[2].places)
    values = [
        np.concatenate([column, [np.nan, -np.inf, np.inf, 0, -0.0, 1e-30, 3]]).astype(np.float32) for column in columns
    ]
    rows, into = rng.permutation(407)[:300], rng.permutation(300)
    chosen = np.array([4, 0, 2, 3, 1])
    matrix = np.full((300, len(OF_POOL) + 5), 9, np.float32)
    Scales(dict(enumerate(scales))).write([values[c] for c in chosen], len(OF_POOL) + chosen, rows, into, matrix)
    for c in chosen:
        expected = scaled(scales[c], values[c][rows]).astype(np.float32)
        np.testing.assert_array_equal(matrix[into, len(OF_POOL) + c], expected)
    assert (matrix[:, : len(OF_POOL)] == 9).all()


def test_importing_the_methods_does_not_wait_for_numba():
    code = "import sys, explorer.detectors; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
