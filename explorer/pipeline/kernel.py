"""The Jupyter kernel that this runs in: while one of its cells waits here, the messages of our widgets are answered.

A kernel hands its cells and the messages of widgets to one thread, one after the other, so a cell that waits holds up
every widget. `Messages` takes in what arrives meanwhile: messages of adopted comms are answered at once, in their
order; everything else (the next cell above all) is kept, and handed to the kernel in its order when the wait is over.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

ROUTE = "_reply_subshell_for"
"""ipykernel 7.4 sends a message to the subshell that a comm spoke from last, by this method of the comm."""
CALLBACK = "_recv_callback"
"""What a stream of pyzmq does with a message. There is no public way to ask for it."""
SLICE = 0.05
"""Seconds to wait for a message before looking whether what is waited for has come."""

# NOTE: there is one kernel a process, and one thread of it that runs cells.
_adopted: weakref.WeakSet[Any] = weakref.WeakSet()
_open: list[Messages] = []
_handed: set[asyncio.Future[Any]] = set()


def adopt(comm: Any, answer: Callable[[dict[str, Any]], None]) -> None:
    """Have the messages of a widget's comm answered while a cell waits here.

    IPython's events are not triggered around an answer: they would show, and close, a figure that a cell still draws.
    Messages stay on the subshell that the browser chose (JEP 91), so that none overtakes another.

    Parameters
    ----------
    comm
        Of `comm.create_comm`.
    answer
        Takes a message as the kernel deserialized it.
    """
    comm.handle_msg = answer
    if hasattr(comm, ROUTE):
        setattr(comm, ROUTE, lambda _data, asked: asked)
    _adopted.add(comm)


def in_kernel() -> bool:
    """Say whether this runs in a Jupyter kernel, whose output is a notebook's."""
    return _kernel() is not None


@contextmanager
def messages() -> Iterator[Messages | None]:
    """Take in what arrives at the kernel's main thread until the block ends; gives `None` where that cannot be done.

    That is: outside a kernel, on another thread, inside another such block, in a kernel that is built otherwise.
    """
    kernel = _kernel()
    stream = None if kernel is None or _open or not _on_main_thread() else _stream(kernel)
    if stream is None:
        yield None
        return
    found = Messages(kernel, stream)
    _open.append(found)
    try:
        yield found
    finally:
        with _whole():
            _open.remove(found)
            found.close()


class Messages:
    """What arrives at the kernel while a cell waits; see `messages`.

    Parameters
    ----------
    kernel
        The `ipykernel.kernelbase.Kernel`.
    stream
        The `ZMQStream` that its main thread reads.
    """

    def __init__(self, kernel: Any, stream: Any) -> None:
        self._kernel = kernel
        self._stream = stream
        self._kept: list[Any] = []

    def wait(self, done: Callable[[], bool], seconds: float) -> bool:
        """Answer messages until `done`, for at most `seconds`; returns whether it is."""
        end = time.monotonic() + seconds
        while not done():
            left = end - time.monotonic()
            if left <= 0:
                return False
            if self._stream.socket.poll(int(1000 * min(SLICE, left))):
                with _whole():
                    self._take(self._stream.socket.recv_multipart(copy=False))
        return True

    def close(self) -> None:
        """Hand what was kept to the kernel, in the order in which it came."""
        callback = getattr(self._stream, CALLBACK)
        while self._kept:
            handled = callback(self._kept.pop(0))
            if inspect.isawaitable(handled):
                task = asyncio.ensure_future(handled)
                _handed.add(task)  # the loop itself holds tasks weakly
                task.add_done_callback(_handed.discard)
        # What came since the last look has raised its signal already, and the loop waits for a signal.
        self._stream.io_loop.add_callback(self._stream.flush)

    def _take(self, frames: Any) -> None:
        session = self._kernel.session
        # Without its content a message is only looked at: the kernel refuses one that was read before.
        _, body = session.feed_identities(frames, copy=False)
        head = session.deserialize(body, content=False, copy=False)
        comm = None
        if head["msg_type"] == "comm_msg":
            comm = self._kernel.comm_manager.get_comm(session.unpack(head["content"]).get("comm_id"))
        if comm is None or comm not in _adopted:
            self._kept.append(frames)
            return
        identities, body = session.feed_identities(frames, copy=False)
        message = session.deserialize(body, content=True, copy=False)
        cell = self._kernel.get_parent("shell")
        self._say("busy", message)
        self._kernel.comm_manager.comm_msg(self._stream, identities, message)  # logs what fails
        self._say("idle", message)
        if cell:
            self._say("busy", cell)  # the cell goes on, and the page shows the newest state that it was told

    def _say(self, status: str, parent: dict[str, Any]) -> None:
        topic = f"kernel.{self._kernel.ident}.status".encode()
        content = {"execution_state": status}
        self._kernel.session.send(self._kernel.iopub_socket, "status", content, parent=parent, ident=topic)


def _kernel() -> Any:
    ipython = sys.modules.get("IPython")  # a kernel has imported it
    return None if ipython is None else getattr(ipython.get_ipython(), "kernel", None)


def _on_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()  # the only one that signals reach


def _stream(kernel: Any) -> Any:
    """Return the stream whose messages this thread handles, or `None` if that is not known to be one."""
    if "ipykernel" not in sys.modules:
        return None  # a kernel of another make
    find = getattr(importlib.import_module("ipykernel.eventloops"), "get_shell_stream", None)
    stream: Any = kernel.shell_stream if find is None else find(kernel)  # there was one stream before ipykernel 7
    try:
        ours = stream.io_loop.asyncio_loop is asyncio.get_running_loop()
        whole = kernel.comm_manager is not None and kernel.iopub_socket is not None and bool(kernel.ident)
    except (AttributeError, RuntimeError):  # another kernel than ipykernel, or no loop that could go on later
        return None
    return stream if ours and whole and callable(getattr(stream, CALLBACK, None)) else None


@contextmanager
def _whole() -> Iterator[None]:
    """Let an interrupt wait until the block has ended: a message is answered whole, and none is lost."""
    caught: list[tuple[int, Any]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: caught.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)
    if caught and callable(before):
        before(*caught[-1])
