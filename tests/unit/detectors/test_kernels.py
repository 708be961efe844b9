"""Compiled loops: compiled by a run and not by the first correction, whatever arrays look like; scales by hand."""

import importlib.util
import logging
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from updates_help import Case, begun, followed, made

from explorer.detectors.combine.features import OF_POOL, Scale, Scales
from explorer.detectors.compiled import counts, jit, labelings, nearest, neighbours, verdict

ALL = {
    name: one
    for module in (neighbours, labelings, counts, nearest, verdict)
    for name, one in vars(module).items()
    if isinstance(one, jit.Kernel)
}


def variants():
    """How many kinds of arrays every loop is compiled for."""
    return {name: one.signatures for name, one in ALL.items()}


@pytest.mark.parametrize("kind", ["as it is", "read-only", "strided"])
def test_a_run_compiles_all_that_a_correction_needs(kind):
    for one in ALL.values():  # what other tests have called is compiled already
        one.forget()
    inputs = made(Case(5, 240, 4, k=10, trusted=True, trained=True))
    if kind == "read-only":
        for name in ("labels", "probs", "vectors"):
            getattr(inputs, name).flags.writeable = False
    elif kind == "strided":
        labels, probs = np.repeat(inputs.labels, 2)[::2], np.asfortranarray(inputs.probs)
        inputs = replace(inputs, labels=labels, probs=probs, vectors=np.repeat(inputs.vectors, 2, axis=1)[:, ::2])
    first = begun(inputs)
    before = variants()
    whole = {
        "follow_answers",
        "search_two",
        "search_sketch",
    }  # of vectors that lie in one piece; others have their own way
    assert all(count for name, count in before.items() if name not in {*whole, "follow_scattered"})
    assert all(before[name] for name in ({"follow_scattered"} if kind == "strided" else whole))
    # One that has copies made, and one that writes into these.
    now = followed(first, {3: (int(inputs.labels[3]) + 1) % 4})
    followed(now, {8: (int(inputs.labels[8]) + 1) % 4}, inplace=True)
    assert variants() == before


@jit.kernel("out")
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
    assert doubled.signatures == 3  # int32, float64, int8


def test_a_field_of_records_is_read():
    records = np.zeros(4, dtype=[("flag", np.int8), ("value", np.float64)])
    records["value"] = [1, 2, 3, 4]
    assert not records["value"].flags.aligned
    out = np.empty(4)
    doubled(records["value"], out)
    np.testing.assert_array_equal(out, [2, 4, 6, 8])


def test_what_is_written_to_a_field_of_records_is_not_lost_in_a_copy():
    again = jit.Kernel(doubled.function, ("out",))
    records = np.zeros(4, dtype=[("flag", np.int8), ("value", np.float64)])
    with pytest.raises(ValueError, match="'out' is written to"):
        again(np.ones(4), records["value"])
    again(np.ones(4), np.empty(4))
    with pytest.raises(ValueError, match="'out' is written to"):  # of types that are not compiled yet
        again(np.ones(4, np.int8), records["value"])
    assert not records["value"].any()


def test_what_is_not_named_is_not_written():
    @jit.kernel()
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
    again = jit.Kernel(doubled.function, ("out",))
    out = np.empty(3)
    again(np.arange(3.0), out)
    assert asked == [True, False]
    np.testing.assert_array_equal(out, [0, 2, 4])


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A function of its own file, so of its own cache, which has been compiled and kept once; and how to call it."""
    monkeypatch.setattr(jit, "_told", threading.Event())
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    path = tmp_path / "loops_of_a_test.py"
    path.write_text("def tripled(values, out):\n    for i in range(len(values)):\n        out[i] = 3 * values[i]\n")
    spec = importlib.util.spec_from_file_location("loops_of_a_test", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call(dtype):
        out = np.empty(3)
        again = jit.Kernel(module.tripled, ("out",))
        again(np.arange(3, dtype=dtype), out)
        again(np.arange(3, dtype=dtype), out)
        np.testing.assert_array_equal(out, [0, 3, 6])

    call(np.float64)
    assert list(tmp_path.rglob("*.nbi"))
    return tmp_path, call


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_torn_cache_is_done_without_and_said_once(stored, caplog, ending):
    folder, call = stored
    for path in folder.rglob(f"*.{ending}"):
        path.write_bytes(b"")
    with caplog.at_level(logging.WARNING, logger="explorer"):
        call(np.float64)
        call(np.float64)
    (record,) = caplog.records
    assert "EOFError" in record.getMessage()
    assert str(folder) in record.getMessage()


def test_a_full_disk_costs_no_second_compilation(stored, caplog, monkeypatch):
    from numba.core import caching, dispatcher

    def full(self, path):
        raise OSError(28, "No space left on device")

    times, compile_ = [], dispatcher._FunctionCompiler.compile
    monkeypatch.setattr(caching.IndexDataCacheFile, "_open_for_write", full)
    monkeypatch.setattr(dispatcher._FunctionCompiler, "compile", lambda *given: times.append(1) or compile_(*given))
    with caplog.at_level(logging.WARNING, logger="explorer"):
        stored[1](np.int16)
    assert len(times) == 1
    assert "No space left" in caplog.text


def test_a_mistake_in_the_function_is_no_matter_of_the_cache(caplog):
    @jit.kernel()
    def wrong(values):
        return values.nothing_of_the_kind

    with pytest.raises(Exception, match="nothing_of_the_kind"):
        wrong(np.ones(3))
    assert not caplog.records


def test_other_types_are_called_while_some_are_compiled(monkeypatch):
    from numba.core import dispatcher

    again = jit.Kernel(doubled.function, ("out",))
    again(np.arange(3.0), np.empty(3))
    compile_, others, failed = dispatcher._FunctionCompiler.compile, [], []

    def call(dtype):
        out = np.empty(3)
        try:
            again(np.arange(3, dtype=dtype), out)
            np.testing.assert_array_equal(out, [0, 2, 4])
        except Exception as problem:
            failed.append(problem)

    def slow(*given):
        if not others:
            others.extend(threading.Thread(target=call, args=(one,)) for one in (np.uint8, np.uint16, np.float64))
            for other in others:
                other.start()
            others[-1].join(20)  # of types that are compiled: it does not wait
            assert not others[-1].is_alive()
            for other in others:
                other.join(0.2)  # the rest come to where they wait for us
        return compile_(*given)

    monkeypatch.setattr(dispatcher._FunctionCompiler, "compile", slow)
    monkeypatch.setattr("numba.core.caching.FunctionCache.load_overload", lambda *given: None)
    call(np.uint32)
    for other in others:
        other.join(60)
    assert not failed
    assert len(others) == 3
    assert again.signatures == 4


def test_numbers_are_what_they_are_annotated_as():
    @jit.kernel("out")
    def filled(factor: float, times: int, twice: bool, out: jit.Reals) -> None:
        for i in range(len(out)):
            out[i] = factor * times * (2 if twice else 1)

    out = np.empty(2)
    for factor, times, twice in ((1, True, 0), (2.5, 3, True), (np.float32(0.5), np.int16(300), np.bool_(True))):
        filled(factor, times, twice, out)
        np.testing.assert_array_equal(out, float(factor) * int(times) * (1 + bool(twice)))
    assert filled.signatures == 1
    for wrong in (2.5, np.float32(2)):
        with pytest.raises(TypeError, match="integer"):
            filled(1.0, wrong, True, out)


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
