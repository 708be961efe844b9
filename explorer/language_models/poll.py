"""One question put to a language model about many items: what is kept, what is new, and where it has to stop."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, OutsideRoot, UnreadableItem
from explorer.language_models.answer import Answer, read_answer
from explorer.language_models.answer_cache import AnswerCache, Kept
from explorer.language_models.client import Client, Reply
from explorer.language_models.cost import ANSWER, Budget, Size, size_of
from explorer.language_models.endpoint import Endpoint, EndpointError, Refused
from explorer.language_models.prompt import READABLE, Prompt
from explorer.language_models.results import Asked, Plan
from explorer.progress import Progress

SAMPLE = 1_000
"""Most items whose length is measured before they are sent."""

IN_A_ROW, AT_FIRST = 10, 3
"""Items in a row that an endpoint may refuse before all is given up: later, and before it has answered any."""

GRACE = 5.0
"""Seconds in which requests that are on their way may still be answered when somebody stops."""

TICK = 0.2
"""Seconds after which it is looked whether somebody stops."""


class _Question(NamedTuple):
    """A request that is ready: what its answer is kept by, the request, and its size."""

    key: str
    body: dict[str, Any]
    size: Size


class _Sent(NamedTuple):
    """A request on its way, and what is held back for it."""

    key: str
    size: Size
    held: float


class Poll:
    """A question about some items, each content once.

    Parameters
    ----------
    dataset
        Its contents are asked about, and nothing else: neither labels nor names of files.
    positions
        Of the items.
    prompt, endpoint
        The question, and whom it is put to.
    cache
        Keeps answers; `None` keeps none.

    Attributes
    ----------
    answers
        By position: what the model said. It grows while `run` runs, and stays if that fails.
    kept, failed
        How many answers were in the cache; how many items have no answer for a reason of their own.
    first
        The first such reason, in words.

    Raises
    ------
    DataError
        The items are what no model reads.
    """

    def __init__(
        self, dataset: Dataset, positions: Sequence[int], prompt: Prompt, endpoint: Endpoint, cache: AnswerCache | None
    ) -> None:
        if dataset.kind not in READABLE:
            raise DataError(
                "The items are vectors, which no language model reads.", "Read the texts, pictures or rows themselves."
            )
        self._dataset, self._prompt, self._endpoint, self._cache = dataset, prompt, endpoint, cache
        self._codes = {name: code for code, name in enumerate(prompt.classes)}
        self._places: dict[str, list[int]] = {}  # several items of a keyed dataset may have one content
        for position in positions:
            key = prompt.key(endpoint.shown, str(dataset.content_hashes[position]))
            self._places.setdefault(key, []).append(position)
        self._open: deque[str] = deque()
        self.answers: dict[int, Answer] = {}
        self.kept, self.failed, self.first = 0, 0, ""
        for key, places in self._places.items():
            kept = None if cache is None else cache.read(key)
            if kept is None:
                self._open.append(key)
            else:
                self.kept += len(places)
                self._take(key, kept.text)

    @property
    def items(self) -> int:
        """How many items are asked about."""
        return sum(map(len, self._places.values()))

    def plan(self, budget: Budget) -> Plan:
        """Say what asking about the others would take."""
        every = math.ceil(len(self._open) / SAMPLE) or 1
        sizes = [size for key in list(self._open)[::every] if (size := self._size(key)) is not None]
        mean = sum(size.about for size in sizes) / len(sizes) if sizes else 0.0
        return Plan(
            self._prompt.model,
            self._endpoint.shown,
            self.items,
            self.kept,
            math.ceil(mean * len(self._open)),
            ANSWER * len(self._open),
            budget.price,
            budget.most,
        )

    def run(self, budget: Budget, *, concurrent: int, retries: int, timeout: float, progress: Progress) -> None:
        """Ask about all that is not answered yet, or as many as the budget allows; the first item alone.

        Parameters
        ----------
        budget
            Is spent.
        concurrent
            Most requests at a time.
        retries, timeout
            See `Client`.
        progress
            A stage; counts items.

        Raises
        ------
        EndpointError
            It cannot go on. `answers` has what there is.
        Cancelled, KeyboardInterrupt
            Somebody stopped it; likewise.
        """
        progress.begin(self.items, note=self._endpoint.shown)
        if self.kept:
            progress.advance(self.kept)
        if self._open:
            self._run(budget, concurrent, retries, timeout, progress)
        # What is left open here could not be paid: where somebody stops, or an error does, this is not reached.
        progress.finish(note="what may be spent is at its end" if self._open else None)

    def _run(self, budget: Budget, concurrent: int, retries: int, timeout: float, progress: Progress) -> None:
        stop = threading.Event()
        client = Client(self._endpoint, timeout, retries, stop)
        pool = ThreadPoolExecutor(concurrent, thread_name_prefix="explorer-ask")
        flight: dict[Future[Reply], _Sent] = {}
        try:
            self._ask(client, pool, flight, budget, concurrent, progress)
        finally:
            stop.set()
            ended, _ = wait(flight, timeout=GRACE)
            for future, sent in flight.items():
                if future in ended and not future.cancelled() and future.exception() is None:
                    self._keep(sent, future.result(), budget)
            client.close()
            pool.shutdown(wait=False, cancel_futures=True)

    def votes(self) -> dict[str, tuple[str | None, float | None]]:
        """Return by item id the class that the model named, `None` for an abstention, and how sure it was."""
        ids, classes = self._dataset.item_ids, self._prompt.classes
        return {
            str(ids[position]): (classes[answer.code] if answer.code >= 0 else None, answer.confidence)
            for position, answer in self.answers.items()
        }

    def asked(self, rater: str, budget: Budget) -> Asked:
        """Sum up what there is."""
        found = list(self.answers.values())
        problems = [answer.problem for answer in found]
        votes = sum(answer.code >= 0 for answer in found)
        return Asked(
            rater,
            self._prompt.model,
            self.items,
            votes,
            len(found) - votes,
            problems.count("declined"),
            problems.count("unreadable"),
            problems.count("no class"),
            self.kept,
            self.failed,
            self.items - len(found) - self.failed,
            budget.sent,
            budget.answered,
            budget.spent,
            self.first,
        )

    def _ask(
        self,
        client: Client,
        pool: ThreadPoolExecutor,
        flight: dict[Future[Reply], _Sent],
        budget: Budget,
        concurrent: int,
        progress: Progress,
    ) -> None:
        ready: _Question | None = None
        begun, refused = False, 0
        while self._open or ready is not None or flight:
            while len(flight) < (concurrent if begun else 1) and (ready is not None or self._open):
                ready = ready or self._question(self._open.popleft(), progress)
                if ready is None:
                    continue
                held = budget.take(ready.size)
                if held is None:
                    break
                flight[pool.submit(client.send, ready.body, partial(budget.lose, ready.size))] = _Sent(
                    ready.key, ready.size, held
                )
                ready = None
            if not flight:
                if ready is not None:  # not even one more can be paid
                    self._open.appendleft(ready.key)
                    return
                continue
            done, _ = wait(flight, timeout=TICK, return_when=FIRST_COMPLETED)
            progress.check()
            for future in done:
                error = future.exception()
                if error is not None and not isinstance(error, EndpointError):
                    raise error
                sent = flight.pop(future)
                if error is None:
                    begun, refused = True, 0
                    self._keep(sent, future.result(), budget)
                else:
                    budget.settle(sent.held, sent.size, 0, 0)
                    refused += 1
                    alone = isinstance(error, Refused) and refused < AT_FIRST
                    if error.for_all or refused >= IN_A_ROW or not (begun or alone):
                        raise error
                    self._fail(sent.key, str(error))
                progress.advance(len(self._places[sent.key]))

    def _question(self, key: str, progress: Progress) -> _Question | None:
        """Make the request for an item; `None` where it cannot be read."""
        try:
            body = self._body(key)
        except (UnreadableItem, OutsideRoot) as error:
            self._fail(key, str(error))
            progress.advance(len(self._places[key]))
            return None
        return _Question(key, body, size_of(body, self._prompt.size))

    def _body(self, key: str) -> dict[str, Any]:
        return self._prompt.body(self._dataset.kind, self._dataset.load(self._places[key][0]))

    def _size(self, key: str) -> Size | None:
        """Return the size of a request without reading a picture; `None` where the item cannot be read."""
        if self._dataset.kind == "image":
            return replace(size_of(self._prompt.body("text", ""), self._prompt.size), pictures=1)
        try:
            return size_of(self._body(key))
        except (UnreadableItem, OutsideRoot):
            return None

    def _keep(self, sent: _Sent, reply: Reply, budget: Budget) -> None:
        budget.settle(sent.held, sent.size, reply.sent, reply.answered)
        if self._cache is not None:
            self._cache.write(sent.key, Kept(reply.text, reply.sent, reply.answered))
        self._take(sent.key, reply.text)

    def _take(self, key: str, text: str | None) -> None:
        answer = read_answer(text, self._codes)
        self.answers.update(dict.fromkeys(self._places[key], answer))

    def _fail(self, key: str, why: str) -> None:
        self.failed += len(self._places[key])
        self.first = self.first or why
