"""Where a language model is asked: an address, and a key that only the environment knows."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from explorer.errors import DataError, ExplorerError, Option, Said
from explorer.utils.text import printable

log = logging.getLogger("explorer")

ADDRESSES = ("EXPLORER_LLM_ENDPOINT", "OPENAI_BASE_URL")
"""Environment variables that an address is looked for in, in this order."""

OWN_KEY = "EXPLORER_LLM_KEY"
"""Environment variable of a key for whatever address is asked."""

PLACE_OF_KEY = Said(
    "Put it into the environment variable EXPLORER_LLM_KEY{}.", Option("key variable", ", or one of key=")
)
"""Where a key belongs that stands in an address."""

OPENAI_KEY = "OPENAI_API_KEY"
"""Environment variable of a key that is sent to OpenAI, or to the server in OPENAI_BASE_URL, and nowhere else."""

_Server = tuple[str, str | None, int | None]

_PATH = "/chat/completions"
_SECRETS = re.compile(r"key|token|secret|signature|password", re.IGNORECASE)
_HERE = ("localhost", "127.0.0.1", "::1")


class EndpointError(ExplorerError):
    """An endpoint gave no answer that can be used.

    Parameters
    ----------
    problem, remedy
        As any error of this package. Neither has the key.
    for_all
        Whether every other request would meet the same.
    """

    def __init__(self, problem: str, remedy: str = "", *, for_all: bool = False) -> None:
        super().__init__(problem, remedy)
        self.for_all = for_all


class Refused(EndpointError):
    """An endpoint does not take one request; another item may fare better."""


@dataclass(frozen=True)
class Endpoint:
    """An address that answers chat completions.

    Attributes
    ----------
    url
        Whole, with what follows a question mark.
    key
        Is sent with each request; "" for none. It is in no text that this object makes of itself.
    """

    url: str
    key: str = field(default="", repr=False, compare=False)

    @property
    def shown(self) -> str:
        """The address as messages have it: without what follows a question mark."""
        return self.url.partition("?")[0]

    def __repr__(self) -> str:
        return f"Endpoint({self.shown!r}, {'with' if self.key else 'without'} a key)"

    def scrubbed(self, text: str) -> str:
        """Return text in which the key does not stand, on one line and of at most 300 characters."""
        clean = text.replace(self.key, "[the key]") if self.key else text
        return printable(" ".join(clean.split()))[:300]


def endpoint_of(address: str | None = None, key: str | None = None) -> Endpoint:
    """Return the endpoint that an argument or the environment names, with its key.

    Parameters
    ----------
    address
        Base address such as "http://localhost:8000/v1"; by default that in EXPLORER_LLM_ENDPOINT or OPENAI_BASE_URL.
    key
        Name of the environment variable that holds the key. By default EXPLORER_LLM_KEY, and for OpenAI or the address
        in OPENAI_BASE_URL also OPENAI_API_KEY; without any no key is sent, as local servers want none.

    Raises
    ------
    DataError
        No address, or what is none; a name that is no variable's, or is not set. No message has a key in it.

    Examples
    --------
    >>> endpoint_of("http://localhost:8000/v1/").url
    'http://localhost:8000/v1/chat/completions'
    """
    given = address
    if given is None:
        given = next((value for name in ADDRESSES if (value := os.environ.get(name, "").strip())), None)
    if given is None:
        raise DataError(
            "It is not said where the language model is asked.",
            Said(
                "Give {}, or set EXPLORER_LLM_ENDPOINT.", Option("an endpoint", 'endpoint="http://localhost:8000/v1"')
            ),
        )
    parts = _parts(given)
    path = parts.path.rstrip("/")
    url = urlunsplit(parts._replace(path=path if path.endswith(_PATH) else path + _PATH, fragment=""))
    found = Endpoint(url, _key(parts, key))
    if found.key and parts.scheme == "http" and parts.hostname not in _HERE:
        log.warning("The key goes to %s unencrypted. Give an address that begins with https.", found.shown)
    return found


def _parts(given: object) -> SplitResult:
    """Take an address apart; `DataError` for what is none. It is not repeated: a password may stand in it."""
    remedy = Said("Give {}, the base address of the endpoint.", Option("an endpoint", 'endpoint="https://host/v1"'))
    if not isinstance(given, str):
        raise DataError(f"The address of the endpoint is a {type(given).__name__}.", remedy)
    try:
        parts = urlsplit(given.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() or not character.isprintable() for character in given.strip()):
        raise DataError("The address of the endpoint is none that begins with http:// or https://.", remedy)
    if parts.username is not None or parts.password is not None:
        raise DataError("The address of the endpoint has a login in it.", PLACE_OF_KEY)
    if any(_SECRETS.search(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise DataError("The address of the endpoint has a key in it.", PLACE_OF_KEY)
    return parts


def _key(parts: SplitResult, variable: object) -> str:
    if variable is not None:
        # Whoever takes it for the key itself must not find the key in an error, and so in a notebook.
        if not isinstance(variable, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
            raise DataError(
                "key= is not the name of an environment variable.",
                'Put the key into one, and give its name: key="MY_KEY".',
            )
        value = os.environ.get(variable, "").strip()
        if not value:
            raise DataError("The environment variable that key= names is not set.", "Set it to the key.")
        return _sendable(value)
    value = os.environ.get(OWN_KEY, "").strip()
    if not value and _server(parts) in _openai_servers():
        value = os.environ.get(OPENAI_KEY, "").strip()
    return _sendable(value)


def _openai_servers() -> set[_Server]:
    found: set[_Server] = {("https", "api.openai.com", 443)}
    try:
        own = urlsplit(os.environ.get("OPENAI_BASE_URL", "").strip())
        return found | {_server(own)} if own.hostname else found
    except ValueError:
        return found


def _server(parts: SplitResult) -> _Server:
    """Return scheme, host and port: another port, or the same one in clear, is another server."""
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _sendable(key: str) -> str:
    """Refuse a key that no header can have; the library that sends it would repeat it in its error."""
    if not key.isascii() or any(character.isspace() or not character.isprintable() for character in key):
        raise DataError("The key has a blank or a character in it that no key has.", "Copy it again, as one word.")
    return key
