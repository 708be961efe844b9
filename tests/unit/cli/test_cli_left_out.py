"""Items that are left out, in the commands' words."""

from labels_help import clock, opened

from explorer import cli, export


def test_the_log_says_it_and_an_export_may_drop_them(tmp_path, capsys):
    file = tmp_path / "s.labels.db"
    with opened(file, clock=clock()) as store:
        store.leave_out("a", why="blank")
        store.flag("b", reason="ambiguous")

    def said(*words):
        assert cli.main(list(map(str, words))) == 0
        return capsys.readouterr().out

    log = said("log", file)
    assert "leave out cat" in log
    assert "mark cat" in log
    assert "left out" not in log, "it is said once"
    assert "leave out cat (blank)" in said("log", file, "--oneline")
    assert "left out" in said("blame", file, "a")
    assert "a" in said("log", file, "--reason", "left out")
    whole, rest = tmp_path / "all.csv", tmp_path / "rest.csv"
    assert "Wrote 4 labels, 2 of them reviewed" in said("export", file, whole)
    assert export.read(whole)["left_out"].tolist() == [True, False, False, False]
    told = said("export", file, rest, "--drop")
    assert "Wrote 3 labels, 1 of them reviewed" in told
    assert "1 left out" in told
    assert export.read(rest)["item_id"].tolist() == ["b", "c", "d"]
