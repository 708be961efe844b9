"""`explorer issues` and `explorer methods`."""

import csv
import io
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from explorer import cli, detectors


@pytest.fixture
def data(tmp_path):
    """400 digits: a CSV with labels and names only, their vectors, and probabilities that know the truth."""
    digits = load_digits()
    truth = digits.target[:400]
    rng = np.random.default_rng(0)
    wrong = rng.choice(400, 40, replace=False)
    given = truth.copy()
    given[wrong] = (truth[wrong] + rng.integers(1, 10, 40)) % 10
    pd.DataFrame({"label": given, "name": [f"d{i}" for i in range(400)]}).to_csv(tmp_path / "d.csv", index=False)
    np.save(tmp_path / "x.npy", digits.data[:400])
    np.save(tmp_path / "p.npy", np.where(np.arange(10) == truth[:, None], 0.82, 0.02))
    return tmp_path, wrong


def issues(folder, *arguments):
    return cli.main(["issues", str(folder / "d.csv"), "--label", "label", *map(str, arguments)])


def test_table_for_people(data, capsys):
    folder, wrong = data
    assert issues(folder, "--features", folder / "x.npy", "--key", "name", "-n", 10) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["item", "given", "suggested", "p_error", "also"]
    rows = [int(line.split()[0].removeprefix("d")) for line in out.splitlines()[1:]]
    assert len(rows) == 10
    assert np.isin(rows, wrong).mean() >= 0.9
    assert "400 labels, of which an estimated " in err
    assert " % (between " in err
    assert sorted(p.name for p in folder.iterdir()) == ["d.csv", "p.npy", "x.npy"], "no store is made"


@pytest.mark.parametrize(("limit", "status"), [(0.02, 1), (0.3, 0)])
def test_the_exit_status_is_the_answer(data, capsys, limit, status):
    folder, wrong = data
    assert issues(folder, "--probs", folder / "p.npy", "--fail-over", limit, "--format", "json") == status
    out, err = capsys.readouterr()
    assert f"{'over' if status else 'within'} the limit of {100 * limit:.2f} %" in err
    found = json.loads(out)
    estimate = found["estimate"]
    assert estimate["low"] <= estimate["error_rate"] <= estimate["high"]
    assert estimate["error_rate"] == pytest.approx(0.1, abs=0.03)
    assert estimate["labels"] == 400
    assert found["limit"] == limit
    assert found["failures"] == {}
    assert len(found["issues"]) == 400
    flagged = [row for row in found["issues"] if row["is_label_issue"]]
    assert len(flagged) == estimate["issues"] == 40
    assert {int(row["where"].split()[1]) for row in flagged} == set(wrong)
    assert "outlier_score" not in flagged[0], "nothing is embedded where probabilities are all that is given"


def test_formats_for_programs(data, capsys):
    folder, _ = data
    options = ("--features", folder / "x.npy", "--key", "name", "-n", 3, "--methods", "vote", "outlier")
    assert issues(folder, *options, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert issues(folder, *options, "--format", "jsonl") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["item_id"] for row in rows] == [line["item_id"] for line in lines]
    assert len(lines) == 3
    assert {"vote_raw", "outlier_score"} <= set(lines[0])
    assert "confident_raw" not in lines[0]


def test_what_goes_wrong_exits_with_two(data, capsys):
    folder, _ = data
    np.savez(folder / "z.npz", a=np.ones(3))
    np.save(folder / "o.npy", np.array([object()]), allow_pickle=True)
    for arguments, message in (
        (["--probs", folder / "none.npy"], "none.npy'. Check the path: it was given as --probs."),
        (["--features", "none.npy"], "explorer: There is no file 'none.npy'. Check the path"),
        (["--probs", folder / "x.npy"], "400 rows × 10 classes were expected"),
        (["--probs", folder / "z.npz"], "several arrays"),
        (["--probs", folder / "o.npy"], "cannot be read as an array"),
        (["--probs", folder / "p.npy", "--methods", "vota"], "Did you mean 'vote'"),
        (["--probs", folder / "p.npy", "--methods", "vote", "--fail-over", ".1"], "no estimate"),
        (["--probs", folder / "p.npy", "--key", "nam"], "Did you mean 'name'"),
    ):
        assert issues(folder, *arguments) == 2, arguments
        assert message in capsys.readouterr().err
    assert cli.main(["issues", str(folder / "no.csv")]) == 2
    with pytest.raises(SystemExit, match="2"):
        issues(folder, "--fail-over", "2")
    capsys.readouterr()
    for share in ("abc", "2", "-0.1", "nan"):
        with pytest.raises(SystemExit, match="2"):
            issues(folder, f"--fail-over={share}")
        assert f"{share!r} is not a share between 0 and 1, such as 0.02" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--format", "json"], 0),
        (["--format", "csv", "--fail-over", ".3"], 0),
        (["--format", "jsonl", "--fail-over", ".02"], 1),
        (["--fail-over", ".02"], 1),
    ],
)
@pytest.mark.parametrize("both", [False, True])
def test_a_reader_that_goes_away_is_no_error(data, options, status, both):
    """As `| head` does. The exit status stays the answer."""
    folder, _ = data
    reader, writer = os.pipe()
    os.close(reader)
    arguments = ["issues", folder / "d.csv", "--label", "label", "--probs", folder / "p.npy", *options]
    with open(writer, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "explorer.cli", *map(str, arguments)],
            stdout=pipe,
            stderr=pipe if both else subprocess.PIPE,
            check=False,
        )
    if both:  # gone before there was an answer
        assert done.returncode == 2
    else:
        assert done.returncode == status
        assert b"400 labels, of which" in done.stderr
        assert b"Error" not in done.stderr
        assert b"Exception" not in done.stderr


def test_a_crash_is_no_answer(data, monkeypatch):
    def crash(*_arguments, **_options):
        raise RuntimeError("a bug")

    monkeypatch.setattr("explorer.pipeline.find_issues.find_issues_in", crash)
    assert issues(data[0], "--probs", data[0] / "p.npy", "--fail-over", ".5") == 2


def test_methods(capsys):
    assert cli.main(["methods"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:] if line]
    assert ["beta_mixture", "label", "probs", "or", "dynamics"] in lines
    listed = [line[0] for line in lines]
    assert [*detectors.names(), "p_error"] == listed[: len(detectors.names()) + 1]
    assert cli.main(["methods", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert all(row["about"] for row in rows)
    for name in ("vote", "p_error"):
        assert cli.main(["methods", name]) == 0
        page = capsys.readouterr().out
        assert page.strip() == detectors.page(name)
        assert "When to trust it" in page
    assert cli.main(["methods", "vota"]) == 2
    assert "Did you mean 'vote'" in capsys.readouterr().err


def test_by_says_it_slice_by_slice(data, capsys):
    folder, wrong = data
    table = pd.read_csv(folder / "d.csv").assign(lab=np.where(np.isin(np.arange(400), wrong[:30]), "B", "A"))
    table.to_csv(folder / "d.csv", index=False)
    options = "--features", folder / "x.npy", "--key", "name", "--by", "lab"
    assert issues(folder, *options) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split()[:5] == ["lab", "items", "labels", "wrong", "rate"]
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [["B", "30"], ["A", "370"]]
    assert "'B' has more wrong labels than the rest" in err
    assert issues(folder, *options, "--format", "json") == 0
    slices = json.loads(capsys.readouterr().out)["slices"]
    assert [row["slice"] for row in slices["table"]] == ["B", "A"]
    assert issues(folder, *options[:-1], "lob") == 2
    assert "Did you mean 'lab'" in capsys.readouterr().err
