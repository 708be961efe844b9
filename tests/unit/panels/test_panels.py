"""What a widget may ask and what it is told; only the comm is a stand-in: review, store and pictures are real."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from panels_help import Page, Wire
from PIL import Image
from planted_help import Planted

import explorer
from explorer.graph import nearest
from explorer.panels import registry, session_of, show, watcher
from explorer.review import item as evidence
from explorer.review.review import Review


@pytest.fixture(scope="module")
def finished(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Review:
    dataset = explorer.read(planted.images[:300], label=planted.labels[:300], key=planted.keys[:300])
    review = Review(dataset, tmp_path_factory.mktemp("panels") / "s.labels.db", rater="ann")
    return review.wait(progress=False)


@pytest.fixture
def wire(finished: Review, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    widget = show(finished)
    yield Wire(widget, finished, monkeypatch)
    while finished.undo() is not None:
        continue


def test_synced_state_is_two_short_strings(finished: Review) -> None:
    own = {k: v for k, v in show(finished, "map").get_state().items() if k in ("review", "panel")}
    assert own == {"review": finished.id, "panel": "map"}
    assert show(finished, "map") is show(finished, "map")
    with pytest.raises(explorer.ExplorerError, match="mean 'queue'"):
        show(finished, "queu")


def test_hello_says_what_is_ready(wire: Wire) -> None:
    hello = wire.call("hello")["result"]
    assert hello["ready"] == {"layout": "umap", "scores": True}
    assert hello["dataset"]["classes"] == [str(n) for n in range(10)]
    assert hello["calibrated"] is True
    assert hello["rater"] == "ann"
    assert [stage["state"] for stage in hello["stages"]] == ["done"] * 5


def test_columns_travel_as_buffers(wire: Wire) -> None:
    for name, array in (("labels", "given"), ("layout", "xy"), ("scores", "p_error")):
        body = wire.call(name)["result"]
        assert "$array" in body[array]
        buffers = wire.sent[-1][1]
        assert len(buffers[body[array]["$array"]]) == 300 * 4 * (2 if array == "xy" else 1)


def test_the_order_of_scores_is_the_ranking(wire: Wire, finished: Review) -> None:
    body = wire.call("scores")["result"]
    p_error = np.frombuffer(wire.sent[-1][1][body["p_error"]["$array"]], np.float32)
    # As the browser makes it: falling, NaN last, items of the same value in their order.
    order = np.argsort(-p_error, kind="stable")
    assert finished.dataset.item_ids[order].tolist() == finished.issues.index.tolist()


def test_both_sides_of_a_conflict_have_their_nearest_items(wire: Wire, finished: Review) -> None:
    item = finished.dataset.position(finished.issues.index[0])
    asked = [*finished.classes[:3], "no class", None]
    found = wire.call("nearest", item=item, labels=asked, count=3)["result"]
    assert [len(near) for near in found] == [3, 3, 3, 0, 0]
    for label, near in zip(asked[:3], found, strict=False):
        assert item not in near
        assert [finished.classes[finished.state.codes[i]] for i in near] == [label] * 3


def test_a_card_has_everything_about_one_item(wire: Wire, finished: Review) -> None:
    worst = finished.dataset.position(finished.issues.index[0])
    card = wire.call("card", item=worst)["result"]
    assert card["id"] == finished.issues.index[0]
    assert card["rank"] == 1
    assert card["suggested"] != card["given"]
    assert any("nearest say" in reason["text"] for reason in card["why"])
    assert len(card["neighbours"]) == 16
    codes = finished.state.codes
    assert all(codes[i] == card["given"] for i in card["same"])
    assert len(card["same"]) == 6, "nearest items of the given label are found even where the graph holds none"
    assert all(codes[i] == card["suggested"] for i in card["other"])
    suspects = finished.issues.query("is_label_issue and state == 'unreviewed'").index
    assert not set(finished.dataset.item_ids[card["same"] + card["other"]]) & set(suspects), "no example of a label"
    for edge in card["neighbours"]:
        assert (edge["relation"] > 0) == (edge["label"] == card["current"])


def test_where_all_of_a_class_are_doubted_they_are_shown_all_the_same(finished: Review) -> None:
    state = finished.state
    codes, label = state.codes, int(state.codes[0])
    none, every = np.zeros(len(codes), bool), codes == label
    plain = evidence.nearest_of(state.results, codes, 0, label, 6)
    assert evidence.nearest_of(state.results, codes, 0, label, 6, doubtful=none) == plain
    assert evidence.nearest_of(state.results, codes, 0, label, 6, doubtful=every) == plain
    every[plain[2:]] = False
    assert evidence.nearest_of(state.results, codes, 0, label, 6, doubtful=every) == plain[2:]


def test_nobody_waits_for_the_search_of_what_is_nearest(
    wire: Wire, finished: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = []

    def locked() -> bool:
        with finished.state.lock:
            return True

    def watched(vectors: Any, item: int, *args: Any, **more: Any) -> Any:
        with ThreadPoolExecutor(1) as other:  # somebody else who wants the lock meanwhile
            assert other.submit(locked).result(5), "the lock is held"
        searched.append(item)
        return nearest(vectors, item, *args, **more)

    monkeypatch.setattr(evidence, "nearest", watched)
    worst = finished.dataset.position(finished.issues.index[0])
    card = wire.call("card", item=worst)["result"]
    assert wire.call("nearest", item=worst, labels=[finished.classes[card["given"]]], count=6)["result"] == [
        card["same"]
    ]
    assert searched.count(worst) >= 2


def test_pictures_are_encoded_anew(wire: Wire, planted: Planted) -> None:
    body = wire.call("previews", items=[3, 0], size=64)["result"]
    buffers = wire.sent[-1][1]
    shown = Image.open(io.BytesIO(buffers[body[0]["blob"]["$blob"]]))
    assert shown.format == "PNG"
    np.testing.assert_array_equal(np.asarray(shown.convert("L")), planted.images[3])


def test_an_edit_is_acknowledged_with_the_new_cells(
    wire: Wire, finished: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = Wire(show(finished, "queue"), finished, monkeypatch)
    labels = wire.call("labels")["result"]
    edit = {
        "action": "relabel", "items": [0], "ids": ["digit-0000"], "label": "7", "order": labels["order"],
        "expected": {"0": labels["seen"]["base"]}, "op_id": "op-ack",
    }  # fmt: skip
    reply = wire.call("edit", **edit)["result"]
    assert reply["cells"][0]["state"] == "relabelled"
    assert reply["counts"]["relabelled"] == 1
    assert finished.labels.get("digit-0000").value == "7"
    assert "cells" not in wire.events(), "it has them in its answer"
    # Scores that follow may have come by now, as a push of their own.
    told = [event for event in others.events() if event != "scores_rows"]
    assert told == ["cells"], "every other view hears of it"
    assert others.sent[0][0] == {"event": "cells", **reply}
    again = wire.call("edit", **edit)["result"]
    assert again["commit"] == reply["commit"], "the same click sent twice is written once"
    assert len(finished.labels.log(item="digit-0000")) == 1


def test_an_item_is_left_out(wire: Wire, finished: Review) -> None:
    labels = wire.call("labels")["result"]
    edit = {"action": "leave_out", "items": [4], "expected": {}, "order": labels["order"], "why": "blank"}
    reply = wire.call("edit", **edit, op_id="op-out")["result"]
    assert (reply["cells"][0]["state"], reply["counts"]["left_out"]) == ("left out", 1)
    assert finished.labels.get("digit-0004").left_out
    entry = wire.call("history", limit=1)["result"]["entries"][0]
    assert (entry["op"], entry["reason"], entry["why"]) == ("flag", "left out", "blank")


def test_a_stale_edit_is_refused_with_what_stands_there(wire: Wire, finished: Review) -> None:
    labels = wire.call("labels")["result"]
    other = (int(finished.dataset.given[1]) + 1) % 10
    finished.relabel("digit-0001", other, why="it is a five")
    reply = wire.call(
        "edit", action="keep", items=[1], expected={"1": labels["seen"]["base"]}, order=labels["order"], op_id="op-late"
    )
    assert reply["ok"] is False
    assert reply["error"]["type"] == "Conflict"
    cell = reply["error"]["cells"][0]
    assert (cell["item"], cell["rater"], cell["why"], cell["state"]) == (1, "ann", "it is a five", "relabelled")


def test_positions_of_another_order_are_refused_and_ids_are_followed(wire: Wire, finished: Review) -> None:
    late = {"action": "keep", "items": [7], "expected": {}, "order": "the order of another dataset"}
    reply = wire.call("edit", **late, op_id="op-a")
    assert "before the dataset changed" in reply["error"]["message"]
    assert wire.call("edit", **late, ids=["digit-0009"], op_id="op-b")["ok"]
    assert finished.labels.get("digit-0009").state == "kept"
    assert finished.labels.get("digit-0007").state == "given"


@pytest.mark.parametrize(
    ("name", "args", "says"),
    [
        ("card", {"item": 300}, "no item 300"),
        ("card", {"item": -1}, "'card' has a wrong argument 'item': Expected `int` >= 0"),
        ("card", {"item": "../../etc/passwd"}, "'card' has a wrong argument 'item': Expected `int`, got `str`"),
        ("card", {"item": True}, "'card' has a wrong argument 'item': Expected `int`, got `bool`"),
        ("card", {}, "'card' lacks its argument 'item'"),
        ("hello", {"why": ""}, "'hello' takes no argument 'why'"),
        ("previews", {"items": [0, "1"]}, "'previews' has a wrong argument 'items'"),
        ("rater", {"name": "half a character: \ud800"}, "'rater' has a wrong argument 'name'"),
        ("previews", {"items": list(range(201))}, "201 previews"),
        ("figure", {"name": "pairs"}, "no figure 'pairs'"),
        ("nonsense", {}, "no call 'nonsense'"),
        ("rater", {"name": "  "}, "name is empty"),
    ],
)
def test_a_bad_call_is_answered_and_harms_nothing(wire: Wire, name: str, args: dict[str, Any], says: str) -> None:
    reply = wire.call(name, **args)
    assert reply["ok"] is False
    assert says in reply["error"]["message"]
    assert wire.call("hello")["ok"]


def test_an_unknown_label_gets_a_hint_and_a_new_one_is_added_on_purpose(wire: Wire, finished: Review) -> None:
    labels = wire.call("labels")["result"]
    edit = {"action": "relabel", "items": [0], "expected": {}, "order": labels["order"], "label": "eleven"}
    reply = wire.call("edit", **edit, op_id="op-1")
    assert reply["error"]["type"] == "UnknownName"
    reply = wire.call("edit", **edit, new_class=True, op_id="op-2")
    assert reply["result"]["classes"][-1] == "eleven"
    assert finished.corrected().iloc[0] == "eleven"


def test_history_and_undo(wire: Wire, finished: Review) -> None:
    finished.relabel("digit-0002", 4, why="looks like it")
    entry = wire.call("history", limit=10)["result"]["entries"][0]
    assert (entry["item"], entry["new"], entry["why"], entry["rater"]) == (2, "4", "looks like it", "ann")
    reply = wire.call("undo", op_id="undo-1")["result"]
    assert [(c["item"], c["state"]) for c in reply["cells"]] == [(2, "given")]


@pytest.mark.parametrize("name", ["label_pairs", "p_error"])
def test_figures_are_plotly_json(wire: Wire, name: str) -> None:
    body = wire.call("figure", name=name, dark=True)["result"]
    assert body["data"]
    assert "percent" not in str(body), "nothing is called a percentage before it is calibrated"


def test_plotly_comes_from_the_installed_package(wire: Wire) -> None:
    body = wire.call("plotly")["result"]
    script = wire.sent[-1][1][body["script"]["$blob"]]
    assert len(script) > 1_000_000
    assert b"Plotly" in script


def test_names_from_data_cannot_become_markup_in_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = '<a href="javascript:alert(1)">x</a>'
    vectors = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    vectors[:20] += 4
    names = [bad] * 20 + ["good"] * 20
    names[3], names[25] = "good", bad
    review = Review(explorer.read(vectors, label=names), tmp_path / "s.labels.db").wait(progress=False)
    widget = show(review)
    body = Wire(widget, review, monkeypatch).call("figure", name="label_pairs")["result"]
    assert "&lt;a href" in str(body)
    assert "<a href" not in str(body)


def test_every_call_of_the_browser_has_an_answer() -> None:
    root = Path(__file__).parents[3] / "widgets"
    import re

    asked: set[str] = set()
    for path in root.rglob("*.ts"):
        own = "node_modules" not in path.parts
        if own and ".test." not in path.name and "mock" not in path.name.lower():
            asked |= set(re.findall(r"(?:transport\.call|\.tell)(?:<[^(]*>)?\(\s*\"(\w+)\"", path.read_text()))
    assert {"hello", "labels", "layout", "scores", "edit", "undo", "card"} <= asked
    assert asked <= set(registry.HANDLERS)


def test_shown_values_are_plain(wire: Wire, finished: Review) -> None:
    encode: Callable[[Any], str] = __import__("json").dumps
    for name in ("hello", "labels", "scores", "layout"):
        encode(wire.call(name))
    frame = pd.DataFrame({"a": [1.5, 2.0], "b": ["x", None]})
    review = Review(explorer.read(frame.assign(label=["p", "q"]), label="label", features=["a", "b"]), start=False)
    page = Page(review)
    encode([page.call("hello"), page.call("labels"), page.call("previews", items=[0, 1])])


def test_every_widget_learns_at_once_of_what_an_audit_asks_about(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "SECONDS", 0.02)
    dataset = explorer.read(planted.images[:120], label=planted.labels[:120], key=planted.keys[:120])
    review = Review(dataset, tmp_path / "a.labels.db", rater="ann").wait(progress=False)
    widgets = [show(review), show(review, "queue")]
    session = session_of(review)
    wires = [Wire(widget, review, monkeypatch) for widget in widgets]

    def told(wire: Wire) -> list[set[int]]:
        """Items that were asked about, as each push of the sample says."""
        pushes = [(body, buffers) for body, buffers in wire.sent if body.get("event") == "sample"]
        return [set(np.frombuffer(buffers[body["asked"]["$array"]], np.int32).tolist()) for body, buffers in pushes]

    def waited(times: int) -> None:
        begun = time.monotonic()
        while min(len(told(wire)) for wire in wires) < times and time.monotonic() - begun < 10:
            time.sleep(0.01)

    session.tell_sample()
    assert told(wires[0]) == [], "nobody has asked for the scores yet, which bring the sample"
    wires[0].call("scores")
    session.tell_sample()
    assert told(wires[0]) == [], "nor is told what it has just been told"

    by_click = wires[0].call("audit", count=3)["result"]["items"]
    assert told(wires[0]) == told(wires[1]) == [set(by_click)], "before the answer, and to both"
    names = [message.get("event", "answer") for message, _ in wires[0].sent]
    assert names.index("sample") < len(names) - 1
    in_a_cell = [dataset.position(item) for item in review.audit(6)]
    waited(2)
    assert told(wires[1]) == [set(by_click), set(by_click) | set(in_a_cell)]
    time.sleep(0.1)
    assert len(told(wires[0])) == 2, "once each"

    # Another sample comes with the scores, which all ask for anew.
    review.new_sample()
    assert wires[1].events()[-1] == "scores"
    assert wires[1].call("scores")["ok"]
    time.sleep(0.1)
    assert len(told(wires[1])) == 2
    review.audit(2)
    waited(3)
    assert len(told(wires[1])[-1]) == 2, "what the sample of before has asked about is no part of it"
    review.close()
