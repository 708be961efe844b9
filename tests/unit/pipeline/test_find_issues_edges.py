"""`find_issues` on input that is bad, or poor, or odd."""

import logging

import numpy as np
import pandas as pd
import pytest
from detectors_help import flipped_digits
from sklearn.datasets import load_digits, make_blobs

import explorer
from explorer import detectors, graph
from explorer.errors import DataError, UnknownName
from explorer.pipeline.find_issues import find_issues_in

SCORES = ("label", "outlier", "near_duplicate", "conflicting_duplicate", "ambiguous", "underperforming", "imbalance")


def blobs(n=200, k=4, seed=0):
    x, y = make_blobs(n, centers=k, n_features=8, random_state=seed, cluster_std=2.0)
    return x, y


def sound(frame, n):
    """What holds of every table."""
    assert len(frame) == n
    labelled = frame.given_label.notna()
    assert frame.p_error[labelled].between(0, 1).all()
    assert frame.p_error[~labelled].isna().all()
    assert not frame.is_label_issue[~labelled].any()
    for name in frame.columns:
        if name.endswith("_score"):
            assert frame[name].dropna().between(0, 1).all(), name
        if name.startswith("is_"):
            assert frame[name].dtype == bool, name


def test_every_kind_of_issue_has_a_score_and_a_flag():
    inputs, _, wrong = flipped_digits()
    frame = explorer.find_issues(inputs.labels, features=inputs.vectors, seed=1)
    sound(frame, inputs.n)
    for kind in (*SCORES, "non_iid"):
        assert {f"{kind}_score", f"is_{kind}_issue"} <= set(frame.columns)
        flagged, score = frame[f"is_{kind}_issue"], frame[f"{kind}_score"]
        if flagged.any() and not flagged.all():
            assert score[flagged].mean() < score[~flagged].mean(), kind
    ran = [name for name in detectors.names() if detectors.get(name).issue == "label"]
    ran = [name for name in ran if name not in frame.attrs["skipped"]]
    assert {f"{name}_raw" for name in ran} <= set(frame.columns)
    assert {"confident", "vote", "relation", "hoc", "shapley", "aum"} <= set(ran)
    assert frame.suggested_p.between(0, 1).all()
    estimate = frame.attrs["estimate"]
    assert estimate["low"] <= estimate["error_rate"] <= estimate["high"]
    assert estimate["error_rate"] == pytest.approx(wrong.mean(), abs=0.04)
    assert estimate["issues"] == frame.is_label_issue.sum()
    assert frame.attrs["failures"] == {}
    assert frame.attrs["skipped"]["archaeology"].startswith("needs items planted into a training: only explorer.Review")


def test_only_some_methods():
    x, y = blobs()
    frame = explorer.find_issues(y, features=x, detectors=["vote", "outlier"])
    assert [c for c in frame if c.endswith("_raw")] == ["vote_raw"]
    assert "imbalance_score" not in frame
    assert [c for c in explorer.find_issues(y, features=x, detectors="vote") if c.endswith("_raw")] == ["vote_raw"]
    with pytest.raises(UnknownName, match="'vote'"):
        explorer.find_issues(y, features=x, detectors=["votes"])


def test_a_method_that_lacks_its_inputs_is_named():
    frame = explorer.find_issues([0, 1, 0, 1], graph=graph.build(np.eye(4), 2), detectors=["confident"])
    assert frame.attrs["skipped"] == {
        "confident": "needs probabilities: give probs=, or features= and labels of at least two classes"
    }
    assert frame.attrs["note"].endswith(
        "confident needs probabilities: give probs=, or features= and labels of at least two classes."
    )
    assert "neither" not in frame.attrs["note"], "a graph was given"
    assert frame.attrs["estimate"]["error_rate"] is None
    given = np.full((4, 2), 0.5)
    frame = explorer.find_issues([0, 1, 0, 1], probs=given, detectors=["vote", "conformal"])
    assert "neither" not in frame.attrs["note"], "probabilities were given"
    assert "vote needs a neighbour graph: give features= or graph=." in frame.attrs["note"]
    assert (
        "conformal needs labels known to be right: give trusted=, one True or False per label." in frame.attrs["note"]
    )
    assert explorer.find_issues([0, 1, 0, 1], probs=given).attrs["note"] == "", "nobody asked for those that cannot run"
    table = pd.DataFrame({"text": list("abcd"), "label": list("xyxy")})
    frame = find_issues_in(explorer.read(table, label="label", probs=given), embedder=None, detectors="vote")
    assert frame.attrs["note"].endswith("vote needs a neighbour graph: name an embedder.")


def test_a_method_that_raises_is_named_and_the_rest_go_on(caplog):
    x, y = blobs()

    @explorer.detector("unlucky")
    def unlucky(inputs):
        raise ZeroDivisionError("no luck")

    try:
        with caplog.at_level(logging.WARNING):
            frame = explorer.find_issues(y, features=x)
    finally:
        explorer.forget("unlucky")
    assert frame.attrs["failures"] == {"unlucky": "ZeroDivisionError: no luck"}
    assert "'unlucky' failed: no luck" in caplog.text
    assert "unlucky_raw" not in frame
    sound(frame, 200)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.__setitem__((7, 1), np.nan), "row 7 "),
        (lambda p: p.__setitem__((9, slice(None)), 0.9), "row 9 .*sum to 3.6"),
        (lambda p: p.__setitem__((3, slice(None)), (-0.1, 1.1, 0, 0)), "row 3 "),
    ],
)
def test_a_row_of_probabilities_that_are_none_is_named(change, message):
    _, y = blobs()
    probs = np.full((200, 4), 0.25)
    change(probs)
    with pytest.raises(DataError, match=message):
        explorer.find_issues(y, probs=probs)


def test_a_row_of_features_that_is_none_is_named():
    x, y = blobs()
    x[11, 2] = np.inf
    with pytest.raises(DataError, match="row 11 "):
        explorer.find_issues(y, features=x)
    with pytest.raises(DataError, match="type <U"):
        explorer.find_issues(["a"], features=np.array([["x"]]))
    with pytest.raises(DataError, match="no columns"):
        explorer.find_issues(["a", "b"], features=np.empty((2, 0)))


def test_a_single_row_is_one_row():
    x, y = blobs(3, 2)
    x[1, 0] = np.nan
    with pytest.raises(DataError, match="1 row is like it"):
        explorer.find_issues(y, features=x)
    with pytest.raises(DataError, match="1 row × 1 class were expected"):
        explorer.find_issues(["a"], probs=np.full((1, 2), 0.5))


@pytest.mark.parametrize("given", [np.zeros((3, 3)), "knn", [[1], [0], [1]]])
def test_a_graph_that_is_none(given):
    with pytest.raises(DataError, match=f"The graph is a {type(given).__name__}.* explorer.graph.NeighbourGraph"):
        explorer.find_issues(["a", "b", "a"], graph=given)


@pytest.mark.parametrize("labels", [None, "cat", np.zeros((3, 2), int), pd.DataFrame({"a": [1]})])
def test_labels_that_are_no_list_of_labels(labels):
    with pytest.raises(DataError, match="one label per item"):
        explorer.find_issues(labels, features=np.eye(3))


def test_classes_that_no_item_carries_keep_their_columns():
    """Labels that count columns of the probabilities, with the last and a middle class missing."""
    rng = np.random.default_rng(0)
    y = rng.choice([0, 2], 150)
    truth = y.copy()
    truth[:5] = 1
    probs = np.where(np.arange(4) == truth[:, None], 0.91, 0.03)
    frame = explorer.find_issues(y, probs=probs)
    sound(frame, 150)
    assert frame.suggested_label[:5].tolist() == ["1"] * 5
    with pytest.raises(DataError, match="2 classes were expected"):
        explorer.find_issues(np.array(["a", "b"])[y // 2], probs=probs)
    named = explorer.find_issues(np.array(["a", "b"])[y // 2], probs=probs, classes=["a", "x", "b", "y"])
    assert named.suggested_label[:5].tolist() == ["x"] * 5
    by_name = pd.DataFrame(probs[:, [2, 1, 3, 0]], columns=["b", "x", "y", "a"])
    shuffled = explorer.find_issues(np.array(["a", "b"])[y // 2], probs=by_name)
    assert shuffled.suggested_label.tolist() == named.suggested_label.tolist()


SHUFFLED = [3, 1, 0, 2]


def voices():
    """Labels c0 to c3 of which the first is wrong, the certain truth as probabilities, and what is suggested."""
    y = np.arange(200) % 4
    truth = y.copy()
    truth[0] = 2
    probs = np.where(np.arange(4) == truth[:, None], 0.91, 0.03)
    return [f"c{v}" for v in y], probs, [f"c{v}" for v in truth]


def test_columns_are_matched_by_name_or_not_at_all():
    labels, probs, right = voices()
    shuffled = pd.DataFrame(probs, columns=["c0", "c1", "c2", "c3"]).iloc[:, SHUFFLED]
    assert explorer.find_issues(labels, probs=shuffled).suggested_label.tolist() == right
    for columns, message in (
        ({"c2": "zz"}, "No column is called 'c2'. No class is called 'zz'. Name one column after each class"),
        ({"c2": "c1"}, "No column is called 'c2'. More than once: 'c1'"),
        ({f"c{i}": i for i in range(4)}, "No column is called 'c0', 'c1', 'c2', 'c3'. No class is called '3', '1',"),
    ):
        with pytest.raises(DataError, match=message):
            explorer.find_issues(labels, probs=shuffled.rename(columns=columns))
    with pytest.raises(DataError, match="No column is called 'c3'. Name one"):
        explorer.find_issues(labels, probs=shuffled.drop(columns="c3"))
    with pytest.raises(DataError, match=r"No column is called 'd'. No class is called 'c3'\."):
        explorer.find_issues(["c0", "c1", "c2"] * 10, probs=shuffled[:30], classes=["c0", "c1", "c2", "d"])


def test_columns_that_are_merely_numbered_stand_by_their_position():
    labels, probs, right = voices()
    numbered = pd.DataFrame(probs)
    assert explorer.find_issues(labels, probs=numbered).suggested_label.tolist() == right
    backwards = explorer.find_issues(labels, probs=numbered.iloc[:, ::-1].to_numpy(), classes=["c3", "c2", "c1", "c0"])
    assert backwards.suggested_label.tolist() == right
    with pytest.raises(DataError, match="No column is called '4'. No class is called '0'"):
        explorer.find_issues([int(label[1:]) + 1 for label in labels], probs=numbered)


@pytest.mark.parametrize("kind", [int, float, str, "{}.0".format])
def test_numbers_as_names_of_columns(kind):
    """Labels that are fractions for want of integers with NaN, and columns of any type, are the same classes."""
    labels, probs, right = voices()
    numbers = np.array([float(label[1:]) for label in labels])
    shuffled = pd.DataFrame(probs[:, SHUFFLED], columns=[kind(i) for i in SHUFFLED])
    assert explorer.find_issues(numbers, probs=shuffled).suggested_label.tolist() == [name[1:] for name in right]


@pytest.mark.parametrize(
    ("labels", "columns", "options", "message"),
    [
        ([0, 1, 2, 3], 3, {}, "no column for the class 3. Give"),
        ([-1, 0, 1, 2], 3, {}, "no column for the class -1. .*None as the label of an item that has none"),
        (["a", "b", "a", "b"], 3, {}, r"hold only a, b. Name all 3 classes .* no item carries: classes=\[…\]"),
        (["a", "b", "c", "d"], 3, {}, r"one column per class, in the order of classes=\[…\] \(classes: a, b, c, d\)"),
        (["a", "b", "a", "b"], 3, {"classes": ["b", "a"]}, r"one column per class of classes=\[…\].*: b, a\)"),
    ],
)
def test_a_wrong_number_of_columns(labels, columns, options, message):
    with pytest.raises(DataError, match=message):
        explorer.find_issues(labels, probs=np.full((4, columns), 1 / columns), **options)


def test_one_class():
    frame = explorer.find_issues(["a"] * 150, features=blobs(150)[0])
    sound(frame, 150)
    assert not frame.is_label_issue.any()
    assert "one class" in frame.attrs["note"]
    assert frame.attrs["estimate"]["error_rate"] is None
    against = np.random.default_rng(0).uniform(0.6, 0.95, 150)
    given = explorer.find_issues(["a"] * 150, probs=np.stack([1 - against, against], axis=1), classes=["a", "b"])
    assert given.suggested_label.eq("b").mean() > 0.9, "given probabilities can say more than the labels"


def test_probabilities_that_are_all_alike_or_all_certain():
    _, y = blobs()
    for probs in (np.full((200, 4), 0.25), np.eye(4)[y], np.eye(4)[(y + 1) % 4]):
        sound(explorer.find_issues(y, probs=probs), 200)


def test_fewer_items_than_neighbours():
    x, y = blobs(12, 3)
    sound(explorer.find_issues(y, features=x), 12)
    sound(explorer.find_issues([0, 1], features=np.eye(2)), 2)


def test_more_exact_duplicates_than_neighbours():
    x, y = blobs(300)
    x[:120] = x[0]
    y[:120] = y[0]
    y[:3] = (y[0] + 1) % 4
    frame = explorer.find_issues(y, features=x)
    sound(frame, 300)
    assert frame.is_near_duplicate_issue[:120].all()
    assert frame.near_duplicate_set[:120].nunique() == 1
    assert frame.is_conflicting_duplicate_issue[:3].all()
    assert set(frame.p_error.nlargest(3).index) == {0, 1, 2}


def test_unlabelled_items():
    x, y = blobs()
    labels = [None if i % 3 == 0 else int(v) for i, v in enumerate(y)]
    frame = explorer.find_issues(labels, features=x)
    sound(frame, 200)
    assert frame.suggested_label[frame.given_label.isna()].notna().all()


@pytest.mark.parametrize("nothing", [None, "", float("nan")])
def test_no_item_has_a_label(nothing, caplog):
    labels = [nothing] * 50
    for options in ({}, {"classes": ["a", "b"]}):
        with pytest.raises(DataError, match="No item has a label.* Label some items of each class"):
            explorer.find_issues(labels, features=blobs(50)[0], **options)
    table = pd.DataFrame({"text": [f"text {i}" for i in range(50)], "label": pd.Series(labels, dtype=object)})
    with pytest.raises(DataError, match="No item has a label"):
        find_issues_in(explorer.read(table, label="label"))
    assert not caplog.records, "no method has run"
    suggested = explorer.find_issues(labels, probs=np.tile([0.2, 0.8], (50, 1)), classes=["a", "b"])
    assert suggested.suggested_label.eq("b").all(), "probabilities suggest labels all the same"
    assert suggested.attrs["note"] == "No item has a label."


def test_a_thousand_classes_and_classes_of_one_item():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(1000, 16))
    y = np.concatenate([np.arange(1000), rng.integers(0, 1000, 1500)])
    x = centres[y] + 0.1 * rng.normal(size=(2500, 16))
    single = np.flatnonzero(np.bincount(y) == 1)
    labels = y.copy()
    wrong = np.setdiff1d(rng.choice(2500, 60, replace=False), single)
    labels[wrong] = (labels[wrong] + 7) % 1000
    # Given, since fitting a thousand classes takes long: what matters here is all that comes after.
    probs = np.exp(-2 * ((x**2).sum(1)[:, None] - 2 * x @ centres.T + (centres**2).sum(1)))
    probs = (probs + 1e-6) / (probs + 1e-6).sum(axis=1, keepdims=True)
    frame = explorer.find_issues(labels, features=x, probs=probs)
    sound(frame, 2500)
    assert np.isin(np.argsort(-frame.p_error.to_numpy())[: len(wrong)], wrong).mean() > 0.6
    assert "single item" in frame.attrs["note"]
    assert frame.attrs["failures"] == {}


def test_a_class_of_which_all_labels_are_wrong():
    """Ten items called 3 that all are 0, and real ones of 3 elsewhere: as many as can be told are found."""
    x, y = blobs(400, 3)
    y = y.copy()
    taken = np.flatnonzero(y == 0)[:10]
    y[taken] = 3
    frame = explorer.find_issues(y, features=x)
    sound(frame, 400)
    assert (frame.suggested_label.to_numpy()[taken] == "0").mean() >= 0.8
    assert np.isin(np.argsort(-frame.p_error.to_numpy())[:10], taken).mean() >= 0.7


def test_all_labels_of_two_classes_swapped_is_a_naming_and_no_error():
    x, y = blobs(300, 3)
    swapped = np.array([1, 0, 2])[y]
    one, two = explorer.find_issues(y, features=x), explorer.find_issues(swapped, features=x)
    assert abs(int(one.is_label_issue.sum()) - int(two.is_label_issue.sum())) <= 3


@pytest.mark.parametrize("what", ["constant", "noise", "uniform"])
def test_features_that_say_nothing_give_no_estimate(what):
    """A build must not pass, or fail, by an embedding that broke."""
    labels, rng = load_digits().target, np.random.default_rng(0)
    n = len(labels)
    given = {
        "constant": {"features": np.ones((n, 8))},
        "noise": {"features": rng.normal(size=(n, 8))},
        "uniform": {"probs": np.full((n, 10), 0.1)},
    }[what]
    attrs = explorer.find_issues(labels=labels, **given).attrs
    assert attrs["estimate"]["error_rate"] is None
    assert "know next to nothing" in attrs["note"]


def test_classes_of_one_item_each_give_no_estimate():
    x = np.random.default_rng(0).normal(size=(40, 5))
    attrs = explorer.find_issues(labels=[f"c{i}" for i in range(40)], features=x).attrs
    assert attrs["estimate"]["error_rate"] is None
    assert "No class has two items" in attrs["note"]


def test_labels_of_one_class_lack_a_second_one_and_no_features() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    skipped = explorer.find_issues(labels=["cat"] * 40, features=vectors).attrs["skipped"]
    assert "labels of at least two classes" in skipped["confident"]
    assert "labels of at least two classes" in skipped["aum"]
