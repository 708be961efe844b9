"""A third class that the model prefers: it is named, with the figure of the suggestion beside its own."""

from dataclasses import replace

import numpy as np
from detectors_help import CLASSES, flipped_digits

from explorer import detectors


def test_the_suggestion_has_its_figure_where_the_model_prefers_a_third_class() -> None:
    inputs, _, wrong = flipped_digits()
    findings = detectors.run(inputs)
    combined = detectors.combine(inputs, findings)
    assert inputs.probs is not None
    item = int(np.flatnonzero(wrong)[0])
    best, label = int(inputs.probs[item].argmax()), int(inputs.labels[item])
    third = next(code for code in range(10) if code not in (best, label))

    def said(suggested: int) -> tuple[str, tuple[int, float] | None]:
        column = combined.suggested.copy()
        column[item] = suggested
        other = replace(combined, suggested=column)
        (text,) = [r.text for r in detectors.explain(item, inputs, findings, other, CLASSES) if r.name == "model"]
        return text, detectors.second_class(item, inputs, other)

    assert best != label, "the flip is seen"
    agreed, none = said(best)
    assert none is None
    text, second = said(third)
    assert second == (best, float(inputs.probs[item, best]))
    p = inputs.probs[item, third]
    figure = "under .01" if p < 0.005 else f"{p:.2f}".lstrip("0")
    assert text == f"{agreed}, {CLASSES[third]} {figure}"
    assert said(-1) == (agreed, None), "nothing is suggested"


def test_there_is_no_second_class_without_a_model() -> None:
    inputs, _, _ = flipped_digits()
    combined = detectors.combine(inputs, detectors.run(inputs))
    assert all(detectors.second_class(item, replace(inputs, probs=None), combined) is None for item in range(20))
