"""The facts of a review, read off what its methods have found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.estimates.trust import WEAK_CLASS
from explorer.pipeline.requirements import REVIEW, needs
from explorer.pipeline.results import Results
from explorer.reports.facts import TITLES, Fact, Facts
from explorer.review.names_fact import names_fact
from explorer.review.raters_fact import raters_fact
from explorer.utils.text import counted

if TYPE_CHECKING:
    import pandas as pd

    from explorer.detectors.protocol import Findings, Inputs, Result

SURE = 0.05
"""Chance that any pair at all is called leaning where none does."""

SETS = 1_000
"""Most sets of duplicates whose labels are listed."""

METHODS = {
    "transition": "hoc",
    "joint": "confident",
    "imbalance": "imbalance",
    "order": "non_iid",
    "groups": "underperforming",
    "kinds": "archaeology",
    "duplicates": "near_duplicate",
}
"""The detector that each fact is of; the others are of the run itself."""

OTHERS = ("giveaways", "odd_classes", "shifted")
"""Facts of other parts of a review."""


def facts_of(
    item_ids: NDArray[np.object_], classes: Sequence[str], results: Results, others: Facts | None = None
) -> Facts:
    """Return all facts that are computed, and what the others need.

    Parameters
    ----------
    item_ids
        object [N].
    classes
        Names by code.
    results
        With scores, of one moment; nobody writes to it.
    others
        Facts that are no method's, which take their places among all.
    """
    if results.findings is None or results.combined is None or results.inputs is None:
        raise ExplorerError("There are no scores yet.", "See review.status.")
    reader = _Reader(item_ids, tuple(classes), results, results.findings, results.inputs)
    found: dict[str, Fact] = {}
    missing: dict[str, str] = {}
    known = Facts({}, {}) if others is None else others
    for name in TITLES:
        if name in known.found:
            found[name] = known.found[name]
            continue
        why = known.missing.get(name) or reader.lacks(name)
        if why:
            missing[name] = why
        else:
            found[name] = reader.read(name)
    return Facts(found, missing)


class _Reader:
    """Reads facts of one moment."""

    def __init__(
        self,
        item_ids: NDArray[np.object_],
        classes: tuple[str, ...],
        results: Results,
        findings: Findings,
        inputs: Inputs,
    ) -> None:
        self.ids, self.results, self.findings, self.inputs = item_ids, results, findings, inputs
        self.classes = classes[: inputs.n_classes]  # a class that was added since is in no figure yet
        combined = results.combined
        assert combined is not None
        self.combined = combined
        suspicion = np.nan_to_num(combined.p_error, nan=-1)
        self.order = np.argsort(-suspicion, kind="stable")  # positions, worst first
        self.suspects = self.order[combined.is_issue[self.order]]
        self.suspects = self.suspects[(inputs.labels[self.suspects] >= 0) & (combined.suggested[self.suspects] >= 0)]

    def lacks(self, name: str) -> str:
        """Say what a fact needs; "" where it can be read."""
        if name in OTHERS:
            return "was not looked for"
        if name == "trust":
            return "" if self.results.trust is not None else "needs a neighbour graph and probabilities"
        if name not in METHODS:
            return ""
        method, findings = METHODS[name], self.findings
        if method in findings.results:
            return ""
        if method in findings.skipped:
            return needs(method, self.inputs, REVIEW)
        failed = findings.failures.get(method)
        return f"needs the method {method!r}, which " + (f"failed: {failed}" if failed else "has not run")

    def read(self, name: str) -> Fact:
        """Return a fact that can be read."""
        ways: dict[str, Callable[[], Fact]] = {
            "transition": self._transition,
            "joint": self._joint,
            "imbalance": self._imbalance,
            "order": self._order,
            "groups": self._groups,
            "kinds": self._kinds,
            "duplicates": self._duplicates,
            "trust": self._trust,
            "leaning": self._leaning,
            "names": self._names,
            "raters": lambda: raters_fact(self.ids, self.classes, self.inputs, self.order),
        }
        return ways[name]()

    def _result(self, name: str) -> Result:
        return self.findings.results[METHODS[name]]

    def _square(self, matrix: NDArray[np.float64], rows: str, columns: str) -> pd.DataFrame:
        import pandas as pd

        names = list(self.classes)
        k = len(names)
        return pd.DataFrame(matrix[:k, :k], index=pd.Index(names, name=rows), columns=pd.Index(names, name=columns))

    def _pairs(self) -> dict[Any, NDArray[np.object_]]:
        """The suspects by given and suggested label, worst first."""
        rows = self.suspects
        given, suggested = self.inputs.labels[rows], self.combined.suggested[rows]
        keys = [(self.classes[a], self.classes[b]) for a, b in zip(given, suggested, strict=True)]
        return self._by(keys, rows)

    def _by(self, keys: Iterable[Any], rows: NDArray[np.intp]) -> dict[Any, NDArray[np.object_]]:
        found: dict[Any, list[int]] = {}
        for key, row in zip(keys, rows.tolist(), strict=True):
            found.setdefault(key, []).append(row)
        return {key: self.ids[places] for key, places in found.items()}

    def _worst(self, flags: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Positions of the flagged items, the most suspicious label first."""
        return self.order[flags[self.order]]

    def _flags(self, name: str) -> NDArray[np.bool_]:
        flags = self._result(name).flags
        assert flags is not None
        return flags

    def _transition(self) -> Fact:
        fitted = self._result("transition").frozen["transition"]
        matrix = np.asarray(fitted.matrix, dtype=np.float64)
        off = (fitted.prior[:, None] * matrix)[: len(self.classes), : len(self.classes)]
        off = off * (1 - np.eye(len(off)))
        text = f"about {fitted.noise_rate:.1%} of the labels are wrong, as near items agree"
        if off.size and off.max() > 0:
            true, given = np.unravel_index(int(off.argmax()), off.shape)
            a, b = self.classes[int(true)], self.classes[int(given)]
            text += f"; the commonest slip: {matrix[true, given]:.1%} of what is {a} is labelled {b}"
        return Fact("transition", _sentence(text), self._square(matrix, "true label", "given label"), self._pairs())

    def _joint(self) -> Fact:
        noise = self._result("joint").frozen["noise"]
        joint = np.asarray(noise.joint, dtype=np.float64)
        off = joint * (1 - np.eye(len(joint)))
        text = f"about {noise.noise:.1%} of the labels are wrong, as the model counts them"
        if off.size and off.max() > 0:
            given, true = np.unravel_index(int(off.argmax()), off.shape)
            n = round(float(off[given, true]) * int(self.inputs.labelled.sum()))
            text += f"; most often {self.classes[int(given)]} stands for {self.classes[int(true)]} (about {n:,} items)"
        return Fact("joint", _sentence(text), self._square(joint, "given label", "true label"), self._pairs())

    def _imbalance(self) -> Fact:
        import pandas as pd

        summary = self._result("imbalance").summary
        k = len(self.classes)
        count = np.asarray(summary["count"])[:k]
        rare = np.isin(np.arange(k), summary["rare"])
        table = pd.DataFrame(
            {"items": count, "share": np.asarray(summary["share"])[:k], "rare": rare},
            index=pd.Index(list(self.classes), name="class"),
        )
        names = [self.classes[c] for c in np.flatnonzero(rare)]
        text = f"the largest has {summary['unevenness']:.1f} times the items of the smallest"
        text = (
            f"{_names(names)} {'is' if len(names) == 1 else 'are'} rare; {text}"
            if names
            else f"no class is rare; {text}"
        )
        labels = self.inputs.labels
        rows = self._worst(self._flags("imbalance"))
        about = self._by((self.classes[c] for c in labels[rows]), rows)
        return Fact("imbalance", _sentence(text), table.sort_values("items", kind="stable"), about)

    def _order(self) -> Fact:
        import pandas as pd

        summary = self._result("order").summary
        columns = ("p_value", "statistic", "median_distance", "median_by_chance", "flagged", "permutations")
        table = pd.DataFrame([{name: summary.get(name, np.nan) for name in columns}])
        rows = self._worst(self._flags("order"))
        text = order_sentence(float(summary["p_value"]), int(summary.get("permutations", 0)))
        return Fact("order", _sentence(text), table, {"flagged": self.ids[rows]} if len(rows) else {})

    def _groups(self) -> Fact:
        import pandas as pd

        result = self._result("groups")
        summary, group = result.summary, result.frozen["group"]
        rows = [
            {
                **{name: each[name] for name in ("group", "size", "mean", "accuracy", "accuracy_elsewhere", "issue")},
                "given": ", ".join(f"{self.classes[c]} ({n:,})" for c, n in each["given"]),
                "suggested": ", ".join(f"{self.classes[c]} ({n:,})" for c, n in each["suggested"]),
            }
            for each in summary["groups"]
        ]
        columns = ["group", "size", "mean", "accuracy", "accuracy_elsewhere", "issue", "given", "suggested"]
        table = pd.DataFrame(rows, columns=columns).set_index("group")
        n, bad = int(summary["number_of_groups"]), int(summary["flagged_groups"])
        text = f"in {bad:,} of {n:,} groups of similar items the labels are seldom confirmed"
        if not bad:
            text = f"in none of {n:,} groups of similar items the labels are confirmed much less often than elsewhere"
        inside = self.order[np.isin(group[self.order], table.index)]
        return Fact("groups", _sentence(text), table, self._by(group[inside].tolist(), inside))

    def _kinds(self) -> Fact:
        import pandas as pd

        from explorer.detectors.label_errors.archaeology import RECOGNISED, WORDS, kinds

        result = self._result("kinds")
        of, names = kinds(result)
        counts = np.bincount(of[of >= 0], minlength=len(names))
        recognised = [float(result.summary["recognised"][name]) for name in names]
        table = pd.DataFrame(
            {
                "items": counts,
                "recognised": recognised,
                "means": [WORDS.get(name, "as most items are learnt") for name in names],
            },
            index=pd.Index(list(names), name="kind"),
        )
        said = [i for i, name in enumerate(names) if name in WORDS and recognised[i] >= RECOGNISED]
        parts = [f"{counted(int(counts[i]), 'item')} learnt like {names[i].replace('_', ' ')} ones" for i in said]
        text = "; ".join(parts) or "no kind that was planted recognises its own, so nothing is said of kinds"
        rows = self.order[of[self.order] >= 0]
        return Fact("kinds", _sentence(text), table, self._by((names[k] for k in of[rows]), rows))

    def _duplicates(self) -> Fact:
        import pandas as pd

        result = self._result("duplicates")
        group, equal = result.frozen["group"], np.asarray(result.frozen["exact"], dtype=bool)
        rows = np.flatnonzero(group >= 0)
        rows = rows[np.argsort(group[rows], kind="stable")]
        labels = self.inputs.labels
        sizes = np.bincount(group[rows], minlength=len(equal))
        ends = np.cumsum(sizes)
        codes = [np.unique(labels[rows[end - size : end]]) for size, end in zip(sizes, ends, strict=True)]
        codes = [found[found >= 0] for found in codes]
        conflict = np.array([len(found) > 1 for found in codes], dtype=bool)
        shown = [_names([self.classes[c] for c in found]) if i < SETS else "" for i, found in enumerate(codes)]
        table = pd.DataFrame(
            {"items": sizes, "equal": equal, "labels": shown, "conflict": conflict},
            index=pd.RangeIndex(len(sizes), name="near_duplicate_set"),
        ).sort_values(["conflict", "items"], ascending=False, kind="stable")
        text = "no two items are equal or almost equal"
        if len(sizes):
            text = f"{counted(len(sizes), 'set')} of equal or almost equal items ({int(sizes.sum()):,} items)"
            text += f", {int(conflict.sum()):,} of them under different labels"
        return Fact("duplicates", _sentence(text), table, self._by(group[rows].tolist(), rows))

    def _trust(self) -> Fact:
        trust = self.results.trust
        assert trust is not None
        text = (
            f"a probe gives {trust.probe_accuracy:.0%} of the given labels, and {trust.neighbour_agreement:.0%} of an "
        )
        text += "item's neighbours share its label"
        if trust.warning:
            text = f"{text}. {trust.warning.rstrip('.')}"
        about: dict[Any, NDArray[np.object_]] = {}
        probs, labels = self.inputs.probs, self.inputs.labels
        if probs is not None:
            other = (probs.argmax(axis=1) != labels) & (labels >= 0)
            hard = trust.per_class["probe_accuracy"].to_numpy() < WEAK_CLASS
            rows = self._worst(other)
            first = rows[np.isin(labels[rows], np.flatnonzero(hard))]  # of classes that are hardly recognised
            rows = np.concatenate([first, rows[~np.isin(rows, first)]])
            about = self._by((self.classes[c] for c in labels[rows]), rows)
        return Fact("trust", _sentence(text), trust.per_class.copy(), about)

    def _names(self) -> Fact:
        return names_fact(self.ids, self.classes, self.results, self.findings.results.get("names"), self.order)

    def _leaning(self) -> Fact:
        """Suspects of two classes that go one way and not back: a guideline, or a rater, that leans."""
        import pandas as pd
        from scipy.stats import binomtest

        pairs = self._pairs()
        count = {pair: len(ids) for pair, ids in pairs.items() if pair[0] != pair[1]}
        either = {tuple(sorted(pair)) for pair in count}
        rows = []
        for a, b in sorted(either):
            there, back = count.get((a, b), 0), count.get((b, a), 0)
            one = (a, b, there, back) if there >= back else (b, a, back, there)
            rows.append((*one, float(binomtest(one[2], there + back).pvalue)))
        table = pd.DataFrame(rows, columns=["given", "suggested", "suspects", "back", "p_value"])
        table["leans"] = table["p_value"] <= SURE / max(1, len(rows))
        table = table.sort_values(["p_value", "suspects"], ascending=[True, False], kind="stable", ignore_index=True)
        table = table.set_index(["given", "suggested"])
        leans = [f"{a} → {b} ({n:,}, back {m:,})" for (a, b), n, m in _leaning_rows(table)]
        text = f"wrong labels go one way between {_names(leans, 3)}" if leans else "no pair of labels leans one way"
        return Fact("leaning", _sentence(text), table, pairs)


def _leaning_rows(table: pd.DataFrame) -> list[tuple[tuple[str, str], int, int]]:
    leaning = table[table["leans"]]
    return list(zip(leaning.index.tolist(), leaning["suspects"].tolist(), leaning["back"].tolist(), strict=True))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")


def _names(names: Sequence[str], limit: int = 6) -> str:
    more = f" and {len(names) - limit:,} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def order_sentence(p: float, shuffled: int) -> str:
    """Say how near alike rows stand; of the shuffled orders a share of `p`, itself counted, has them as near."""
    if p > SURE:
        return "no sign that near rows are alike: in a shuffled order they are about as much so"
    as_near = round(p * (shuffled + 1)) - 1
    others = f"{shuffled - as_near:,} of {shuffled:,}" if as_near else f"any of {shuffled:,}"
    told = f"than in {others} shuffled orders: the rows are sorted, or near ones depend on each other"
    return f"items that are alike stand nearer to each other {told}"
