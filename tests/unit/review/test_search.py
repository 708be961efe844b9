"""Items are found by a word, an id, a file's name or a row, and chosen by rows of the user's own."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import explorer
from explorer.errors import DataError, UnknownName
from explorer.review.events import HighlightChanged, SelectionChanged
from explorer.review.issues_frame import SHOWN
from explorer.review.search import Search

TEXTS = ["A Good film", "dull play", "a GOOD play", None, "dull play", "nothing"]
LABELS = ["+", "-", "+", "-", "+", "-"]


@pytest.fixture
def review(tmp_path):
    made = explorer.Review(explorer.read(TEXTS, label=LABELS), tmp_path / "s.labels.db", start=False, rater="ann")
    yield made
    made.close()


def rows_of(review, table):
    return [review.dataset.first_row[review.dataset.position(i)] for i in table.index]


def test_a_word_is_found_in_texts_whatever_its_case_and_before_there_are_scores(review):
    found = review.find("good")
    assert rows_of(review, found) == [0, 2]
    assert found["found"].tolist() == ["text", "text"]
    assert found["text"].tolist() == ["A Good film", "a GOOD play"]
    assert found["where"].tolist() == ["row 0", "row 2"]
    assert found["p_error"].isna().all()
    assert review.find("absent").empty
    assert list(review.find("absent").columns) == list(found.columns)
    for wrong in ("", "  ", None, True, 1.5):
        with pytest.raises(DataError, match="cannot be searched for"):
            review.find(wrong)


def test_rows_are_the_users_own(review):
    assert rows_of(review, review.find("row 2")) == [2]
    assert rows_of(review, review.find(4)) == [1], "rows of one content are one item"
    assert review.find(3).empty, "it was set aside"
    review.select(rows=[5, 4, 1])
    assert [review.dataset.load(review.dataset.position(i)) for i in review.selection] == ["nothing", "dull play"]
    review.select(rows=2)
    assert review.dataset.name(review.dataset.position(review.current)) == "row 2"
    review.select(2)
    assert review.dataset.position(review.current) == 2, "a bare number stays a position"
    for wrong, said in (([9], "no row 9"), ([-1], "no row -1"), (["2"], "no row '2'"), ([True], "no row True")):
        with pytest.raises(DataError, match=said):
            review.select(rows=wrong)
    with pytest.raises(DataError, match="Row 3 was set aside.*missing"):
        review.select(rows=[3])
    with pytest.raises(DataError, match="Both items and rows="):
        review.select(1, rows=[1])


def test_a_number_that_is_no_item_is_told_of_rows(tmp_path):
    dataset = explorer.read(["a", "b"], label=["x", "y"], key=["first", "second"])
    review = explorer.Review(dataset, tmp_path / "s.labels.db", start=False)
    with pytest.raises(UnknownName, match=r"no item '1'.*give rows=\[1\]"):
        review.select(1)
    review.select(rows=[1])
    assert review.current == "second"
    review.close()


def test_keys_and_files_are_found(tmp_path):
    for name, shade in (("cats/Tom.png", 10), ("cats/kit.png", 90), ("dogs/rex.png", 200)):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (shade, shade, shade)).save(path)
    dataset = explorer.read(tmp_path / "photos")
    review = explorer.Review(dataset, tmp_path / "s.labels.db", start=False)
    assert review.find("tom")["found"].tolist() == ["file"]
    assert len(review.find("cats/")) == 2
    whole = str(dataset.item_ids[0])
    assert review.find(whole[:8].upper())["found"].tolist() == ["id"]
    assert review.find(whole).index.tolist() == [whole]
    review.close()


def test_cells_of_tables_are_found_by_column(tmp_path):
    frame = pd.DataFrame({"size": [1.0, 2.0, 3.0], "colour": ["Red", "blue", "dark red"], "y": ["a", "b", "a"]})
    review = explorer.Review(explorer.read(frame, label="y", kind="table"), tmp_path / "s.labels.db", start=False)
    found = review.find("red")
    assert rows_of(review, found) == [0, 2]
    assert found["found"].tolist() == ["colour", "colour"]
    review.close()


def test_what_is_highlighted_is_told(review):
    heard = []
    review.events.subscribe(HighlightChanged, heard.append)
    review.highlight(rows=[0, 2])
    review.highlight()
    assert [event.positions for event in heard] == [(0, 2), ()]
    assert review.selected.highlighted == []
    assert review.current is None


def test_whoever_subscribes_hears_what_is_chosen_here_and_in_panels(review, caplog):
    ids = [str(i) for i in review.dataset.item_ids]
    heard, told = [], []
    stop = review.on_select(heard.append)
    broken = review.on_select(lambda _: 1 / 0)
    review.events.subscribe(SelectionChanged, told.append)
    review.select(ids[0])
    review.select(ids[0])
    with review.state.lock:
        review.selected.remember(1, [1, 2])
        assert len(heard) == 1, "not under the lock"
    assert heard == [[ids[0]], ids[1:3]]
    assert len(told) == 2, "panels are not told what they said"
    assert "on_select" in caplog.text
    review.select(None)
    stop()
    stop()
    broken()
    review.select(ids[3])
    assert heard == [[ids[0]], ids[1:3], []]
    with pytest.raises(DataError, match="cannot be called"):
        review.on_select("print")


def test_a_callback_may_wait_for_another_thread_that_needs_the_lock(review):
    def ask(_ids):
        done = threading.Event()

        def other():
            with review.state.lock:
                done.set()

        threading.Thread(target=other).start()
        assert done.wait(30)
        asked.append(True)

    asked = []
    review.on_select(ask)
    with review.state.lock:
        review.select(0)
    assert asked == [True]


def test_a_frame_of_issues_shows_a_dozen_columns_and_is_a_plain_frame_in_all_else(scored_issues):
    issues = scored_issues
    assert isinstance(issues, pd.DataFrame)
    line = f"issues.columns names all {issues.shape[1]}"
    for text in (repr(issues), issues._repr_html_(), repr(issues.head(3)), repr(issues[issues.p_error > 0.5])):
        assert line in text
        assert "vote_raw" not in text
    html = issues.head(2)._repr_html_()
    assert [name for name in issues.columns if f"<th>{name}</th>" in html] == list(SHOWN)
    assert len(SHOWN) == 12
    assert "2 rows; " in html
    chosen = issues[["p_error", "vote_raw", "label_score"]]
    assert "more column" not in repr(chosen)
    assert "vote_raw" in chosen._repr_html_()
    assert "mine" in repr(issues.assign(mine=1)["mine"].to_frame())
    with pd.option_context("display.max_columns", 100, "display.width", 1000):
        assert "mine" in repr(issues.assign(mine=1)), "what somebody added is shown"
    assert repr(pd.DataFrame(issues)).count("more column") == 0
    assert "vote_raw" in issues.to_csv()
    assert isinstance(issues["p_error"], pd.Series)
    assert len(pd.concat([issues, issues])) == 2 * len(issues)
    pd.testing.assert_frame_equal(pd.DataFrame(issues), pd.DataFrame(issues.copy()))
    with pd.option_context("display.notebook_repr_html", False):
        assert issues._repr_html_() is None


@pytest.fixture
def scored_issues(tmp_path):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 80)
    x = (np.eye(4)[truth] * 3 + rng.normal(size=(80, 4))).astype(np.float32)
    made = explorer.Review(explorer.read(x, label=truth), tmp_path / "i.labels.db", k=10)
    found = made.issues
    made.close()
    return found


def test_what_is_named_exactly_comes_first(tmp_path):
    dataset = explorer.read(list("abcdefghijklmnop"), label=["x", "y"] * 8, key=[f"k{n}" for n in range(16)])
    review = explorer.Review(dataset, tmp_path / "s.labels.db", start=False)
    assert review.find("K1").index.tolist() == ["k1", "k10", "k11", "k12", "k13", "k14", "k15"]
    assert review.find(5)["found"].to_dict() == {"k5": "row", "k15": "id"}
    review.close()


def test_several_words_are_all_there_in_any_order_and_quotes_hold_a_phrase(tmp_path):
    frame = pd.DataFrame(
        {
            "title": ["Red wine", "red car", "white wine"],
            "maker": ["Old House", "old house motors", "New"],
            "y": list("aba"),
        }
    )
    review = explorer.Review(explorer.read(frame, label="y", kind="table"), tmp_path / "s.labels.db", start=False)
    assert rows_of(review, review.find("house RED")) == [0, 1], "each word somewhere in the item"
    assert rows_of(review, review.find('"red wine"')) == [0]
    assert rows_of(review, review.find('wine "old house"')) == [0]
    assert rows_of(review, review.find('"red wi')) == [0], "as it is typed"
    assert review.find('"wine red"').empty
    with pytest.raises(DataError, match="cannot be searched for"):
        review.find('" "')
    review.close()


def test_a_search_follows_the_items_of_its_dataset(review):
    assert len(Search(review.dataset).find("good").where) == 2
    smaller = review.dataset.without({0: "unreadable"})
    assert Search(smaller).find("good").where == {1: "text"}
    assert Search(smaller).find("row 2").exact == [1]
