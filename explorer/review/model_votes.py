"""Votes of language models on the items of a review."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import DataError
from explorer.labels import Store, StoreError, VoteDraft
from explorer.pipeline.progress_bar import drawn
from explorer.review.arguments import Items, positions_of
from explorer.review.raters import Raters
from explorer.review.state import ReviewState
from explorer.utils.files import location
from explorer.utils.numbers import whole

if TYPE_CHECKING:
    from explorer.language_models import AnswerCache, Asked, Plan, Poll
    from explorer.progress import Progress


class ModelVotes:
    """Asks language models, and adds what they say as votes of a rater.

    Parameters
    ----------
    state
        Is read: items, classes, and the votes so far.
    raters
        Takes the votes.
    store
        Must be one that can be written to, before anything is paid for.
    """

    def __init__(self, state: ReviewState, raters: Raters, store: Store) -> None:
        self._state, self._raters, self._store = state, raters, store

    def ask(
        self,
        rater: str,
        items: Items,
        *,
        model: str | None = None,
        endpoint: str | None = None,
        key: str | None = None,
        guideline: str = "",
        family: str | None = None,
        price: Any = None,
        most: float | None = None,
        dry_run: bool = False,
        concurrent: int = 8,
        retries: int = 6,
        timeout: float = 120.0,
        size: int = 512,
        request: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> Asked | Plan:
        """Let a language model vote on items, through any endpoint that speaks as OpenAI's chat completions do.

        It is told the classes that a label may have, their descriptions (`dataset.descriptions`) and the guideline, and
        sees one item at a time: a text, a row, or a picture scaled down. It is not told the labels, what others say, or
        names of files. An item is data: it stands between marks that it cannot write, and what it says is not obeyed.
        An answer that names no class, or cannot be read, is an abstention. No address that stands in an item or an
        answer is opened.

        Answers are kept in the cache at once, by a hash of endpoint, model, prompt and content, and are not paid for
        again. The votes are stored at the end, as a version of the rater's votes beside those that it has on other
        items; also when it is stopped (Ctrl-C, *Interrupt*, `progress.cancel`) or fails. Ask again to go on.

        Parameters
        ----------
        rater
            Name of the rater.
        items
            See `Review.relabel`; `review.issues.index[:200]` are the 200 worst.
        model
            Name of the model, as the endpoint has it; the rater's name if not given.
        endpoint
            Base address such as "http://localhost:8000/v1"; by default that in the environment variable
            EXPLORER_LLM_ENDPOINT or OPENAI_BASE_URL.
        key
            Name of the environment variable that holds the key, never the key. By default EXPLORER_LLM_KEY; for OpenAI
            and the address in OPENAI_BASE_URL also OPENAI_API_KEY. Without any no key is sent.
        guideline
            What people who label these data are told, as text.
        family
            What the rater shares with others whose errors are alike; the model if not given. A rater that has votes
            keeps its own.
        price
            What a million tokens cost, sent and answered: (0.15, 0.6). Where litellm is installed, its table is read
            if it is not given.
        most
            The most that this call may spend. Nothing is sent that might cost more than is left. Tokens are counted as
            the endpoint does; a picture is reckoned as at most 10,000 for each 512 by 512 pixels that `size` allows.
            A try that was cut short, or ended in an error of the server, counts as the most that it may have cost.
        dry_run
            Whether to ask nothing and say what it would take.
        concurrent, retries, timeout
            Most requests at a time, how often one is sent again (429, 5xx, no connection; pauses double), and the
            seconds that the endpoint may be silent.
        size
            Longest side of a picture that is sent, in pixels.
        request
            Fields of the request to add or change, where a model wants others; `None` as a value takes one away:
            `{"max_tokens": None, "max_completion_tokens": 2000, "temperature": None}`.
        progress
            Is reported to instead of a bar.

        Returns
        -------
        Asked or Plan
            How many votes there are, what they cost, what is left; with `dry_run` items, tokens and cost, about.

        Raises
        ------
        DataError, UnknownName
            An argument that cannot be right; items that no model reads (vectors); a rater who is no model.
        EndpointError
            The endpoint refuses, or does not answer.
        MissingExtra
            httpx is not installed (the extra `llm`).
        Cancelled
            Somebody stopped it.
        StoreError
            The store cannot be written to.

        Examples
        --------
        >>> import explorer
        >>> dataset = explorer.read(["good film", "dull film"], label=["+", "-"], descriptions={"+": "praise"})
        >>> review = explorer.Review(dataset, start=False, cache=False)
        >>> review.ask("gpt", [0, 1], endpoint="http://localhost:8000/v1", price=(0.15, 0.6), dry_run=True)
        'gpt' at http://localhost:8000/v1/chat/completions would be asked about 2 items: about ... tokens sent and 40
        answered. That costs about ... (0.15 a million tokens sent and 0.6 answered).
        """
        from explorer.language_models import Poll, Prompt, endpoint_of, price_of
        from explorer.language_models.cost import Budget

        rater = self._check(rater, dry_run, timeout)
        concurrent = whole(concurrent, 1, 64, f"concurrent={concurrent!r}.", "Give how many requests at a time")
        retries = whole(retries, 0, 20, f"retries={retries!r}.", "Give how often a request is sent again")
        size = whole(size, 16, 4096, f"size={size!r}.", "Give the longest side of a picture in pixels")
        with self._state.lock:
            open_ones = frozenset(self._store.classes())
            dataset, classes = self._state.dataset, tuple(c for c in self._state.classes if c in open_ones)
        positions = list(dict.fromkeys(positions_of(dataset, items)))
        name = rater if model is None else model
        prompt = Prompt(name, classes, dataset.descriptions, guideline, size, request or {})
        budget = Budget(price_of(price, name), most, prompt.most_answer)
        with self._cache() as cache:
            poll = Poll(dataset, positions, prompt, endpoint_of(endpoint, key), cache)
            if dry_run:
                return poll.plan(budget)
            try:
                with drawn("ask") if progress is None else nullcontext(progress) as shown:
                    poll.run(budget, concurrent=concurrent, retries=retries, timeout=float(timeout), progress=shown)
            finally:
                self._add(rater, name if family is None else family, poll)
            return poll.asked(rater, budget)

    def _check(self, rater: Any, dry_run: bool, timeout: Any) -> str:
        """Refuse what could not be stored, before it is paid for. Returns the rater's name as it is stored."""
        if not isinstance(rater, str) or not rater.strip():
            raise DataError(f"The rater is {rater!r}.", "Give it a name, as text.")
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= 86_400:
            raise DataError(f"timeout={timeout!r}.", "Give seconds, more than 0.")
        self._refuse_kind(rater.strip())
        if self._store.read_only and not dry_run:
            raise StoreError("The label store is read-only, so votes cannot be stored.", "Open it for writing.")
        return rater.strip()

    def _refuse_kind(self, rater: str) -> None:
        """Refuse a rater that is no model, as the store has it now."""
        with self._state.lock:
            self._raters.refresh()
            votes = self._state.votes
        said = None if votes is None or rater not in votes.names else votes.rater(rater)
        if said is not None and said.kind != "model":
            raise DataError(f"The rater {rater!r} is of the kind {said.kind!r}, and no model.", "Choose another name.")

    def _cache(self) -> AnswerCache | nullcontext[None]:
        from explorer.language_models import AnswerCache

        cache = self._state.options.cache
        if cache is False:
            return nullcontext()
        return AnswerCache(location() if cache is True else Path(cache).expanduser())

    def _add(self, rater: str, family: str, poll: Poll) -> None:
        """Add the votes, beside those that the rater has on other items by now, from whomever."""
        found = poll.votes()
        if not found:
            return
        self._refuse_kind(rater)
        labels, sure = zip(*found.values(), strict=True)
        confidence = [math.nan if value is None else value for value in sure]
        self._raters.extend(VoteDraft(rater, list(found), labels, "model", family, confidence, keep=True))
