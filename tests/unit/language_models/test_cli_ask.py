"""`explorer ask`, against a stand-in for the endpoint."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from chat_help import asked_of, stand_in, vote

from explorer import labels
from explorer.cli import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "films.csv"
    texts = [f"a {word} film, number {n}" for n in range(4) for word in ("great", "weak")]
    frame = pd.DataFrame({"id": [f"k{n}" for n in range(8)], "text": texts, "label": ["good", "dull"] * 4})
    frame.to_csv(path, index=False)
    return path


def test_a_model_votes_from_a_shell(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ids.txt").write_text("k1\n\nk3\n")
    (tmp_path / "guide.txt").write_text("Read twice.")
    with stand_in(lambda request: vote("good" if "great" in asked_of(request) else "dull")) as server:
        words = ["ask", str(data), "--key", "id", "--text", "text", "--model", "m", "--endpoint", server.address]
        assert main([*words, "--dry-run", "--price", "0.15,0.6"]) == 0
        assert "would be asked about 8 items" in capsys.readouterr().out
        assert not server.requests
        assert not data.with_name("films.labels.db").exists()
        more = ["--items", str(tmp_path / "ids.txt"), "--guideline", str(tmp_path / "guide.txt"), "--rater", "gpt"]
        assert main([*words, *more]) == 0
        assert "'gpt' (m) gave 2 votes on 2 items" in capsys.readouterr().out
        assert "Read twice." in server.requests[0]["messages"][0]["content"]
    with labels.open(data.with_name("films.labels.db"), read_only=True) as store:
        assert store.vote_blocks()["votes"].tolist() == [2]


def test_what_cannot_be_asked_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["ask", str(data), "--model", "m"]
    for more, said in (
        ([], "not said where"),
        (["--price", "cheap"], "--price is 'cheap'"),
        (["--items", "nowhere.txt"], "nowhere.txt"),
        (["--endpoint", "http://localhost:1/v1", "--most", "1"], "price of the model is not known"),
        ([], "Give --endpoint http"),
        (["--endpoint", "http://localhost:1/v1", "--most", "1"], "answered: --price 0.15,0.6"),
        (["--items", "nowhere.txt"], "There is no file 'nowhere.txt'"),
        (["--request", "[]"], "--request is '[]'"),
    ):
        assert main([*words, *more, "--dry-run"]) == 2
        assert said in capsys.readouterr().err


def test_fields_of_the_request_come_from_a_shell(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stand_in(lambda _: vote("good")) as server:
        words = ["ask", str(data), "--key", "id", "--model", "m", "--endpoint", server.address]
        assert main([*words, "--request", '{"response_format": null, "top_p": 0.5}']) == 0
    assert "gave 8 votes" in capsys.readouterr().out
    assert all("response_format" not in request and request["top_p"] == 0.5 for request in server.requests)
