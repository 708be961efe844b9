"""Sends requests to an endpoint, and again where it is busy, slow or cut off."""

from __future__ import annotations

import hashlib
import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from explorer.errors import Cancelled, MissingExtra, Option, Said
from explorer.language_models.endpoint import Endpoint, EndpointError, Refused

if TYPE_CHECKING:
    import httpx

FIRST_PAUSE = 1.0
"""Seconds before the second try; each further pause is twice as long."""

LONGEST_PAUSE = 60.0
"""Seconds of a pause, unless the endpoint asks for a longer one."""

LONGEST_ASKED = 600.0
"""Seconds of a pause that an endpoint may ask for."""

MOST_BYTES = 4_000_000
"""Bytes of a response that are read."""

AGAIN = frozenset([408, 409, 425, 429])
"""Statuses below 500 after which it is tried again."""

BUSY = frozenset([503, 529])
"""Statuses from 500 on that come before a model begins; after others it may have answered, as behind a proxy."""


class Reply(NamedTuple):
    """What an endpoint answered.

    Attributes
    ----------
    text
        What the model wrote; `None` where it declined.
    sent, answered
        Tokens as the endpoint counted them, `None` where it does not say.
    """

    text: str | None
    sent: int | None
    answered: int | None


class _Trouble(Exception):
    """A try that failed and may be repeated: in words, the pause that was asked for, whether it may have cost."""

    def __init__(self, said: str, pause: float | None = None, *, cost: bool = False) -> None:
        super().__init__(said)
        self.pause, self.cost = pause, cost


class Client:
    """One connection pool to one endpoint, used by several threads. No redirect is followed.

    Parameters
    ----------
    endpoint
        Where to.
    timeout
        Seconds that an endpoint may be silent.
    retries
        How often a request is sent again.
    stop
        When it is set, pauses end and nothing more is sent (`Cancelled`).

    Raises
    ------
    MissingExtra
        httpx is not installed.
    """

    def __init__(self, endpoint: Endpoint, timeout: float, retries: int, stop: threading.Event) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtra("Asking a language model", "httpx", "llm") from error
        self._endpoint, self._retries, self._stop = endpoint, retries, stop
        self._errors: tuple[type[Exception], ...] = (httpx.RequestError, httpx.InvalidURL)
        self._unsent: tuple[type[Exception], ...] = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self._http = httpx.Client(
            headers={**headers, "Content-Type": "application/json"},
            timeout=httpx.Timeout(timeout, connect=min(timeout, 20.0)),
            follow_redirects=False,
        )
        self._turn = threading.Lock()
        self._not_before = 0.0

    def close(self) -> None:
        """Close the connections, also those in use."""
        self._http.close()

    def send(self, body: Mapping[str, Any], lose: Callable[[], bool]) -> Reply:
        """Send a request until it is answered.

        Parameters
        ----------
        body
            As JSON has it.
        lose
            Is called after each try that failed and may have cost something; says whether another may be paid.

        Raises
        ------
        EndpointError
            It was refused, or each try failed.
        Cancelled
            It was asked to stop.
        """
        content = json.dumps(body).encode()
        spread = 0.5 + int(hashlib.sha256(content).hexdigest()[:8], 16) / 2**32  # so that not all come back at once
        shown, said = self._endpoint.shown, ""
        for attempt in range(self._retries + 1):
            self._wait()
            try:
                return self._once(content)
            except _Trouble as trouble:
                said = str(trouble)
                if trouble.cost and not lose():
                    raise EndpointError(
                        f"{shown} was asked {_times(attempt + 1)} in vain: {said}. That may have cost something, and "
                        "there is not enough for another try.",
                        Said("Allow more: {}.", Option("most")),
                    ) from None
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt) * spread
                self._hold(max(pause, trouble.pause or 0.0), everybody=trouble.pause is not None)
        raise EndpointError(
            f"{shown} was asked {_times(self._retries + 1)} in vain: {said}.",
            "Ask again later: what was answered is kept.",
        )

    def _once(self, content: bytes) -> Reply:
        shown = self._endpoint.shown
        try:
            with self._http.stream("POST", self._endpoint.url, content=content) as response:
                data = b""
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > MOST_BYTES:
                        raise _Trouble(f"it answered more than {MOST_BYTES:,} bytes", cost=True)
        except self._unsent as error:
            self._check()
            raise _Trouble(f"no connection ({type(error).__name__})") from None
        except self._errors as error:
            # The texts of the library's errors are left out: they may have parts of the request.
            self._check()
            raise _Trouble(f"the connection was cut ({type(error).__name__})", cost=True) from None
        except RuntimeError:  # the client was closed, as it is when somebody stops
            self._check()
            raise
        status = response.status_code
        if status == 200:
            return _reply(data)
        said = self._endpoint.scrubbed(_said(data))
        if status in (401, 403):
            raise EndpointError(
                f"{shown} does not accept the key ({status}).",
                Said(
                    "Set EXPLORER_LLM_KEY to one that it takes{}.",
                    Option("key variable", ", or name the environment variable that holds it: key="),
                ),
                for_all=True,
            )
        if "insufficient_quota" in data[:10_000].decode("utf-8", "replace"):
            raise EndpointError(f"The account at {shown} is used up ({status}).", "Fill it up.", for_all=True)
        if status in AGAIN or status >= 500:
            cost = status >= 500 and status not in BUSY
            raise _Trouble(f"it answered {status}{f' ({said})' if said else ''}", _pause(response), cost=cost)
        if status < 400 or status == 404:
            raise EndpointError(
                f"{shown} is no endpoint for chat completions, or has no such model: it answered {status}"
                f"{f' ({said})' if said else ''}.",
                Said("Check {} and {}; redirects are not followed.", Option("endpoint"), Option("model")),
                for_all=True,
            )
        raise Refused(
            f"{shown} refuses the request ({status}){f': {said}' if said else ''}.",
            Said(
                "Where it does not know a field, take it away or change it: {}.",
                Option("request", "request={'response_format': None}"),
            ),
        )

    def _hold(self, seconds: float, *, everybody: bool) -> None:
        """Wait; where the endpoint is busy, let all others wait as well."""
        if everybody:
            with self._turn:
                self._not_before = max(self._not_before, time.monotonic() + seconds)
            return
        self._stop.wait(seconds)

    def _wait(self) -> None:
        """Wait until requests may be sent."""
        while True:
            self._check()
            with self._turn:
                seconds = self._not_before - time.monotonic()
            if seconds <= 0:
                return
            self._stop.wait(seconds)

    def _check(self) -> None:
        if self._stop.is_set():
            raise Cancelled("Asking the language model was stopped.", "Ask again: what was answered is kept.")


def _times(tries: int) -> str:
    return "once" if tries == 1 else f"{tries} times"


def _pause(response: httpx.Response) -> float | None:
    """Return the seconds that an endpoint asks to wait; 0 for a date, after which the usual pause holds."""
    asked = response.headers.get("retry-after", "").strip()
    try:
        seconds = float(asked)
    except ValueError:
        return 0.0 if asked or response.status_code == 429 else None
    return min(max(seconds, 0.0), LONGEST_ASKED) if math.isfinite(seconds) else 0.0


def _said(data: bytes) -> str:
    """Return the message of an error's body, "" where it has none."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    error = found.get("error", found) if isinstance(found, dict) else None
    said = error.get("message", "") if isinstance(error, dict) else error
    return said if isinstance(said, str) else ""


def _reply(data: bytes) -> Reply:
    """Read a chat completion; `_Trouble` for what is none."""
    try:
        found = json.loads(data)
        message = found["choices"][0]["message"]
        content = message.get("content")
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise _Trouble("it answered no chat completion", cost=True) from None
    if isinstance(content, list):  # in parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    usage = found.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    declined = not isinstance(content, str) or (not content and bool(message.get("refusal")))
    return Reply(
        None if declined else content, _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
