"""While a cell waits for a stage the widgets are answered, in their order; the next cell and all else wait their turn.

The stage waits for a message of the widget, so a cell that is not answered meanwhile never ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kernel_help import Browser, kernel

from explorer.pipeline.kernel import messages


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[Any, Browser]]:
    with kernel() as both:
        yield both


@pytest.fixture
def browser(started: tuple[Any, Browser]) -> Browser:
    started[1].subshell = None
    started[1].open()
    return started[1]


def wait(browser: Browser, code: str = "review.issues; order.append('waited')") -> str:
    """Begin a cell that waits for the probe; the message is sent when it is sure to wait."""
    cell = browser.run(code)
    browser.until(lambda: browser.began(cell))
    return cell


def test_calls_are_answered_in_order_and_the_next_cell_waits(browser: Browser) -> None:
    cell = wait(browser)
    after = browser.run("order.append('next')")
    calls = [browser.call("hello") for _ in range(20)]
    calls.append(browser.call("select", item=0, items=[]))
    browser.until(lambda: browser.ended(after))
    assert [each for each in browser.answers() if each in calls] == calls
    assert browser.reply(cell)["status"] == browser.reply(after)["status"] == "ok"
    assert browser.output("print(order, review.status['probe'].state)").strip() == "['waited', 'next'] done"
    kinds = [m["msg_type"] for m in browser.seen if m["parent_header"].get("msg_id") in (cell, after)]
    assert kinds.count("execute_input") == 2


def test_decisions_are_stored_while_the_cell_waits(browser: Browser) -> None:
    items = browser.output("print(review.dataset.order)").strip()
    cell = wait(browser)
    edits = [
        browser.call("edit", action="keep", items=[i], order=items, expected={}, op_id=f"keep {i}") for i in range(10)
    ]
    browser.until(lambda: edits[-1] in browser.answers())
    assert not set(edits) & set(browser.refused())
    assert not browser.ended(cell)
    browser.call("select", item=0, items=[])
    browser.until(lambda: browser.ended(cell))
    assert browser.output("print(review.counts()['kept'])").strip() == "10"


def test_what_fails_is_said_to_the_widget_and_the_wait_goes_on(browser: Browser) -> None:
    cell = wait(browser)
    wrong = browser.call("no such call")
    browser.until(lambda: wrong in browser.refused())
    assert not browser.ended(cell)
    browser.call("select", item=0, items=[])
    browser.until(lambda: browser.ended(cell))
    assert browser.reply(cell)["status"] == "ok"


def test_the_page_hears_of_each_message_and_that_the_cell_goes_on(browser: Browser) -> None:
    cell = wait(browser)
    browser.call("select", item=0, items=[])
    browser.until(lambda: browser.ended(cell))
    status = [
        (m["parent_header"]["msg_type"], m["content"]["execution_state"])
        for m in browser.seen
        if m["msg_type"] == "status" and m["parent_header"].get("msg_type") in ("comm_msg", "execute_request")
    ]
    comm = status.index(("comm_msg", "busy"))
    assert status[comm : comm + 3] == [("comm_msg", "busy"), ("comm_msg", "idle"), ("execute_request", "busy")]


def test_an_interrupt_ends_the_wait_and_drops_the_queued_cells(started: tuple[Any, Browser], browser: Browser) -> None:
    cell = wait(browser)
    after = browser.run("order.append('next')")
    answered = browser.call("hello")
    browser.until(lambda: answered in browser.answers())
    started[0].interrupt_kernel()
    assert browser.reply(cell)["ename"] == "KeyboardInterrupt"
    assert browser.reply(after)["status"] == "aborted"
    again = browser.call("hello")
    browser.until(lambda: again in browser.answers())
    assert browser.output("gate.set(); print(order)").strip() == "[]"


def test_the_messages_of_other_widgets_wait_for_the_cell(browser: Browser) -> None:
    button = """
import ipywidgets
button = ipywidgets.Button()
button.on_click(lambda _: order.append('clicked'))
print(button.comm.comm_id)
"""
    other = browser.output(button).split()[-1]
    cell = wait(browser)
    click = browser.send(other, {"method": "custom", "content": {"event": "click"}})
    after = browser.run("order.append('next')")
    browser.call("select", item=0, items=[])
    browser.until(lambda: browser.ended(after))
    assert browser.ended(cell)
    assert browser.ended(click)
    assert browser.output("print(order)").strip() == "['waited', 'clicked', 'next']"


def test_a_figure_that_the_cell_draws_is_left_alone(browser: Browser) -> None:
    browser.output("get_ipython().events.register('post_execute', drawn := lambda: order.append('flushed'))")
    cell = wait(browser, "order.clear(); review.issues; order.append('waited')")
    browser.call("select", item=0, items=[])
    browser.until(lambda: browser.ended(cell))
    browser.output("get_ipython().events.unregister('post_execute', drawn)")
    assert browser.output("print(order)").strip() == "['waited', 'flushed']"


def test_on_a_subshell_the_widget_is_answered_beside_any_cell(started: tuple[Any, Browser], browser: Browser) -> None:
    client = browser.client
    client.control_channel.send(client.session.msg("create_subshell_request"))
    made = client.get_control_msg(timeout=60)["content"]
    if "subshell_id" not in made:
        pytest.skip("this kernel has no subshells")
    browser.subshell = made["subshell_id"]
    cell = wait(browser, "selected(); order.append('waited')")  # a wait that this package knows nothing of
    calls = [browser.call("hello") for _ in range(20)]
    calls.append(browser.call("select", item=0, items=[]))
    browser.until(lambda: browser.ended(cell))
    assert [each for each in browser.answers() if each in calls] == calls


def test_without_a_kernel_or_off_its_thread_a_wait_is_a_plain_wait() -> None:
    with messages() as found:
        assert found is None


def test_two_waits_at_once_and_a_wait_on_another_thread(browser: Browser) -> None:
    code = """
from explorer.pipeline.kernel import messages
found = []
def look():
    with messages() as other:
        found.append(other)
with messages() as outer:
    look()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
print(outer is not None, found)
gate.set()
"""
    assert browser.output(code).strip() == "True [None, None]"
