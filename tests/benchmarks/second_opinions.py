"""What one blind answer costs, and the panel's next item, beside few and beside many votes.

    python tests/benchmarks/second_opinions.py [--items 10000] [--answers 200]

Twenty raters have labelled a part of the items, or all; then one more answers blindly, as the panel asks: the answer is
written durably and read back, and the next question is made. Prints the median and the 95th percentile in ms, and how
often the second row is the first.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

import explorer
from explorer.panels.handlers import blind
from explorer.panels.schema import raters as schema

RATERS = 20
CLASSES = np.array(["cat", "dog", "newt", "yak"], dtype=object)


def made(folder: Path, items: int, votes: int) -> explorer.Review:
    """Make a review of rows without scores, with so many votes in its store."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, len(CLASSES), items)
    vectors = rng.normal(size=(items, 4)).astype(np.float32)
    dataset = explorer.read(vectors, label=CLASSES[truth], key=[f"k{i}" for i in range(items)])
    review = explorer.Review(dataset, folder / f"{votes}.labels.db", rater="me", start=False)
    each = votes // RATERS
    for n in range(RATERS):
        rows = rng.choice(items, each, replace=False)
        said = {f"k{row}": CLASSES[truth[row]] for row in rows.tolist()}
        review.add_rater(f"rater {n}", said, kind="model")
    return review


def timed(review: explorer.Review, answers: int) -> dict[str, np.ndarray]:
    """Answer so many questions; returns ms of each answer and of each next question."""
    args = {"rater": "eve", "mode": "label", "votes": 3, "hide_suggestion": True}
    asks = schema.BlindArgs(**args)
    spent: dict[str, list[float]] = {"answer": [], "next": []}
    question = blind.blind(review, asks).question
    for _ in range(answers):
        assert question is not None
        said = schema.BlindAnswerArgs(**args, item=question.item, answer="dog")
        begun = time.perf_counter()
        blind.answer(review, said)
        written = time.perf_counter()
        question = blind.blind(review, asks).question
        spent["answer"].append(written - begun)
        spent["next"].append(time.perf_counter() - written)
    return {name: 1000 * np.array(each[answers // 10 :]) for name, each in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--answers", type=int, default=200)
    told = parser.parse_args()
    print("| votes in the store | answer, median / p95 ms | next item, median / p95 ms |")
    print("|---|---|---|")
    medians = []
    with tempfile.TemporaryDirectory() as folder:
        for votes in (told.items // 5, RATERS * told.items):
            review = made(Path(folder), told.items, votes)
            found = timed(review, told.answers)
            cells = [f"{np.median(each):.2f} / {np.percentile(each, 95):.2f}" for each in found.values()]
            medians.append([float(np.median(each)) for each in found.values()])
            print(f"| {votes:,} | {' | '.join(cells)} |", flush=True)
            review.close()
    print(f"many against few: answer {medians[1][0] / medians[0][0]:.2f}, next {medians[1][1] / medians[0][1]:.2f}")


if __name__ == "__main__":
    main()
