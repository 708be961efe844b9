"""Raters over the wire: the table, one rater's confusion, what to ask next, and what the card says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from panels_help import Page

import explorer
from explorer.errors import DataError, UnknownName
from explorer.panels.handlers.raters import RULES
from explorer.review.review import Review

N = 240
NAMES = np.array(["cat", "dog", "owl"], dtype=object)


def planted(path: str, votes: bool = True) -> Review:
    """Vectors of three classes with some wrong labels; three raters, of whom two are one model."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, N)
    x = (np.eye(6)[truth] * 4 + rng.normal(size=(N, 6))).astype(np.float32)
    given = truth.copy()
    given[:20] = (truth[:20] + 1) % 3
    said = {}
    for name, wrong in (("ann", 0.05), ("gpt-a", 0.2), ("gpt-b", 0.25)):
        codes = np.where(rng.random(N) < wrong, rng.integers(0, 3, N), truth)
        said[name] = [NAMES[c] if rng.random() < 0.9 else None for c in codes]
    review = Review(
        explorer.read(x, label=NAMES[given], key=[f"k{n:03d}" for n in range(N)]), path, k=15, rater="me", start=False
    )
    if votes:
        review.add_rater("ann", said["ann"], kind="person")
        for name in ("gpt-a", "gpt-b"):
            review.add_rater(name, said[name], family="gpt", confidence=[0.5] * N)
    review.start()
    return review.wait("score", progress=False)


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    made = planted(str(tmp_path_factory.mktemp("raters") / "s.labels.db"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    made = planted(str(tmp_path_factory.mktemp("raters") / "a.labels.db"), votes=False)
    yield made
    made.close()


def test_the_table_is_that_of_the_consensus(review: Review) -> None:
    body = Page(review).call("raters")
    found, agreement = review.rater_views.figures()
    assert body["sentence"] == found.sentence()
    assert body["agreement"] == agreement.sentence()
    assert body["method"] == RULES[found.method]
    assert [row["name"] for row in body["rows"]] == ["ann", "gpt-a", "gpt-b"]
    assert [row["kind"] for row in body["rows"]] == ["person", "model", "model"]
    np.testing.assert_allclose([row["accuracy"] for row in body["rows"]], found.quality["accuracy"])
    assert body["rows"][0]["gold"] is None, "nobody has settled a label"
    assert all(row["low"] <= row["accuracy"] <= row["high"] for row in body["rows"])
    assert all(row["counts_as"] < 1 for row in body["rows"][1:]), "one family"
    assert review.rater_views.figures()[0] is found, "nothing has changed"


def test_confusion_of_one(review: Review) -> None:
    page = Page(review)
    body = page.call("rater_confusion", name="gpt-b")
    assert (body["classes"], body["more"]) == (["cat", "dog", "owl"], 0)
    matrix = np.array(body["matrix"])
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-6)
    assert (np.diag(matrix) > 0.6).all()
    with pytest.raises(UnknownName, match="no rater 'gpt'"):
        page.call("rater_confusion", name="gpt")


def test_what_to_ask_next(review: Review) -> None:
    page = Page(review)
    body = page.call("ask_next", n=7)
    table = review.raters.ask_next(7)
    assert [str(review.dataset.item_ids[i]) for i in page.array(body["items"])] == table.index.tolist()
    assert body["text"].endswith(".")


def test_the_card_has_a_row_a_rater_beside_the_model_and_the_neighbours(review: Review) -> None:
    matrix = review.raters.votes()
    item = next(i for i in range(20) if matrix.iloc[i].notna().all())
    body = Page(review).call("card", item=item)["raters"]
    assert [row["name"] for row in body["rows"]] == ["ann", "gpt-a", "gpt-b", "the model", "the neighbours"]
    said = [review.classes[row["label"]] for row in body["rows"][:3]]
    assert said == matrix.iloc[item].tolist()
    assert "3 raters" in body["text"] or "raters say" in body["text"]
    assert [row["confidence"] for row in body["rows"][:3]] == [None, 0.5, 0.5]
    assert all(0 < row["right"] <= 1 for row in body["rows"])
    shares = [p for _, p in body["posterior"]]
    assert shares == sorted(shares, reverse=True)
    heard = review.results.findings.results["raters"].frozen["heard"]  # type: ignore[union-attr]
    code = body["rows"][0]["label"]
    votes = review.results.inputs.votes  # type: ignore[union-attr]
    mine = (votes.raters == 0) & (votes.codes == code)  # type: ignore[union-attr]
    expected = heard.posterior[votes.items[mine], code].mean()  # type: ignore[union-attr]
    assert body["rows"][0]["right"] == pytest.approx(float(expected), abs=1e-5)


def test_without_raters_nothing_is_said(alone: Review) -> None:
    page = Page(alone)
    assert page.call("raters")["rows"] == []
    assert "raters" not in page.call("card", item=0)
    assert page.call("scope", name="raters")["why"] == "No raters dispute a label, or contradict each other."
    fact = next(one for one in page.call("facts") if one["name"] == "raters")
    assert (fact["rows"], fact["opens"]) == ([], None)
    with pytest.raises(DataError, match="no raters"):
        page.call("ask_next")
    with pytest.raises(DataError, match="no raters"):
        page.call("rater_confusion", name="ann")


def test_the_scope_has_disputes_first_and_tells_of_each(review: Review) -> None:
    page = Page(review)
    table = review.queue_of("raters disagree", decided=True)
    heard = review.results.findings.results["raters"].frozen["heard"]  # type: ignore[union-attr]
    labels = review.state.codes
    against = set(np.flatnonzero((heard.best >= 0) & (labels >= 0) & (heard.best != labels)).tolist())
    names = review.raters.votes()
    split = {i for i, row in enumerate(names.to_numpy()) if len({one for one in row if one is not None}) > 1}
    items = page.array(page.call("scope", name="raters")["items"]).tolist()
    assert set(items) == against | split
    assert set(items[: len(against)]) == against
    assert table["raters"].tolist() == ["dispute the label"] * len(against) + ["contradict each other"] * (
        len(items) - len(against)
    )
    assert table["why"].ne("").all()
    said = page.call("scope_why", item=items[0], scope="raters")["text"]
    assert f"the label is {review.classes[labels[items[0]]]}." in said
    other = next(i for i in range(N) if i not in set(items))
    assert page.call("scope_why", item=other, scope="raters")["text"] == ""


def test_the_fact_opens_the_items_that_raters_dispute(review: Review) -> None:
    fact, page = review.facts()["raters"], Page(review)
    body = next(one for one in page.call("facts") if one["name"] == "raters")
    assert body["sentence"] == fact.sentence
    opened = 0
    for row in body["rows"]:
        if row["opens"] is None:
            continue
        items = page.array(page.call("fact_items", fact="raters", of=row["opens"]["of"])["items"])
        assert len(items) == row["opens"]["n"] == int(row["cells"][2])
        assert {review.classes[review.state.codes[i]] for i in items} == {row["cells"][0]}
        opened += len(items)
    assert opened == body["opens"]["n"] == len(fact.items()) > 0


def test_a_decision_takes_an_item_out_of_the_disputes(review: Review) -> None:
    def disputed() -> list[str]:
        table = review.queue_of("raters", decided=True)
        return table.index[table["raters"] == "dispute the label"].tolist()

    heard = review.results.findings.results["raters"].frozen["heard"]  # type: ignore[union-attr]
    one = disputed()[0]
    review.relabel(one, review.classes[heard.best[review.dataset.position(one)]])
    assert one not in disputed()
    assert Page(review).call("raters")["rows"][0]["gold_answers"] in (0, 1)
    review.undo()


def test_the_card_counts_votes_as_they_stand_and_keeps_what_is_known_of_those_heard(review: Review) -> None:
    with review.state.lock:
        before = review.rater_views.of_item(0, [])
    assert before is not None
    known = {row.name: row.right for row in before.rows if row.name in ("ann", "gpt-a", "gpt-b")}
    label = review.classes[before.rows[0].label]
    review.raters.blind("zoe", items=[review.dataset.item_ids[0]]).answer(review.dataset.item_ids[0], label)
    with review.state.lock:
        after = review.rater_views.of_item(0, [])
    assert after is not None
    new = next(row for row in after.rows if row.name == "zoe")
    assert np.isnan(new.right), "not heard yet"
    for row in after.rows:
        if row.name in known:
            np.testing.assert_equal(row.right, known[row.name])
    people = sum(row.label >= 0 for row in after.rows if row.name in known or row.name == "zoe")
    assert f"of {people} raters" in after.text
