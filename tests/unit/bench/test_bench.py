"""The benchmark: what is planted, what is measured, and the command."""

import json

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import average_precision_score

from explorer import bench, cli
from explorer.bench import noise
from explorer.bench.measure import calibration_error, timed
from explorer.errors import DataError, UnknownName


@pytest.fixture(scope="module")
def clean():
    """A set of 3,000 items, its probabilities and features."""
    x, y = make_blobs(3000, centers=5, n_features=6, cluster_std=3.5, random_state=0)
    known = bench.Known("blobs", x.astype(np.float32), y.astype(np.int32), 5)
    return known, known.held_out(known.truth)


@pytest.mark.parametrize("kind", noise.KINDS)
@pytest.mark.parametrize("rate", [0.05, 0.4])
def test_planted_errors(clean, kind, rate):
    known, probs = clean
    labels, wrong = noise.plant(known.truth, probs, known.vectors, kind, rate, 3)
    assert wrong.mean() == pytest.approx(rate, abs=0.03)
    np.testing.assert_array_equal(labels != known.truth, wrong)
    assert labels.dtype == np.int32
    again = noise.plant(known.truth, probs, known.vectors, kind, rate, 3)
    np.testing.assert_array_equal(labels, again[0])
    assert (labels != noise.plant(known.truth, probs, known.vectors, kind, rate, 4)[0]).any()


def test_where_errors_fall(clean):
    known, probs = clean
    own = probs[np.arange(3000), known.truth]
    drawn = {kind: noise.plant(known.truth, probs, known.vectors, kind, 0.3, 0) for kind in noise.KINDS}
    labels, wrong = drawn["confusable"]
    toward = probs[wrong, labels[wrong]].mean()
    labels, wrong = drawn["uniform"]
    assert toward > 1.5 * probs[wrong, labels[wrong]].mean(), "look-alikes are mistaken for each other"
    assert own[drawn["instance"][1]].mean() < own[wrong].mean() - 0.03, "hard items are flipped more often"
    counts = np.bincount((labels - known.truth)[wrong] % 5, minlength=5)
    assert counts[0] == 0
    assert counts[1:].min() > 0.7 * counts[1:].max(), "uniform: all other classes alike"


def test_what_cannot_be_planted(clean):
    known, probs = clean
    with pytest.raises(UnknownName, match="'uniform'"):
        noise.plant(known.truth, probs, known.vectors, "unifrom", 0.1, 0)
    with pytest.raises(DataError, match="share of 1"):
        noise.plant(known.truth, probs, known.vectors, "uniform", 1.0, 0)
    with pytest.raises(DataError, match="one class"):
        noise.plant(known.truth * 0, probs[:, :1], known.vectors, "uniform", 0.1, 0)


def test_figures_of_a_ranking_that_can_be_counted_by_hand():
    wrong = np.array([1, 1, 0, 1, 0, 0, 0, 0, 1, 0], bool)
    score = np.linspace(1, 0.1, 10)
    found = bench.figures(score, wrong, score > 0.65, probability=True)
    assert found["precision@n"] == found["recall@rate"] == 3 / 4
    assert found["missed@rate"] == pytest.approx(1 / 4)
    assert found["missed@2x"] == pytest.approx(1 / 4)
    assert found["reviews@80"] == 9
    assert found["F1"] == pytest.approx(2 * 3 / (4 + 4))
    assert found["best F1"] == pytest.approx(2 * 3 / (4 + 4))
    assert found["F1 ratio"] == 1
    assert found["AP"] == pytest.approx(average_precision_score(wrong, score))
    assert found["AUROC"] == pytest.approx((6 + 6 + 5 + 1) / 24)
    assert found["true"] == 0.4
    assert set(found) < set(bench.COLUMNS)
    unflagged = bench.figures(np.append(score, np.nan), np.append(wrong, False))
    assert np.isnan(unflagged["F1"])
    assert np.isnan(unflagged["ECE"])


def test_calibration_error():
    rng = np.random.default_rng(0)
    p = rng.random(50_000)
    wrong = rng.random(50_000) < p
    assert calibration_error(p, wrong) < 0.01
    assert calibration_error(np.clip(p + 0.2, 0, 1), wrong) == pytest.approx(0.18, abs=0.02)
    assert calibration_error(np.array([1.0, 0.0]), np.array([True, False])) == 0


def test_time_and_memory():
    result, seconds, megabytes = timed(lambda: np.ones(2**24).sum())
    assert result == 2**24
    assert seconds > 0
    assert 60 < megabytes < 1000
    with pytest.raises(ZeroDivisionError):
        timed(lambda: 1 / 0)


@pytest.fixture
def folder(tmp_path):
    """A set of the user's own: 300 items with errors of their own, and their truth."""
    x, y = make_blobs(300, centers=3, n_features=5, cluster_std=2, random_state=1)
    rng = np.random.default_rng(0)
    given = np.where(rng.random(300) < 0.1, (y + rng.integers(1, 3, 300)) % 3, y)
    names = np.array(["ant", "bee", "cat"])
    for part, values in {"features": x, "labels": names[given], "true": names[y]}.items():
        np.save(tmp_path / f"{part}.npy", values)
    return tmp_path


def test_the_command_on_a_set_of_ones_own(folder, capsys):
    arguments = ["bench", "--add", f"mine={folder}", "--methods", "--json", str(folder / "o.json")]
    assert cli.main([*arguments, "--plot", str(folder / "o.html")]) == 0
    out, err = capsys.readouterr()
    assert "mine, as found" in out
    assert "p_error AP" in err
    rows = {row["method"]: row for row in json.loads((folder / "o.json").read_text())}
    assert {"p_error", "cleanlab", "vote", "relation/relation_first_pass"} <= set(rows)
    assert rows["p_error"]["AP"] > 0.7
    assert rows["p_error"]["MB"] >= 0
    assert rows["vote"]["ECE"] is None
    assert rows["cleanlab"]["estimated"] == pytest.approx(rows["cleanlab"]["true"], abs=0.1)
    page = (folder / "o.html").read_text()
    assert page.count("Plotly.newPlot") == 5
    assert "<script src=" not in page, "nothing is loaded from the network"


def test_the_name_of_a_set_is_no_markup(tmp_path):
    figures = bench.figures(np.array([0.9, 0.1]), np.array([True, False]), np.array([True, False]), probability=True)
    run = bench.Run("</script><img src=x>", "uniform", 0.1, 0, "p_error", {**figures, "estimated": 0.4})
    bench.plot([run], tmp_path / "o.html")
    page = (tmp_path / "o.html").read_text()
    assert "<img src=x>" not in page
    assert page.count("Plotly.newPlot") == 5


def test_errors_are_planted_where_the_truth_is_all_there_is(folder):
    (folder / "labels.npy").write_bytes((folder / "true.npy").read_bytes())
    (folder / "true.npy").unlink()
    runs = bench.run([], own={"mine": folder}, noise=["uniform", "confusable"], rates=[0.2], seeds=2)
    assert {(r.noise, r.seed) for r in runs} == {(k, s) for k in ("uniform", "confusable") for s in (0, 1)}
    table = bench.summary(runs)
    assert (table["seeds"] == 2).all()
    ours = [r.figures["AP"] for r in runs if r.method == "p_error" and r.noise == "uniform"]
    assert table.loc[("mine", "uniform", 0.2, "p_error"), "AP"] == pytest.approx(np.mean(ours), abs=1e-6)
    rows = bench.accepted(runs)
    assert [(r["noise"], set(r)) for r in rows] == [
        (k, {"set", "noise", "rate", "AUROC", "AP"}) for k in ("uniform", "confusable")
    ]
    single = [table.loc[("mine", "uniform", 0.2, m), "AP"] for m in bench.SINGLE]
    assert rows[0]["AP"]["best"] == max(single)
    assert rows[0]["AP"]["ours"] == table.loc[("mine", "uniform", 0.2, "p_error"), "AP"]


def test_a_set_from_hugging_face_or_a_table_is_embedded(tmp_path):
    datasets = pytest.importorskip("datasets")
    texts = [f"{'good fine film' if i % 2 else 'dull poor play'} number {i}" for i in range(40)]
    labels = [i % 2 for i in range(40)]
    datasets.Dataset.from_dict({"text": texts, "label": labels}).save_to_disk(tmp_path / "hf")
    found = bench.own("films", tmp_path / "hf")
    assert found.truth.tolist() == labels
    assert found.labels is None
    assert len(found.vectors) == 40
    (tmp_path / "t.csv").write_text("text,label\n" + "\n".join(f"{t},{v}" for t, v in zip(texts, labels, strict=True)))
    assert bench.own("films", tmp_path / "t.csv").truth.tolist() == labels


@pytest.mark.parametrize(
    ("part", "values", "message"),
    [
        ("labels", None, "has no labels"),
        ("labels", np.zeros(7), r"300 rows .* shape \(7,\)"),
        ("labels", np.array(["", *["a"] * 299]), "without a label"),
        ("features", np.full((300, 5), np.nan), "NaN or infinite"),
        ("features", np.array([["x"]] * 300), "are no numbers"),
        ("probs", np.ones((300, 3)), "do not sum to 1"),
        ("labels", np.array([object()] * 300), "cannot be read as an array"),
    ],
)
def test_a_set_that_is_none(folder, part, values, message):
    path = folder / f"{part}.npy"
    path.unlink(missing_ok=True)
    if values is not None:
        np.save(path, values, allow_pickle=True)
    with pytest.raises(DataError, match=message):
        bench.own("mine", folder)


def test_what_cannot_be_run(folder, capsys, monkeypatch):
    monkeypatch.delenv("EXPLORER_DATA", raising=False)
    np.save(folder / "labels.npy", np.load(folder / "true.npy"))
    for arguments, message in (
        (["--sets", "digit"], "no set 'digit'"),
        (["--sets", "sst2"], "EXPLORER_DATA"),
        (["--noise", "pink"], "no kind of noise 'pink'"),
        (["--rates", "1.5"], "share of 1.5"),
        (["--seeds", "0"], "0 seeds"),
        (["--add", "mine"], "names no set and folder"),
        (["--add", f"mine={folder / 'not'}"], "There is no folder"),
        (["--add", f"mine={folder}"], "None of the labels of the set 'mine' are wrong"),
    ):
        assert cli.main(["bench", *arguments]) == 2, arguments
        assert message in capsys.readouterr().err
