"""The commands on a label store, run as people run them; they speak git's words."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from labels_help import CLASSES, clock, opened, rows

from explorer import cli, labels
from explorer.cli.commands.history import versions

ITEMS = [f"item-{n:02d}" for n in range(20)]


@pytest.fixture
def path(tmp_path):
    """A store with two branches that disagree on one item."""
    file = tmp_path / "s.labels.db"
    with opened(file, *ITEMS, clock=clock()) as store:
        store.set("item-01", "dog", why="it barks", reason="wrong", evidence={"p_error": 0.75})
        store.keep("item-02")
        store.apply([labels.Edit(i, "set", "emu") for i in ITEMS[10:18]], kind="bulk", message="all emus")
        store.tag("v1", why="first release")
        store.branch("ben")
        store.switch("ben")
        store.rater = "ben"
        store.set("item-01", "emu", why="it runs")
        store.set("item-05", "emu", why="it has feathers")
        store.set("item-03", "dog")
        store.switch("main")
        store.rater = "ann"
        store.set("item-01", "cat", why="no, it purrs")
        store.set("item-03", "dog")
    return file


@pytest.fixture
def run(path, capsys):
    """Run a command on the store; returns exit status, stdout and stderr."""

    def runs(command, *arguments):
        status = cli.main([command, str(path), *map(str, arguments)])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return runs


def command(*arguments):
    """Run the command in a process of its own."""
    line = [sys.executable, "-m", "explorer.cli", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_the_real_command_tells_the_whole_story(path, tmp_path):
    shown = command("log", path, "--oneline")
    assert shown.returncode == 0, shown.stderr
    first = shown.stdout.splitlines()[-2].split()[0]
    assert "item-01 cat → dog (wrong · it barks)" in shown.stdout
    assert "ann (v1): bulk of 8 changes: all emus" in shown.stdout

    merged = command("merge", path, "ben", "--into", "main")
    assert merged.returncode == 1, "a conflict is open"
    assert "1 taken from ben, 1 the same on both, 1 in conflict" in merged.stdout
    offered = next(line for line in merged.stdout.splitlines() if "--resolve" in line).split()
    assert offered[:2] == ["explorer", "merge"]
    done = command(*offered[1:], "-m", "ben looked twice")
    assert done.returncode == 0, done.stdout + done.stderr
    with labels.open(path, read_only=True) as store:
        assert store.get("item-01").value == "emu"
        assert store.get("item-05").why == "it has feathers"

    assert command("revert", path, first, "--rater", "eve").returncode == 2, "others have decided on it since"
    assert command("export", path, tmp_path / "v1.csv", "--at", "v1").returncode == 0
    frame = pd.read_csv(tmp_path / "v1.csv").set_index("item_id")
    assert frame["corrected_label"].loc[["item-01", "item-05", "item-10"]].tolist() == ["dog", "cat", "emu"]
    assert command("verify", path).returncode == 0
    assert command("log", path, "--format", "xml").returncode == 2


def test_log_lists_changes_and_filters_them(run):
    status, out, _ = run("log", "--format", "jsonl")
    assert status == 0
    assert len(out.splitlines()) == 12
    assert json.loads(out.splitlines()[0])["new"] == "dog"
    assert "it barks" in run("log", "--reason", "wrong")[1]
    assert len(run("log", "--label", "emu", "--format", "jsonl")[1].splitlines()) == 8
    assert len(run("log", "--item", "item-01")[1].splitlines()) == 3, "two changes under one header"
    assert len(run("log", "--branch", "ben", "--by", "ben", "-n", 2)[1].splitlines()) == 3
    assert "Nothing like that" in run("log", "--by", "nobody")[1]


def test_oneline_has_one_line_per_commit_with_its_tags(run):
    rows = list(csv.DictReader(io.StringIO(run("log", "--oneline", "--format", "csv")[1])))
    assert [r["kind"] for r in rows] == ["edit", "edit", "bulk", "keep", "edit", "import"]
    assert [r["tags"] for r in rows] == ["", "", "v1", "", "", ""]
    assert [r["changes"] for r in rows] == ["1", "1", "8", "1", "1", "0"]
    assert len(run("log", "--oneline", "--label", "emu")[1].splitlines()) == 1


def test_cells_are_cut_in_a_terminal_only(run, path, monkeypatch):
    why = "it has the beak of an emu, " * 8
    with labels.open(path, rater="ann") as store:
        store.apply([labels.Edit("item-06", "set", "emu", why=why)], message=why)
    assert why.strip() in run("log")[1]
    assert why.strip() in run("log", "--oneline")[1]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = run("log")[1] + run("log", "--oneline")[1]
    assert why.strip() not in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_a_commit_that_was_taken_back_says_so(run, path):
    with labels.open(path, rater="ann") as store:
        store.undo()
    lines = run("log", "--oneline")[1].splitlines()
    assert "back to cat" in lines[0]
    assert lines[1].endswith("[taken back]")
    assert "taken back since" in run("show", lines[1].split()[0])[1]


def test_show_says_who_when_and_what(run):
    _, out, _ = run("show", "v1", "-n", 3)
    assert "(v1)" in out
    assert "all emus" in out
    assert out.count("cat → emu") == 3
    assert "… and 5 more" in out
    assert len(run("show", "v1", "--format", "jsonl")[1].splitlines()) == 8


def test_diff_takes_two_names_or_a_range(run):
    between = run("diff", "v1..head", "--format", "csv")[1]
    assert between == run("diff", "v1", "head", "--format", "csv")[1] == run("diff", "v1", "--format", "csv")[1]
    found = pd.read_csv(io.StringIO(between))
    assert found[["item", "old", "new"]].to_numpy().tolist() == [["item-01", "dog", "cat"], ["item-03", "cat", "dog"]]
    counts = pd.read_csv(io.StringIO(run("diff", "base..v1", "--counts", "--format", "csv")[1]))
    assert counts.to_numpy().tolist() == [["cat", "emu", 8], ["cat", "dog", 1]]
    assert "No label differs" in run("diff", "main..head")[1]
    assert run("diff", "2026-01-02T03:05:30+00:00", "v1", "--counts")[1].split()[-3:] == ["cat", "emu", "8"]
    status, _, err = run("diff", "v2..head")
    assert status == 2
    assert "'v2'" in err


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (("a..b", None), ("a", "b")),
        (("a..", None), ("a", "head")),
        (("a", None), ("a", "head")),
        (("a..x", "b"), ("a..x", "b")),
    ],
)
def test_how_versions_are_named(given, read):
    assert versions(*given) == read


def test_blame_and_votes_name_the_raters(run):
    _, out, _ = run("blame", "item-01")
    assert out.startswith("item-01: cat")
    assert "by ann" in out
    assert "no, it purrs" in out
    assert len(run("blame", "item-01", "--format", "jsonl")[1].splitlines()) == 2
    votes = [json.loads(line) for line in run("votes", "item-01", "--format", "jsonl")[1].splitlines()]
    assert [(v["rater"], v["value"]) for v in votes] == [("ann", "cat")]
    assert run("blame", "item-1")[0] == 2
    assert "Did you mean 'item-1" in run("blame", "item-1")[2], "the nearest ids are named"
    assert "ben" in run("raters")[1]


def test_tags_and_branches_are_made_listed_and_deleted(run):
    assert run("tag", "v2", "head", "-m", "second", "--rater", "ann")[0] == 0
    tags = [json.loads(line) for line in run("tag", "--format", "jsonl")[1].splitlines()]
    assert [(t["name"], t["why"]) for t in tags] == [("v1", "first release"), ("v2", "second")]
    status, _, err = run("tag", "v2", "v1")
    assert status == 2
    assert "v2" in err
    assert run("tag", "v2", "v1", "--force")[0] == 0
    assert run("tag", "v2", "-d")[0] == 0
    assert "v2" not in run("tag")[1]
    assert run("branch", "eve", "v1")[0] == 0
    assert [line.split()[0] for line in run("branch")[1].splitlines()[1:]] == ["ben", "eve", "main"]
    assert run("branch", "main", "-d")[0] == 2
    assert run("branch", "eve", "--delete")[0] == 0
    assert "eve" not in run("branch")[1]
    assert "eve" in run("reflog")[1], "what happened stays known"


def test_merge_dry_run_writes_nothing(run, path):
    before = path.read_bytes()
    status, out, _ = run("merge", "ben", "--dry-run")
    assert status == 1
    assert "Would merge ben into main" in out
    assert "item-01" in out
    assert run("merge", "ben", "--dry-run", "--theirs")[0] == 0
    assert run("merge", "ben", "--dry-run", "--resolve", "item-01=dog")[0] == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("how", "value", "rater"),
    [
        (["--ours"], "cat", "ann"),
        (["--theirs"], "emu", "ben"),
        (["--resolve", "item-01=dog", "--rater", "eve"], "dog", "eve"),
        (["--resolve", "item-01=label:emu", "--rater", "eve"], "emu", "eve"),
    ],
)
def test_a_merge_with_its_conflict_settled(run, path, how, value, rater):
    assert run("merge", "ben", *how)[0] == 0
    with labels.open(path, read_only=True) as store:
        assert store.get("item-01").value == value
        assert store.blame("item-01").decision.rater == rater
        assert store.get("item-05").value == "emu"
    status, out, _ = run("merge", "ben")
    assert status == 0
    assert "Already up to date" in out


def test_a_settled_conflict_is_kept_until_the_merge(run, path):
    with labels.open(path, rater="ann") as store:
        store.set("item-06", "dog")
        store.switch("ben")
        store.set("item-06", "emu")
    assert run("merge", "ben", "--resolve", "item-06=ours")[0] == 1, "the other one is open still"
    status, out, _ = run("merge", "ben", "--format", "jsonl")
    assert status == 1
    assert [json.loads(line)["item"] for line in out.splitlines()] == ["item-01"]
    assert run("merge", "ben", "--abort")[0] == 0
    assert len(run("merge", "ben", "--format", "jsonl")[1].splitlines()) == 2
    status, _, err = run("merge", "ben", "--resolve", "item-07=ours")
    assert status == 2
    assert "item-07" in err


def test_revert_takes_back_a_tagged_commit_or_some_of_its_items(run, path):
    assert run("revert", "v1", "--item", "item-10", "-m", "a cat after all")[0] == 0
    with labels.open(path, read_only=True) as store:
        assert [store.get(i).value for i in ("item-10", "item-11")] == ["cat", "emu"]
    assert run("revert", "v1")[0] == 0
    status, _, err = run("revert", "v1")
    assert status == 2
    assert "taken back" in err


def test_classes_are_listed_renamed_merged_and_split(run, path):
    assert run("classes")[1].split() == CLASSES
    assert run("classes", "rename", "emu", "ostrich")[0] == 0
    assert run("classes", "merge", "dog", "cat")[0] == 0
    assert run("classes")[1].split() == ["cat", "ostrich"]
    assert run("classes", "split", "ostrich", "big", "small")[0] == 0
    assert len(run("classes", "queue")[1].splitlines()) == 9
    assert "rename" in run("classes", "log")[1]
    assert run("classes", "rename", "emuu", "x")[0] == 2
    with pytest.raises(SystemExit) as ended:
        run("classes", "rename", "cat")
    assert ended.value.code == 2


def test_a_backup_is_a_store_and_never_overwrites(run, tmp_path):
    copy = tmp_path / "copy.labels.db"
    assert run("backup", copy)[0] == 0
    with labels.open(copy, read_only=True) as store:
        assert store.verify().ok
        assert store.get("item-01").value == "cat"
    assert run("backup", copy)[0] == 2
    assert run("grant", "eve")[0] == 2, "a file knows no logins"


def test_verify_names_what_is_damaged(run, path):
    assert run("verify")[0] == 0
    content = path.read_bytes()
    at = content.index(b"it barks")
    path.write_bytes(content[:at] + b"it purrs" + content[at + 8 :])
    status, out, _ = run("verify")
    assert status == 1
    assert "commit" in out


LOOKS = [
    ["log"], ["log", "--oneline"], ["show"], ["diff", "base"], ["blame", "item-01"], ["votes"], ["raters"], ["reflog"],
    ["verify"], ["tag"], ["branch"], ["classes"], ["export", "out.csv"], ["merge", "ben", "--dry-run"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
def test_looking_makes_and_changes_no_file(arguments, tmp_path, path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    missing = tmp_path / "nowhere.labels.db"
    assert cli.main([arguments[0], str(missing), *arguments[1:]]) == 2
    assert "There is no label store" in capsys.readouterr().err
    assert not missing.exists()
    before, there = path.read_bytes(), set(tmp_path.iterdir())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    cli.main([arguments[0], str(path), *arguments[1:]])
    assert path.read_bytes() == before
    assert set(tmp_path.iterdir()) - there <= {tmp_path / "out.csv"}
    shown = capsys.readouterr().out
    assert shown
    assert max(map(len, shown.splitlines())) <= 100 or str(tmp_path) in shown


def test_looking_at_a_store_of_an_older_format_leaves_it_as_it_is(tmp_path, capsys):
    old = tmp_path / "old.labels.db"
    old.write_bytes((Path(__file__).parents[2] / "fixtures" / "store_v1.labels.db").read_bytes())
    before = old.read_bytes()
    for look in (["log"], ["log", "--oneline"], ["verify"], ["tag"]):
        assert cli.main([look[0], str(old), *look[1:]]) == 0
    assert capsys.readouterr().out
    assert old.read_bytes() == before
    assert list(tmp_path.iterdir()) == [old]


def test_a_store_on_a_server_takes_the_same_commands(pg_url, tmp_path, capsys):
    with labels.open(pg_url) as store:
        store.bind(rows(*ITEMS), CLASSES)
        store.set("item-01", "dog", why="it barks")
        login = store.rater
    assert cli.main(["tag", pg_url, "v1"]) == 0
    assert cli.main(["branch", pg_url, "ben"]) == 0
    with labels.open(pg_url, branch="ben") as store:
        store.set("item-01", "emu")
    with labels.open(pg_url) as store:
        store.set("item-01", "cat")
    capsys.readouterr()
    assert cli.main(["merge", pg_url, "ben"]) == 1
    assert "--resolve item-01=theirs" in capsys.readouterr().out
    assert cli.main(["merge", pg_url, "ben", "--theirs"]) == 0
    assert cli.main(["log", pg_url, "--oneline"]) == 0
    assert "it barks" in capsys.readouterr().out
    assert cli.main(["export", pg_url, str(tmp_path / "v1.csv"), "--at", "v1"]) == 0
    assert cli.main(["verify", pg_url]) == 0
    assert cli.main(["backup", pg_url, str(tmp_path / "x.db")]) == 2
    assert cli.main(["grant", pg_url, "nobody-here"]) == 2
    assert cli.main(["tag", pg_url, "v2", "--rater", f"not-{login}"]) == 2
    assert "no login 'nobody-here'" in capsys.readouterr().err


def test_a_password_is_never_printed(capsys):
    address = "postgresql://ann:hunter2@localhost:1/labels?connect_timeout=1"
    assert cli.main(["log", address]) == 2
    assert "hunter2" not in capsys.readouterr().err


def test_a_folder_and_a_branch_that_is_not_there(run, tmp_path, capsys):
    assert cli.main(["log", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
    status, _, err = run("log", "--branch", "bem")
    assert status == 2
    assert "mean 'ben'" in err


def test_a_terminal_obeys_nothing_that_comes_from_data(run, path):
    bad = "\x1b[31mred\x07"
    with labels.open(path, rater="ann") as store:
        store.bind(rows(*ITEMS, bad), CLASSES)
        store.set(bad, "dog", why=bad)
    for look in (["log"], ["log", "--oneline"], ["show"], ["diff", "base"], ["blame", bad], ["votes"]):
        status, out, _ = run(*look)
        assert status == 0
        assert "red" in out
        assert "\x1b" not in out
        assert "\x07" not in out


def test_options_stand_anywhere_as_in_git(path, capsys):
    store = str(path)
    for line in (
        ["tag", store, "-m", "second release", "v2"],
        ["tag", "--rater", "bob", store, "v3", "head"],
        ["branch", store, "careful"],
        ["branch", store, "-d", "careful"],
        ["log", "--oneline", store, "-n", "1"],
    ):
        assert cli.main(line) == 0, capsys.readouterr().err
    with labels.open(path, read_only=True) as opened_again:
        assert set(opened_again.tag()["name"]) == {"v1", "v2", "v3"}
    assert cli.main(["tag", store, "v2"]) == 2
    assert "with -f" in capsys.readouterr().err, "remedies are said as one types them"
