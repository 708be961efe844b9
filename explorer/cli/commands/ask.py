"""`explorer ask`: a language model votes on the items of a dataset."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from explorer.cli.data_options import data_options, existing, options_of, read_data, store_of
from explorer.errors import DataError


def _describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Let a language model vote on items, through any endpoint that speaks as OpenAI's chat completions do, and "
        "store its votes as those of a rater. The key is read from the environment: EXPLORER_LLM_KEY, or "
        "OPENAI_API_KEY for OpenAI. Answers are kept in the cache: asked again, it goes on where it stopped."
    )
    parser.add_argument("data", help="folder with a sub-folder per class, or a CSV, TSV, Parquet or JSONL file")
    data_options(parser)
    parser.add_argument("--model", required=True, help="name of the model, as the endpoint has it")
    parser.add_argument("--rater", help="name of the rater (default: the model)")
    parser.add_argument("--endpoint", help="base address (default: EXPLORER_LLM_ENDPOINT, then OPENAI_BASE_URL)")
    parser.add_argument("--items", metavar="FILE", type=Path, help="file with an item id a line (default: all items)")
    parser.add_argument("--guideline", metavar="FILE", type=Path, help="file with what people who label are told")
    parser.add_argument("--price", metavar="SENT,ANSWERED", help="what a million tokens cost: 0.15,0.6")
    parser.add_argument("--most", type=float, metavar="AMOUNT", help="the most that may be spent now")
    parser.add_argument("--request", metavar="JSON", help="fields of the request to add or change; null takes one away")
    parser.add_argument("--concurrent", type=int, default=8, help="most requests at a time (%(default)s)")
    parser.add_argument("--dry-run", action="store_true", help="ask nothing, and say what it would take")
    parser.add_argument("--store", help="label store: a file (DATA.labels.db beside the data) or postgresql://…")
    parser.set_defaults(run=_ask)


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"ask": _describe}
"""How the parser of each command is made."""


def _ask(given: argparse.Namespace) -> int:
    from explorer.review.review import Review

    data = existing(given.data)
    price = None if given.price is None else _price(given.price)
    request = None if given.request is None else _fields(given.request)
    guideline = "" if given.guideline is None else _text(given.guideline)
    named = None if given.items is None else _text(given.items).split("\n")
    dataset = read_data(data, options_of(given))
    print(dataset, file=sys.stderr)
    items = dataset.item_ids.tolist() if named is None else [line.strip() for line in named if line.strip()]
    store = None if given.dry_run else store_of(given.store, data, dataset)
    review = Review(dataset, store, start=False)
    try:
        found = review.ask(
            given.rater or given.model,
            items,
            model=given.model,
            endpoint=given.endpoint,
            guideline=guideline,
            price=price,
            most=given.most,
            concurrent=given.concurrent,
            dry_run=given.dry_run,
            request=request,
        )
    finally:
        review.close()
    print(found.sentence())
    return 0


def _price(given: str) -> list[float]:
    try:
        return [float(part) for part in given.split(",")]
    except ValueError:
        raise DataError(
            f"--price is {given!r}.", "Give what a million tokens cost, sent and answered: --price 0.15,0.6."
        ) from None


def _fields(given: str) -> dict[str, Any]:
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise DataError(f"--request is {given!r}.", """Give fields as JSON: --request '{"response_format": null}'.""")
    return found


def _text(path: Path) -> str:
    if not path.expanduser().exists():
        raise DataError(f"There is no file {str(path)!r}.", "Check the path.")
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{str(path)!r} cannot be read ({error}).", "Give a file of text in UTF-8.") from error
