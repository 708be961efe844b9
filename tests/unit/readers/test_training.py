"""The record of a training and links that are read beside the data: forms, alignment, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import explorer
from explorer.errors import DataError, UnknownName
from explorer.graph import NeighbourGraph, build
from explorer.training import Recorder

N, T, K = 80, 4, 3


def made(seed=0, n=N):
    """Logits [T, n, K] of a training that learns its labels, the labels, and the dynamics of the two."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, K, n)
    hard = rng.random(n)
    logits = (
        rng.normal(size=(T, n, K)) / 3
        + np.eye(K)[labels] * (3 - 4 * hard[:, None]) * np.arange(1, T + 1)[:, None, None]
    )
    p = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    own = np.take_along_axis(logits, labels[None, :, None], axis=2)[..., 0]
    rest = np.where(np.eye(K, dtype=bool)[labels], -np.inf, logits).max(axis=2)
    dynamics = np.stack([np.take_along_axis(p, labels[None, :, None], axis=2)[..., 0], own - rest], axis=2)
    return dynamics.transpose(1, 0, 2), p, labels


def texts(n=N):
    return [f"text {i}" for i in range(n)]


def read(**given):
    _, _, labels = made()
    return explorer.read(texts(), label=labels.tolist(), **given)


def test_arrays_lists_and_files(tmp_path):
    dynamics, checkpoints, _ = made()
    np.save(tmp_path / "d.npy", dynamics)
    np.savez(tmp_path / "both.npz", dynamics=dynamics, checkpoints=checkpoints)
    columns = {f"{part}_{t}": dynamics[:, t, at] for t in range(T) for at, part in enumerate(("p", "margin"))}
    pd.DataFrame(columns).to_parquet(tmp_path / "d.parquet")
    forms = [dynamics, dynamics.tolist(), tmp_path / "d.npy", str(tmp_path / "both.npz"), tmp_path / "d.parquet"]
    for form in [*forms, pd.DataFrame(columns)]:
        found = read(dynamics=form, checkpoints=tmp_path / "both.npz")
        np.testing.assert_allclose(found.training.dynamics, dynamics, atol=1e-2)
        np.testing.assert_allclose(found.training.checkpoints, checkpoints, atol=1e-3)
        assert found.training.dynamics.dtype == found.training.checkpoints.dtype == np.float16
    assert "the dynamics of 4 epochs are of your own training" in found.notes
    assert "the 4 checkpoints of the training are your own" in found.notes


def test_rows_by_index_and_by_key():
    dynamics, checkpoints, labels = made()
    order = np.random.default_rng(1).permutation(N)
    columns = {f"{part}_{t}": dynamics[:, t, at] for t in range(T) for at, part in enumerate(("p", "margin"))}
    names = [f"r{i}" for i in range(N)]
    series = pd.Series(labels, index=names)
    table = pd.DataFrame(columns, index=names).iloc[order]
    found = explorer.read(texts(), label=series, dynamics=table)
    np.testing.assert_allclose(found.training.dynamics, dynamics, atol=1e-2)
    frame = pd.DataFrame({"text": texts(), "label": labels, "name": names})
    found = explorer.read(frame, key="name", text="text", dynamics=table)
    np.testing.assert_allclose(found.training.dynamics, dynamics, atol=1e-2)
    moments = [pd.DataFrame(one, index=names, columns=range(K)).iloc[order, [2, 0, 1]] for one in checkpoints]
    found = explorer.read(frame, key="name", text="text", checkpoints=moments)
    np.testing.assert_allclose(found.training.checkpoints, checkpoints, atol=1e-3)
    with pytest.raises(DataError, match="The key 'r3' is not in it"):
        explorer.read(frame, key="name", text="text", dynamics=table.drop("r3"))
    with pytest.raises(DataError, match="The key 'r5' stands in it twice"):
        explorer.read(frame, key="name", text="text", dynamics=pd.concat([table, table.loc[["r5"]]]))


def test_rows_that_are_one_item_and_rows_set_aside():
    dynamics, checkpoints, labels = made()
    rows = texts()
    rows[5] = rows[2]
    rows[7] = None
    edges = [(2, 3), (5, 4), (7, 8)]
    found = explorer.read(rows, label=labels.tolist(), dynamics=dynamics, checkpoints=checkpoints, graph=edges)
    assert len(found) == N - 2
    np.testing.assert_allclose(found.training.dynamics, dynamics[found.first_row], atol=1e-2)
    np.testing.assert_allclose(found.training.checkpoints, checkpoints[:, found.first_row], atol=1e-3)
    at = {row: found.row_item[row] for row in range(N)}
    assert sorted(found.graph.near(at[2]).tolist()) == sorted([at[3], at[4]])
    assert found.graph.degree[at[8]] == 0
    less = found.without({0: "broken"})
    assert len(less.training.dynamics) == less.graph.n == N - 3
    assert less.training.checkpoints.shape[1] == N - 3


def without_epoch(dynamics, row, epoch):
    found = dynamics.copy()
    found[row, epoch] = np.nan
    return found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d[:-1], r"shape \(79, 4, 2\); 80 rows × epochs × 2 were expected"),
        (lambda d: d.transpose(1, 0, 2), r"dynamics.transpose\(1, 0, 2\)"),
        (lambda d: np.moveaxis(d, -1, 0), r"numpy.moveaxis\(dynamics, 0, -1\)"),
        (lambda d: d[..., 0], r"shape \(80, 4\)"),
        (lambda d: d[:, :0], r"shape \(80, 0, 2\)"),
        (lambda d: without_epoch(d, 7, 1), "dynamics of row 7 are NaN, first at epoch 1; 1 row is like it"),
        (lambda d: d[..., ::-1], "row 0 have a probability out of"),
        (lambda d: d * [1, -1], "contradict each other"),
        (lambda d: d * np.nan, "no record of any labelled row"),
        (lambda d: "no.txt", "ends in none of"),
        (lambda d: "missing.npy", "There is no file"),
        (lambda d: [["a"]], "dynamics are of the type"),
        (lambda d: pd.DataFrame(d[:, :, 0]), "no column 'p_0'"),
        (lambda d: pd.DataFrame({"p_0": d[:, 0, 0]}), "no column 'margin_0'"),
    ],
)
def test_dynamics_that_are_none(change, said):
    dynamics, _, _ = made()
    with pytest.raises(DataError, match=said):
        read(dynamics=change(dynamics))


def test_rows_without_a_record_are_allowed():
    dynamics, _, _ = made()
    dynamics[[3, 9]] = np.nan
    found = read(dynamics=dynamics)
    assert any("2 items are without" in note for note in found.notes)
    assert np.isnan(found.training.dynamics[[3, 9]]).all()


def test_dynamics_in_another_order_than_the_probabilities():
    dynamics, checkpoints, labels = made()
    probs = checkpoints[1]
    read(dynamics=dynamics, probs=probs)
    order = np.random.default_rng(3).permutation(N)
    with pytest.raises(DataError, match="The dynamics are in another order than the rows"):
        read(dynamics=dynamics[order], probs=probs)
    with pytest.raises(DataError, match="The dynamics are in another order than the rows"):
        explorer.find_issues(labels, probs=probs, dynamics=dynamics[order])


def test_a_recorder_knows_its_labels():
    _, p, labels = made()
    logits = np.log(p)

    def recorded(rows, given):
        recorder = Recorder(N, T, checkpoints=2)
        for epoch in range(T):
            recorder.record(rows, logits[epoch], given)
            recorder.end_epoch()
        return recorder

    right = recorded(np.arange(N), labels)
    found = read(dynamics=right, checkpoints=right)
    np.testing.assert_allclose(found.training.checkpoints[-1], p[-1], atol=1e-3)
    # Batches' places were recorded instead of rows.
    order = np.random.default_rng(0).permutation(N)
    with pytest.raises(DataError, match=r"not those of these rows, from row \d+ on: they agree on"):
        read(dynamics=recorded(order, labels))
    with pytest.raises(DataError, match="The training recorded 70 rows, and there are 80|shape"):
        read(dynamics=_saved_short(right))
    # The training numbers its classes otherwise, which says nothing of the order.
    turned = (labels + 1) % K
    recorder = Recorder(N, T, checkpoints=0)
    for epoch in range(T):
        recorder.record(np.arange(N), np.roll(logits[epoch], 1, axis=1), turned)
        recorder.end_epoch()
    np.testing.assert_array_equal(read(dynamics=recorder).training.labels, labels)
    # A few labels have been mended since: the record is about the old ones.
    old = labels.copy()
    old[:4] = (old[:4] + 1) % K
    found = read(dynamics=recorded(np.arange(N), old))
    np.testing.assert_array_equal(found.training.labels, old)


def _saved_short(recorder):
    class Short:
        labels = recorder.labels[:70]

        def dynamics(self):
            return recorder.dynamics()

    return Short()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c[:, :-1], r"shape \(4, 79, 3\)"),
        (lambda c: c.transpose(1, 0, 2), r"checkpoints.transpose\(1, 0, 2\)"),
        (lambda c: c[..., :2], "columns in the order of classes"),
        (lambda c: c[0], r"shape \(80, 3\)"),
        (lambda c: c * 2, "In checkpoint 0 the probabilities of row 0 .* sum to 1"),
        (lambda c: np.where(np.arange(N)[:, None] == 6, np.inf, c), "checkpoint 0 the probabilities of row 6"),
        (lambda c: c[:, ::-1], "checkpoints are in another order than the rows"),
        (lambda c: c[..., [1, 2, 0]], "Columns of the checkpoints seem to stand for other classes"),
    ],
)
def test_checkpoints_that_are_none(change, said):
    _, checkpoints, _ = made()
    with pytest.raises(DataError, match=said):
        read(checkpoints=change(checkpoints))


def test_forms_of_links(tmp_path):
    edges = np.array([(0, 1), (1, 2), (4, 3)])
    weights = np.array([1.0, 2, 3])
    expected = NeighbourGraph.from_edges(edges, N, weights)
    matrix = sparse.coo_array((weights, edges.T), shape=(N, N))
    expected.save(tmp_path / "graph.npz")
    sparse.save_npz(tmp_path / "matrix.npz", matrix.tocsr())
    np.save(tmp_path / "edges.npy", np.column_stack([edges, weights]))
    np.savez(tmp_path / "edges.npz", edges=edges, weights=weights)
    table = pd.DataFrame({"source": edges[:, 0], "target": edges[:, 1], "weight": weights})
    table.to_parquet(tmp_path / "edges.parquet")
    forms = [expected, matrix, matrix.tocsr(), (edges, weights), np.column_stack([edges, weights]), table]
    forms += [tmp_path / name for name in ("graph.npz", "matrix.npz", "edges.npy", "edges.npz", "edges.parquet")]
    for form in forms:
        found = read(graph=form).graph
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_allclose(found.similarity, expected.similarity)
    import torch

    many = np.stack([np.arange(5), np.arange(5) + 1])
    assert read(graph=torch.tensor(many)).graph.degree.sum() == 10
    assert any(note == "the neighbour graph is the one given: 6 links of 80 items, 75 of them without any" for note in
               read(graph=edges).notes)  # fmt: skip


def test_links_by_key():
    _, _, labels = made()
    frame = pd.DataFrame({"text": texts(), "label": labels, "doi": [f"10.{i}" for i in range(N)]})
    found = explorer.read(frame, text="text", key="doi", graph=[("10.3", "10.7")])
    assert found.graph.near(3).tolist() == [7]
    with pytest.raises(DataError, match="Edge 1 names 'nobody', which is the key of none of the 80 rows"):
        explorer.read(frame, text="text", key="doi", graph=[("10.3", "10.7"), ("nobody", "10.1")])


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        ([(0, 80)], "Edge 0 joins 0 and 80, and rows go from 0 to 79"),
        ([("a", "b")], "name their ends by str"),
        (sparse.eye(5), r"sparse matrix of the shape \(5, 5\)"),
        (build(np.eye(3), 2), "80 labels and 3 rows of graph"),
        (pd.DataFrame({"source": [1]}), "fewer than two columns"),
        ({"a": 1}, "The graph is a dict"),
        ("edges.txt", "The graph is a str"),
    ],
)
def test_links_that_are_none(graph, said):
    with pytest.raises(DataError, match=said):
        read(graph=graph)


def test_one_item_has_no_links():
    with pytest.raises(DataError, match="at least two items, and there is one"):
        explorer.read(["alone"], label=["a"], graph=[(0, 0)])


def test_a_slip_of_an_argument_is_told():
    with pytest.raises(UnknownName, match="dynamics"):
        read(dynamic=np.zeros((N, 1, 2)))
