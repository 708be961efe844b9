"""Items left out of the dataset, and labels marked as wrong: what each says to exports, estimates and learning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_help import Planted

import explorer
from explorer import Review, export
from explorer.errors import UnknownName
from explorer.labels.model.states import State


@pytest.fixture
def review(planted: Planted, tmp_path: Path) -> Iterator[Review]:
    dataset = explorer.read(planted.images, label=planted.labels, key=planted.keys)
    made = Review(dataset, tmp_path / "s.labels.db", rater="ann", start=False)
    yield made
    made.close()


@pytest.fixture
def scored(planted: Planted, tmp_path: Path) -> Iterator[Review]:
    """A review of 200 digits by their vectors, with scores."""
    vectors = planted.images[:200].reshape(200, -1).astype(np.float32)
    dataset = explorer.read(vectors, label=planted.labels[:200], key=planted.keys[:200])
    made = Review(dataset, tmp_path / "s.labels.db", rater="ann", k=20).wait("score", progress=False)
    yield made
    made.close()


def test_leaving_out_is_one_commit_counted_and_undone(review: Review) -> None:
    made = review.leave_out(["digit-0000", "digit-0001"], why="blank")
    assert made is not None
    assert len(made.events) == 2
    assert review.counts() == {"reviewed": 2, "relabelled": 0, "kept": 0, "flagged": 0, "left_out": 2, "suspects": 0}
    assert review.labels.get("digit-0000").state == State.LEFT_OUT
    assert review.state.labels.left_out[:3].tolist() == [True, True, False]
    review.undo()
    assert review.counts()["reviewed"] == 0
    assert not review.state.labels.left_out.any()
    assert review.leave_out([]) is None
    with pytest.raises(UnknownName):
        review.leave_out("digit-9999")
    with pytest.raises(UnknownName, match=r"leave_out\(\)"):
        review.mark("digit-0000", "left out")


def test_corrected_keeps_the_label_and_tells_the_rows(tmp_path: Path) -> None:
    texts = ["one more text", "another text here", "one more text", "a third text"]
    dataset = explorer.read(texts, label=["x", "y", "y", "x"])
    review = Review(dataset, tmp_path / "s.labels.db", start=False)
    try:
        plain = review.corrected()
        review.leave_out(0)
        assert review.corrected().equals(plain)
        table = review.corrected(left_out=True)
        assert table.columns.tolist()[1] == "left_out"
        assert table.iloc[:, 0].tolist() == ["x", "y", "y", "x"], "each row of the item keeps its own label"
        assert table["left_out"].tolist() == [True, False, True, False]
    finally:
        review.close()


def test_an_export_has_the_column_or_drops_the_rows(review: Review, tmp_path: Path) -> None:
    review.leave_out("digit-0003")
    whole = export.read(review.export(tmp_path / "all.csv"))
    assert whole["item_id"][whole["left_out"]].tolist() == ["digit-0003"]
    rest = export.read(review.export(tmp_path / "rest.csv", drop=True))
    assert len(rest) == len(whole) - 1
    assert "digit-0003" not in set(rest["item_id"])
    review.undo()
    assert review.import_corrections(tmp_path / "rest.csv") is None
    assert review.import_corrections(tmp_path / "all.csv") is not None
    assert review.counts()["left_out"] == 1


def test_an_export_can_hold_only_what_changed(review: Review, tmp_path: Path) -> None:
    given = review.dataset.classes[int(review.dataset.given[5])]
    other = next(name for name in review.classes if name != given)
    review.relabel("digit-0005", other)
    review.keep("digit-0004")
    review.leave_out("digit-0003")
    changed = export.read(review.export(tmp_path / "changed.csv", changed=True))
    assert changed["item_id"].tolist() == ["digit-0003", "digit-0005"]
    both = export.read(review.export(tmp_path / "both.csv", changed=True, drop=True))
    assert both["item_id"].tolist() == ["digit-0005"]
    assert export.read(export.write(changed, tmp_path / "again.csv", changed=True)).equals(changed)
    whole = export.read(review.export(tmp_path / "all.csv"))
    assert whole["item_id"][export.is_changed(whole)].tolist() == ["digit-0003", "digit-0005"]
    assert review.import_corrections(tmp_path / "changed.csv") is None


def test_a_missing_label_that_stays_missing_is_no_change() -> None:
    labels = {"given_label": [None, None, "a", "a"], "corrected_label": [None, "a", None, "a"]}
    table = pd.DataFrame(labels | {"left_out": False})
    assert export.is_changed(table).tolist() == [False, True, True, False]
    assert export.is_changed(table.astype({"given_label": "string", "corrected_label": "string"})).tolist() == [
        False,
        True,
        True,
        False,
    ]


def test_a_random_item_left_out_is_an_open_answer(scored: Review) -> None:
    drawn = [str(scored.dataset.item_ids[i]) for i in scored.sample.draws()[:3]]
    scored.leave_out(drawn[0])
    scored.mark(drawn[1], "wrong")
    scored.keep(drawn[2])
    with scored.state.lock:
        reading = scored.sample.reading()
    assert np.isfinite(reading.answers).sum() == 2
    assert drawn[0] not in scored.queue.index
    assert scored.issues.loc[drawn[0], "decided"]


def test_marks_as_wrong_teach_and_items_left_out_do_not(scored: Review) -> None:
    worst = scored.issues.index.tolist()
    wrong, out, odd, kept = worst[:6], worst[6:9], worst[9:11], worst[11:14]
    scored.mark(wrong, "wrong")
    scored.leave_out(out)
    scored.mark(odd, "ambiguous")
    scored.keep(kept)
    scored.scores.ready()
    baseline, place = scored.state.baseline, scored.dataset.position
    assert baseline is not None
    assert baseline.wrong[[place(i) for i in wrong]].tolist() == [1.0] * 6
    assert baseline.wrong[[place(i) for i in kept]].tolist() == [0.0] * 3
    assert np.isnan(baseline.wrong[[place(i) for i in [*out, *odd]]]).all()
    assert scored.drift().decisions == 9
    inputs = scored.results.inputs
    assert inputs is not None
    taught = baseline.teach(inputs)
    assert taught is not None
    assert (taught.decisions, taught.wrong) == (9, 6)
    scored.undo()
    scored.scores.ready()
    assert np.isfinite(baseline.wrong).sum() == 6


def test_marks_as_wrong_still_teach_after_a_rerun(scored: Review) -> None:
    worst = scored.issues.index.tolist()
    scored.mark(worst[:8], "wrong")
    scored.leave_out(worst[8:12])
    scored.rerun()
    scored.wait("score", progress=False)
    scored.scores.ready()
    baseline, inputs = scored.state.baseline, scored.results.inputs
    assert baseline is not None
    assert inputs is not None
    assert inputs.trusted is None, "nobody knows the right label"
    taught = baseline.teach(inputs)
    assert taught is not None
    assert (taught.decisions, taught.wrong) == (8, 8)
