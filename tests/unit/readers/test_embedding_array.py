"""An array given as `embedding=` is taken as features, with a note."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import explorer
from explorer.errors import DataError

X = np.arange(12, dtype=np.float32).reshape(4, 3)
FRAME = pd.DataFrame({"text": ["one word", "two words", "three of them", "four"], "label": list("abab")})
NOTE = "embedding= is an array, and is taken as features="


@pytest.mark.parametrize("given", [X, X.tolist(), csr_array(X), pd.DataFrame(X)], ids=lambda x: type(x).__name__)
def test_an_array_beside_a_table(given):
    dataset = explorer.read(FRAME, text="text", embedding=given)
    np.testing.assert_array_equal(dataset.features, X)
    assert dataset.kind == "text"
    assert NOTE in dataset.notes
    same = explorer.read(FRAME, text="text", features=given)
    assert dataset.digest() == same.digest()


def test_an_array_beside_a_list():
    dataset = explorer.read(FRAME["text"].tolist(), label=FRAME["label"].tolist(), embedding=X)
    np.testing.assert_array_equal(dataset.features, X)


def test_a_tensor():
    torch = pytest.importorskip("torch")
    np.testing.assert_array_equal(explorer.read(FRAME, text="text", embedding=torch.tensor(X)).features, X)


def test_a_column_stays_a_column():
    frame = FRAME.assign(v=X.tolist())
    dataset = explorer.read(frame, text="text", embedding="v")
    np.testing.assert_array_equal(dataset.features, X)
    assert NOTE not in dataset.notes


def test_what_cannot_be_meant_is_refused():
    with pytest.raises(DataError, match="Both features= and embedding= are given"):
        explorer.read(FRAME, text="text", embedding=X, features=X)
    with pytest.raises(DataError, match=r"embedding= names 2 columns.*features="):
        explorer.read(FRAME, text="text", embedding=["a", "b"])
    with pytest.raises(DataError, match="rows"):
        explorer.read(FRAME, text="text", embedding=X[:3])
