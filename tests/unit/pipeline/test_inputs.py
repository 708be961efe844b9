"""`find_issues` on what people hold their labels and features in, in other orders, and of any size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch

import explorer
from explorer.errors import DataError

N = 60
RNG = np.random.default_rng(0)
TRUTH = np.repeat([0, 1, 2], N // 3)
X = (RNG.normal(size=(N, 5)) + np.eye(3, 5)[TRUTH] * 6).astype(np.float32)
Y = TRUTH.copy()
Y[[3, 50]] = [1, 0]


@pytest.fixture(scope="module")
def want() -> pd.DataFrame:
    return explorer.find_issues(Y, features=X)


@pytest.mark.parametrize(
    ("labels", "features"),
    [
        (torch.tensor(Y), torch.tensor(X)),
        ([torch.tensor(v) for v in Y], sp.csr_matrix(X)),
        (pd.Categorical(Y), pd.DataFrame(X)),
        (iter(Y.tolist()), [torch.tensor(row) for row in X]),
    ],
    ids=["torch", "sparse", "pandas", "lists"],
)
def test_the_container_makes_no_difference(want, labels, features):
    found = explorer.find_issues(labels, features=features)
    pd.testing.assert_frame_equal(found.reset_index(drop=True), want)


def test_half_precision_is_taken(want):
    found = explorer.find_issues(Y, features=torch.tensor(X).bfloat16())
    assert set(found.p_error.nlargest(2).index) == set(want.p_error.nlargest(2).index) == {3, 50}


@pytest.mark.parametrize("exponent", [-100, -25, 62, 120])
def test_the_size_of_the_features_makes_no_difference(want, exponent):
    found = explorer.find_issues(Y, features=np.ldexp(X, exponent))
    sizes = [name for name in want if name.startswith("influence")]  # sums of products, as large as the features
    pd.testing.assert_frame_equal(found.drop(columns=sizes), want.drop(columns=sizes))


def test_rows_of_other_orders_are_matched_by_their_names(want):
    names = [f"item {n}" for n in range(N)]
    labels = pd.Series(Y, index=names)
    shuffled = RNG.permutation(N)
    features = pd.DataFrame(X, index=names).iloc[shuffled]
    trusted = pd.Series(np.arange(N) == 5, index=names).iloc[shuffled]
    found = explorer.find_issues(labels, features=features, trusted=trusted)
    again = explorer.find_issues(labels, features=X, trusted=np.arange(N) == 5)
    assert found.index.tolist() == names
    np.testing.assert_array_equal(found.p_error, again.p_error)


def test_counted_rows_of_another_order_are_refused():
    labels = pd.Series(Y).sample(frac=1, random_state=1)
    probs = pd.DataFrame(np.eye(3)[TRUTH])
    for beside in ({"features": pd.DataFrame(X)}, {"probs": probs}, {"features": X, "trusted": pd.Series(Y == 0)}):
        with pytest.raises(DataError, match="in another order"):
            explorer.find_issues(labels, **beside)
    with pytest.raises(DataError, match="in another order"):
        explorer.read(pd.DataFrame({"text": ["a b", "c d"]}, index=[1, 0]), label=pd.Series(["x", "y"]))


@pytest.mark.parametrize("seed", [-1, 1.5, None, "a", 2**40, True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(DataError, match="is no seed"):
        explorer.find_issues(Y, features=X, seed=seed)


@pytest.mark.parametrize("detectors", [False, 3, [None], {"vote"}])
def test_methods_that_are_no_names_are_refused(detectors):
    with pytest.raises(DataError):
        explorer.find_issues(Y, features=X, detectors=detectors)
