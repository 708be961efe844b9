"""What each method does and how it went: the pages behind every line of "why", and the list of all methods."""

from __future__ import annotations

import re
from typing import Any

from explorer.errors import UnknownName
from explorer.panels.registry import call
from explorer.panels.schema import scores as schema
from explorer.panels.schema.labels import NameArgs
from explorer.pipeline.requirements import REVIEW, needs
from explorer.pipeline.results import Results
from explorer.review.review import Review

P_ERROR = "p_error"
"""The one number has a page as its methods have."""

UNDERLINE = re.compile(r"-{3,}|={3,}")


@call("method", slow=True)
def method(review: Review, args: NameArgs) -> schema.MethodPage:
    """Return one method's page: how its run went, and its sections.

    Raises
    ------
    UnknownName
        No such method, with the nearest ones.
    """
    from explorer import detectors

    known = _names(review)
    if args.name not in known:
        raise UnknownName("method", args.name, known)
    page = [schema.Section(**part) for part in sections(detectors.page(args.name))]
    return schema.MethodPage(**_entry(review, args.name), sections=page)


@call("methods", slow=True)
def methods(review: Review) -> list[schema.Method]:
    """Return every method and how its run went, `p_error` first."""
    return [schema.Method(**_entry(review, name)) for name in _names(review)]


@call("failures")
def failures(review: Review) -> schema.Failures:
    """Return the methods that failed, and why scores do not follow, else ""."""
    from explorer import detectors

    findings, error = review.state.results.findings, review.scores.error
    failed = {} if findings is None else findings.failures
    return schema.Failures(
        methods=[
            schema.FailedMethod(name=name, title=detectors.title(name), error=said) for name, said in failed.items()
        ],
        following="" if error is None else f"{type(error).__name__}: {error}",
    )


def _names(review: Review) -> tuple[str, ...]:
    """All methods; also one that was taken away since and has left findings that are still shown."""
    from explorer import detectors

    findings = review.state.results.findings
    left = () if findings is None else tuple(findings.results)
    return tuple(dict.fromkeys((P_ERROR, *detectors.names(), *left)))


def sections(page: str) -> list[dict[str, str]]:
    """Split a page at its underlined headings; what stands before the first has the heading "".

    Lines keep their breaks, since a formula needs them.
    """
    found: list[tuple[str, list[str]]] = [("", [])]
    lines = page.splitlines()
    for i, line in enumerate(lines):
        below = lines[i + 1].strip() if i + 1 < len(lines) else ""
        if line.strip() and UNDERLINE.fullmatch(below):
            found.append((line.strip(), []))
        elif not (UNDERLINE.fullmatch(line.strip()) and i > 0 and lines[i - 1].strip()):
            found[-1][1].append(line)
    parts = [{"heading": heading, "text": "\n".join(text).strip("\n")} for heading, text in found]
    return [part for part in parts if part["heading"] or part["text"].strip()]


def _entry(review: Review, name: str) -> dict[str, Any]:
    from explorer import detectors

    results = review.state.results
    state, note = _standing(results, name)
    since, changes = review.scores.behind if state == "stale" else (None, 0)
    entry = {
        "name": name,
        "title": detectors.title(name),
        "about": detectors.about(name),
        "state": state,
        "note": note,
        "since": None if since is None else since.isoformat(),
        "changes": changes,
    }
    if name == P_ERROR:
        combined = results.combined
        return {**entry, "issue": "label", "columns": [] if combined is None else list(combined.columns)}
    result = None if results.findings is None else results.findings.results.get(name)
    columns = [] if result is None else [name, *result.columns]
    return {**entry, "issue": detectors.get(name).issue, "columns": columns}


def _standing(results: Results, name: str) -> tuple[str, str]:
    """How a method's last run went, and why, in words."""
    findings = results.findings
    if findings is None:
        return "waiting", "the items have not been scored yet"
    if name == P_ERROR:
        combined = results.combined
        if combined is None or combined.note:
            return "skipped", "" if combined is None else combined.note
        return "ran", "" if combined.calibrated else "not calibrated: there are too few labels to tell the level"
    if name in findings.failures:
        return "failed", findings.failures[name]
    if name in findings.skipped:
        return "skipped", "" if results.inputs is None else needs(name, results.inputs, REVIEW)
    if name not in findings.results:
        return "waiting", "it was registered after the items were scored; run again"
    if findings.results[name].stale:
        return "stale", ""
    return "ran", ""
