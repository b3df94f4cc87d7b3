"""Lazy windows in pickles, in other processes and in tools of scikit-learn."""

import copy
import pickle
import sys

import joblib
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    cross_validate,
    train_test_split,
)
from sklearn.utils import _safe_indexing, check_consistent_length, indexable, resample
from windowing_support import Store

from sklstm import (
    PurgedTimeSeriesSplit,
    WindowImputer,
    Windows,
    make_windows,
)


def test_pickles_hold_the_rows_once():
    rows = np.random.default_rng(0).normal(size=(5000, 4))
    windows = Windows(rows, lookback=100)
    parts = [windows, windows[:2000], windows[:, -50:], windows[np.arange(1000, 3000)]]
    saved = pickle.dumps(parts)
    assert len(saved) < rows.nbytes + 2000
    for part, again in zip(parts, pickle.loads(saved), strict=True):
        np.testing.assert_array_equal(part, again)
    np.testing.assert_array_equal(copy.deepcopy(windows)[7], windows[7])


def _kind_of_rows(windows):
    rows = windows.rows
    while rows is not None and not isinstance(rows, np.memmap):
        rows = rows.base
    return None if rows is None else rows.filename, windows[5].sum()


def test_workers_share_the_rows_by_memory_map():
    rows = np.random.default_rng(0).normal(size=(200_000, 1))  # 1.6 MB
    windows = Windows(rows, lookback=3)
    parts = [windows, windows[1000:], windows[np.array([0, 2, 3, 7, 8, 5])]]
    jobs = (joblib.delayed(_kind_of_rows)(part) for part in parts)
    found = joblib.Parallel(n_jobs=2)(jobs)
    files = {str(file) for file, _ in found}
    assert len(files) == 1 and None not in files  # one file for all
    assert [total for _, total in found] == [part[5].sum() for part in parts]


class CountingStore(Store):
    """Counts how often it is pickled."""

    n_pickles = 0

    def __getstate__(self):
        type(self).n_pickles += 1
        return vars(self)


def test_dask_is_sent_the_rows_but_once():
    store = CountingStore(np.random.default_rng(0).normal(size=(5000, 4)))
    windows = Windows(store, lookback=3)
    filled = WindowImputer(padding=None).fit(windows[:5]).transform(windows)
    assert store.hidden.nbytes < sys.getsizeof(windows) < sys.getsizeof(filled) < 1.1 * 160_000
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster), joblib.parallel_config("dask"):
        jobs = (joblib.delayed(_shape_of)(windows, number) for number in range(8))
        assert joblib.Parallel(n_jobs=-1)(jobs) == [(4998, 3, 4)] * 8
    assert 0 < CountingStore.n_pickles <= 2  # and not once for each task


def _shape_of(windows, number):
    return windows.shape


# --- scikit-learn ---------------------------------------------------------------------------


class MeanOfWindows(RegressorMixin, BaseEstimator):
    """Predict the mean of the last steps of a window; refuse what is not lazy."""

    def __init__(self, n_steps=1):
        self.n_steps = n_steps

    def fit(self, X, y):
        assert isinstance(X, Windows)
        self.fitted_ = True
        return self

    def predict(self, X):
        assert isinstance(X, Windows)
        return np.asarray(X[:, -self.n_steps :]).mean(axis=(1, 2))


def test_tools_of_scikit_learn_hand_on_lazy_windows():
    series = np.cumsum(np.random.default_rng(0).normal(size=60))
    lazy, Y = make_windows(series, lookback=5, lazy=True)
    dense, _ = make_windows(series, lookback=5)
    check_consistent_length(lazy, Y)
    assert indexable(lazy, Y)[0] is lazy
    for part, expected in [
        (train_test_split(lazy, random_state=0), train_test_split(dense, random_state=0)),
        ([resample(lazy, random_state=0)], [resample(dense, random_state=0)]),
        ([_safe_indexing(lazy, np.arange(3))], [dense[:3]]),
        ([_safe_indexing(lazy, [True] * 55)], [dense]),
    ]:
        assert all(isinstance(each, Windows) for each in part)
        assert all(map(np.array_equal, part, expected))


@pytest.mark.parametrize(
    "cv", [KFold(3), PurgedTimeSeriesSplit(3), ShuffleSplit(3, random_state=0)]
)
def test_searches_and_folds_score_lazy_windows_like_arrays(cv):
    series = np.cumsum(np.random.default_rng(0).normal(size=60))
    lazy, Y = make_windows(series, lookback=5, lazy=True)
    search = GridSearchCV(MeanOfWindows(), {"n_steps": [1, 3]}, cv=cv).fit(lazy, Y[:, 0])
    for number, (_, test) in enumerate(cv.split(lazy)):
        for candidate, n_steps in enumerate([1, 3]):
            numbers = test[:, np.newaxis] + np.arange(5 - n_steps, 5)  # rows, by hand
            error = np.square(series[numbers].mean(axis=1) - Y[test, 0]).mean()
            score = search.cv_results_[f"split{number}_test_score"][candidate]
            assert score == pytest.approx(1 - error / Y[test, 0].var())
    scores = cross_validate(MeanOfWindows(), lazy, Y[:, 0], cv=cv)
    np.testing.assert_allclose(
        scores["test_score"],
        [search.cv_results_[f"split{number}_test_score"][0] for number in range(3)],
    )
