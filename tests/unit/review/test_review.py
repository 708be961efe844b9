"""Review: background work, decisions, labels out; all without a widget."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planted_help import Planted

import explorer
from explorer import labels as label_store
from explorer.errors import Cancelled, DataError, ExplorerError, UnknownName
from explorer.labels import Conflict
from explorer.review.events import CellsChanged, Event, StagesChanged
from explorer.review.review import Review


def read(planted: Planted) -> explorer.Dataset:
    return explorer.read(planted.images, label=planted.labels, key=planted.keys)


@pytest.fixture(scope="module")
def finished(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Review:
    """A review that has run; tests that change labels make their own."""
    review = Review(read(planted), tmp_path_factory.mktemp("review") / "s.labels.db", rater="ann")
    return review.wait(progress=False)


@pytest.fixture
def review(planted: Planted, tmp_path: Path) -> Iterator[Review]:
    """A review whose pipeline was not started: enough for everything about labels."""
    made = Review(read(planted), tmp_path / "s.labels.db", rater="ann", start=False)
    yield made
    made.labels.close()


def test_the_whole_path_finds_most_planted_flips(finished: Review, planted: Planted) -> None:
    top = finished.issues.head(len(planted.flipped))
    found = np.isin([planted.keys[i] for i in planted.flipped], top.index).mean()
    assert found >= 0.85
    suggested = top.loc[top.index.intersection([planted.keys[i] for i in planted.flipped]), "suggested_label"]
    right = [str(planted.truth[planted.keys.index(item)]) == label for item, label in suggested.items()]
    assert np.mean(right) >= 0.9


def test_issues_has_cleanlabs_columns_worst_first(finished: Review) -> None:
    issues = finished.issues
    assert {
        "given_label", "suggested_label", "p_error", "label_score", "is_label_issue", "outlier_score",
        "is_outlier_issue", "near_duplicate_score", "is_near_duplicate_issue", "label", "state",
    } <= set(issues.columns)  # fmt: skip
    p = issues["p_error"].to_numpy()
    assert (np.diff(p) <= 0).all()
    assert p.min() >= 0
    assert p.max() <= 1
    np.testing.assert_allclose(issues["label_score"], 1 - p, atol=1e-6)


def test_every_stage_ends_and_says_what_it_did(finished: Review) -> None:
    assert [s.state for s in finished.status.stages] == ["done"] * 5
    assert finished.status.done
    assert "pixels" in finished.status["embed"].note
    assert finished.results.layout_name == "umap"
    layout = finished.results.layout
    assert layout is not None
    assert layout.shape == (500, 2)
    assert np.abs(layout).max() <= 1


def test_the_same_seed_gives_the_same_results(finished: Review, planted: Planted, tmp_path: Path) -> None:
    again = Review(read(planted), tmp_path / "t.labels.db").wait(progress=False)
    pd.testing.assert_frame_equal(again.issues, finished.issues)
    assert again.results.layout is not None
    np.testing.assert_array_equal(again.results.layout, finished.results.layout)


def test_explain_says_why_in_words(finished: Review) -> None:
    reasons = finished.explain(finished.issues.index[0])
    assert list(reasons.columns) == ["name", "text", "value", "method", "push"]
    assert reasons["text"].str.contains(r"nearest say \w+").any(), reasons.to_string()


def test_the_manifest_says_what_made_the_results(finished: Review) -> None:
    manifest = finished.manifest()
    assert manifest["options"]["seed"] == 0
    assert manifest["dataset"]["items"] == 500
    assert manifest["versions"]["numpy"] == np.__version__
    assert set(manifest["stages"]) == {"embed", "graph", "probe", "score", "layout"}


def test_relabel_keep_mark_and_undo_are_each_one_commit(review: Review) -> None:
    review.relabel("digit-0000", 7, why="has a bar")
    review.keep(["digit-0001", "digit-0002"])
    review.mark("digit-0003", "ambiguous")
    assert review.counts() == {"reviewed": 4, "relabelled": 1, "kept": 2, "flagged": 1, "left_out": 0, "suspects": 0}
    log = review.labels.log()
    assert log["op"].tolist() == ["flag", "keep", "keep", "set"]
    assert log["rater"].unique().tolist() == ["ann"]
    assert log["commit"].nunique() == 3
    assert log.iloc[-1][["new", "why"]].tolist() == ["7", "has a bar"]

    review.undo()
    review.undo()
    assert review.counts()["reviewed"] == 1
    assert len(review.labels.log()) == 7, "an undo adds events and deletes none"
    review.undo()
    assert review.undo() is None


def test_keep_means_the_given_label_also_after_a_relabelling(review: Review, planted: Planted) -> None:
    review.relabel("digit-0000", 9)
    review.keep("digit-0000")
    assert review.corrected().iloc[0] == planted.labels[0]
    assert review.labels.get("digit-0000").state == "kept"


def test_a_label_that_is_no_class_is_refused_unless_it_is_meant(planted: Planted, tmp_path: Path) -> None:
    names = [f"digit {n}" for n in planted.labels]
    dataset = explorer.read(planted.images, label=names, key=planted.keys)
    review = Review(dataset, tmp_path / "s.labels.db", start=False)
    with pytest.raises(UnknownName, match="no class 'digit 33'.*mean 'digit 3'"):
        review.relabel("digit-0000", "digit 33")
    assert review.labels.log().empty
    review.relabel("digit-0000", "letter o", new_class=True)
    assert review.classes[-1] == "letter o"
    assert review.corrected().iloc[0] == "letter o"


def test_unknown_items_and_reasons_get_a_hint(review: Review) -> None:
    with pytest.raises(UnknownName, match="mean .*'digit-0001'"):
        review.keep("digit-00011")
    with pytest.raises(UnknownName, match="mean 'ambiguous'"):
        review.mark("digit-0001", "ambigous")
    assert review.labels.log().empty


def test_corrected_is_aligned_to_the_users_rows_in_the_users_values(review: Review, planted: Planted) -> None:
    review.relabel("digit-0004", 9)
    corrected = review.corrected()
    assert corrected.dtype.kind == "i"
    assert corrected.iloc[4] == 9
    np.testing.assert_array_equal(corrected.drop(4), np.delete(planted.labels, 4))


def test_a_correction_reaches_every_occurrence_of_an_item(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"text": ["one", "two", "one", "three"], "label": ["x", "y", "y", "x"]}, index=["a", "b", "c", "d"]
    )
    review = Review(explorer.read(frame, text="text", label="label"), tmp_path / "s.labels.db", start=False)
    assert review.corrected().tolist() == ["x", "y", "y", "x"], "untouched rows keep their own label"
    review.relabel(0, "y")
    corrected = review.corrected()
    assert corrected.tolist() == ["y", "y", "y", "x"]
    assert corrected.index.tolist() == ["a", "b", "c", "d"]
    assert corrected.name == "label"


def test_another_process_reads_the_corrections(review: Review) -> None:
    review.relabel("digit-0000", 7, why="has a bar")
    code = (
        "import sys; from explorer import labels\n"
        "with labels.open(sys.argv[1], read_only=True) as s:\n"
        "    print(s.get('digit-0000').value, len(s.log()), s.verify().ok)"
    )
    done = subprocess.run([sys.executable, "-c", code, review.labels.path], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["7", "1", "True"]


def test_decisions_are_there_again_in_a_new_review(planted: Planted, tmp_path: Path) -> None:
    first = Review(read(planted), tmp_path / "s.labels.db", start=False)
    first.relabel("digit-0000", 7)
    first.keep("digit-0001")
    first.labels.close()
    second = Review(read(planted), tmp_path / "s.labels.db", start=False)
    assert second.counts() == {"reviewed": 2, "relabelled": 1, "kept": 1, "flagged": 0, "left_out": 0, "suspects": 0}
    assert second.corrected().iloc[0] == 7


def test_corrected_and_export_agree_in_every_state(review: Review, tmp_path: Path) -> None:
    review.relabel("digit-0000", 9)
    review.mark("digit-0000", "ambiguous")
    review.keep("digit-0001")
    review.mark("digit-0002", "ambiguous")
    exported = pd.read_csv(review.export(tmp_path / "out.csv"), dtype=str)["corrected_label"]
    assert review.corrected().astype(str).tolist() == exported.tolist()


def test_what_another_process_wrote_is_seen_without_a_conflict(review: Review) -> None:
    with label_store.open(review.labels.path, rater="bob") as other:
        other.set("digit-0007", "9")
    assert review.corrected().iloc[7] == 9
    assert review.counts()["relabelled"] == 1
    assert review.state.codes[7] == 9


def test_the_rater_is_who_the_review_says_also_for_undo(review: Review) -> None:
    review.rater = "bob"
    review.relabel("digit-0000", 9)
    review.undo()
    assert review.labels.log()["rater"].tolist() == ["bob", "bob"]


def test_given_label_stays_the_given_one_after_a_correction(planted: Planted, tmp_path: Path) -> None:
    review = Review(read(planted), tmp_path / "s.labels.db")
    review.relabel("digit-0000", 9)
    review.rerun()
    assert review.issues.loc["digit-0000", ["given_label", "label"]].tolist() == [str(planted.labels[0]), "9"]


def test_a_listener_that_fails_stops_nothing(review: Review) -> None:
    def fails(event: Event) -> None:
        raise RuntimeError(event)

    review.events.subscribe(Event, fails)
    assert review.relabel("digit-0000", 9) is not None
    assert len(review.issues) == 500


def test_cancelling_a_run_keeps_what_an_earlier_one_found(planted: Planted, tmp_path: Path) -> None:
    review = Review(read(planted), tmp_path / "s.labels.db").wait(progress=False)
    review.rerun("patches")
    review.cancel()
    review.wait(progress=False)
    assert review.results.table is not None
    assert review.results.layout_name == "umap"


def test_cancel_while_it_embeds_ends_soon_and_the_rest_is_computed_later(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (1500, 32, 32, 3), dtype=np.uint8)
    dataset = explorer.read(pictures, label=["x", "y"] * 750)
    review = Review(dataset, tmp_path / "s.labels.db", embedder="patches", start=False)
    seen = threading.Event()

    def stop_early(_event: StagesChanged) -> None:
        stage = review.status["embed"]
        if stage.state == "running" and stage.done > 0:
            seen.set()
            review.cancel()

    stop = review.events.subscribe(StagesChanged, stop_early)
    review.wait(progress=False)
    stop()
    assert seen.is_set()
    assert review.status["embed"].state == "cancelled"
    assert 0 < review.status["embed"].done < review.status["embed"].total
    review.rerun()
    assert len(review.issues) == 1500


@pytest.mark.soak
def test_the_queue_finds_the_flips_mean_of_five_draws(tmp_path: Path) -> None:
    from planted_help import plant

    shares = []
    for seed in range(5):
        p = plant(1797, seed=seed)
        review = Review(read(p), tmp_path / f"{seed}.labels.db")
        top = review.issues.head(len(p.flipped)).index
        shares.append(np.isin([p.keys[i] for i in p.flipped], top).mean())
        review.close()
    assert np.mean(shares) >= 0.9, shares


def test_two_reviews_on_one_store_meet_in_a_conflict(planted: Planted, tmp_path: Path) -> None:
    ann = Review(read(planted), tmp_path / "s.labels.db", rater="ann", start=False)
    bob = Review(read(planted), tmp_path / "s.labels.db", rater="bob", start=False)
    seen = {"digit-0000": bob.state.event_of(0)}
    ann.relabel("digit-0000", 7, why="has a bar")
    with pytest.raises(Conflict) as caught:
        bob.edit("set", ["digit-0000"], label="8", expected=seen)
    cell = caught.value.cells[0]
    assert (cell.value, cell.rater, cell.why) == ("7", "ann", "has a bar")
    assert bob.state.codes[0] == 7, "what the other wrote is shown"
    bob.edit("set", ["digit-0000"], label="8", expected={"digit-0000": bob.state.event_of(0)})
    assert bob.labels.get("digit-0000").value == "8"


def test_the_same_click_sent_twice_is_written_once(review: Review) -> None:
    first = review.edit("set", ["digit-0000"], label="7", op_id="click-1")
    again = review.edit("set", ["digit-0000"], label="7", op_id="click-1")
    assert first is not None
    assert again is not None
    assert first.id == again.id
    assert len(review.labels.log()) == 1


def test_export_and_import_give_the_same_state(review: Review, planted: Planted, tmp_path: Path) -> None:
    review.relabel("digit-0000", 7, why="has a bar")
    review.keep("digit-0001")
    review.mark("digit-0002", "ambiguous", why="could be 1 or 7")
    for name in ("out.csv", "out.parquet", "out.jsonl"):
        path = review.export(tmp_path / name)
        other = Review(read(planted), tmp_path / f"{name}.labels.db", start=False)
        other.import_corrections(path)
        np.testing.assert_array_equal(other.state.codes, review.state.codes)
        np.testing.assert_array_equal(other.state.states, review.state.states)
        assert other.import_corrections(path) is None, "importing twice changes nothing"


def test_listeners_hear_what_changed(review: Review) -> None:
    heard: list[CellsChanged] = []
    stop = review.events.subscribe(CellsChanged, heard.append)
    review.relabel("digit-0003", 1)
    stop()
    review.relabel("digit-0004", 1)
    assert [event.positions for event in heard] == [(3,)]


def test_cancel_stops_and_rerun_goes_on(planted: Planted, tmp_path: Path) -> None:
    review = Review(read(planted), tmp_path / "s.labels.db", start=False)
    review.cancel()
    review.start()
    review.wait(progress=False)
    assert {s.state for s in review.status.stages} == {"cancelled"}
    with pytest.raises(Cancelled):
        _ = review.issues
    review.rerun()
    assert len(review.issues) == 500


def test_rerun_ranks_the_labels_as_they_stand_now(planted: Planted, tmp_path: Path) -> None:
    review = Review(read(planted), tmp_path / "s.labels.db")
    worst = review.issues.index[0]
    before = review.issues.loc[worst, "p_error"]
    review.relabel(worst, review.issues.loc[worst, "suggested_label"])
    review.rerun()
    assert review.issues.loc[worst, "p_error"] < before


def test_a_stage_that_fails_is_shown_and_raised_to_whoever_asks(planted: Planted, tmp_path: Path) -> None:
    review = Review(read(planted), tmp_path / "s.labels.db", embedder=str(tmp_path / "no-such-model"))
    review.wait(progress=False)
    assert review.status["embed"].state == "failed"
    assert review.status["score"].state == "skipped"
    with pytest.raises(ExplorerError, match="no-such-model"):
        _ = review.issues
    review.relabel("digit-0000", 7)
    assert review.labels.get("digit-0000").value == "7", "labels can be changed all the same"


def test_wait_times_out_and_refuses_unknown_stages(planted: Planted, tmp_path: Path) -> None:
    review = Review(read(planted), tmp_path / "s.labels.db", start=False)
    with pytest.raises(TimeoutError, match="layout"):
        review.wait(timeout=0.05, progress=False)
    with pytest.raises(UnknownName, match="no stage 'socre'.*'score'"):
        review.wait("socre")


def test_without_a_store_corrections_go_to_a_temporary_file(planted: Planted) -> None:
    review = Review(read(planted), start=False)
    assert review.temporary
    assert "temporary" in repr(review)
    review.relabel("digit-0000", 7)
    assert Path(review.labels.path).is_file()


def test_a_store_of_another_dataset_is_refused(review: Review, tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["one", "two"], "label": ["x", "y"]})
    with pytest.raises(label_store.StoreError, match="another dataset"):
        Review(explorer.read(frame, label="label"), review.labels.path, start=False)
    assert len(review.labels.cells()) == 500


@pytest.mark.parametrize("labels", [["x"] * 6, ["x"] * 5 + ["y"], [None] * 6, ["x", "x", "y", "y", None, None]])
def test_odd_label_columns_run_to_the_end(labels: list[str | None], tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    review = Review(explorer.read(vectors, label=labels), tmp_path / "s.labels.db", k=50)
    issues = review.issues
    assert len(issues) == 6
    assert not {s.state for s in review.wait(progress=False).status.stages} & {"failed", "running", "waiting"}
    unlabelled = issues["given_label"].isna()
    assert issues.loc[unlabelled, "p_error"].isna().all()
    assert not issues.loc[unlabelled, "is_label_issue"].any()


def test_unlabelled_items_get_suggestions(planted: Planted, tmp_path: Path) -> None:
    labels: list[int | None] = list(planted.truth)
    labels[:20] = [None] * 20
    review = Review(explorer.read(planted.images, label=labels, key=planted.keys), tmp_path / "s.labels.db")
    suggested = review.issues.loc[planted.keys[:20], "suggested_label"]
    assert (suggested.to_numpy() == planted.truth[:20].astype(str)).mean() >= 0.9


def test_a_single_item_says_what_is_missing(tmp_path: Path) -> None:
    review = Review(explorer.read(np.ones((1, 3), np.float32), label=["x"]), tmp_path / "s.labels.db")
    review.wait(progress=False)
    assert review.status["graph"].state == "failed"
    assert "item" in review.status["graph"].note


def test_k_must_be_positive(planted: Planted) -> None:
    with pytest.raises(DataError, match="k is 0"):
        Review(read(planted), k=0)


@pytest.mark.parametrize(
    ("given", "says"),
    [({"device": "tpu9"}, "no device 'tpu9'"), ({"device": "meta"}, "'meta' are not"), ({"cache": 3}, "cache is 3")],
)
def test_where_to_run_and_to_keep_is_checked_at_once(
    planted: Planted, tmp_path: Path, given: dict[str, Any], says: str
) -> None:
    store = tmp_path / "s.labels.db"
    with pytest.raises(DataError, match=says):
        Review(read(planted), store, **given)
    assert not store.exists()
    review = Review(read(planted), store, start=False)
    with pytest.raises(DataError, match="no device"):
        review.rerun(device="tpu9")
    review.close()


def test_clicks_while_the_pipeline_runs_are_not_lost(planted: Planted, tmp_path: Path) -> None:
    review = Review(read(planted), tmp_path / "s.labels.db")
    threads = [
        threading.Thread(target=lambda i=i: review.relabel(planted.keys[i], int(planted.truth[i]))) for i in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    review.wait(progress=False)
    assert review.counts()["reviewed"] == 12
    assert len(review.labels.log()) == 12
    assert review.issues.loc[planted.keys[:12], "state"].isin(["relabelled", "kept"]).all()
