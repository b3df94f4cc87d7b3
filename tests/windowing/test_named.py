"""Windows that carry the names of their features: what keeps them, and what gives plain arrays."""

import copy
import gc
import pickle
import weakref

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from joblib import _memmapping_reducer
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    train_test_split,
)
from sklearn.utils import resample

from sklstm import Windows, last_window, make_windows
from sklstm.windowing._names import check_names

FRAME = pd.DataFrame({"load": np.arange(12.0), "heat": np.arange(12.0) ** 2, "price": 7.0})
NAMES = ["load", "heat", "price"]


def named(lookback=4, **options):
    return make_windows(FRAME, "load", lookback=lookback, **options)[0]


class Noting(RegressorMixin, BaseEstimator):
    """A regressor that notes names as the estimators of sklstm do."""

    def __init__(self, level=0.0):
        self.level = level

    def fit(self, X, y):
        check_names(self, X, reset=True)
        return self

    def predict(self, X):
        check_names(self, X, reset=False)
        return np.full(len(X), self.level)


# --- where names come from -----------------------------------------------------------------


@pytest.mark.parametrize("lazy", [False, True])
def test_windows_of_frames_have_the_names_of_columns(lazy):
    groups = np.repeat([1, 2], 6)
    for X in (
        named(lazy=lazy),
        named(lazy=lazy, groups=groups),
        named(lazy=lazy, groups=groups[::-1], return_origins=True),
        named(lazy=lazy, horizon=3, stride=2),
        named(lazy=lazy, allow_nan=True),
        make_windows(pl.DataFrame(FRAME), FRAME["load"], lookback=4, lazy=lazy)[0],
    ):
        assert X.feature_names == NAMES


@pytest.mark.parametrize("lazy", [False, True])
def test_columns_known_ahead_have_a_name_of_their_own(lazy):
    X = named(lazy=lazy, horizon=2, future=["price", "heat"])
    assert X.feature_names == [*NAMES, "future_heat", "future_price"]
    np.testing.assert_array_equal(np.asarray(X)[0, :, 3], [4, 9, 16, 25])


def test_last_windows_have_the_names_of_all_windows():
    groups = np.repeat(["a", "b"], 6)
    assert last_window(FRAME, 4).feature_names == NAMES
    assert last_window(FRAME, 4, groups=groups).feature_names == NAMES
    ahead = FRAME[["price", "heat"]][:2]
    last = last_window(FRAME, 4, future=ahead)
    assert last.feature_names == [*NAMES, "future_heat", "future_price"]
    assert last[0, -1, 3:].tolist() == [1.0, 7.0]


@pytest.mark.parametrize(
    "data",
    [
        FRAME.to_numpy(),
        FRAME.set_axis([1, 2, 3], axis=1),
        FRAME.set_axis(["a", 2, "c"], axis=1),
        FRAME["load"],
    ],
)
def test_without_names_of_columns_windows_are_plain(data):
    X, _ = make_windows(data, np.arange(12.0), lookback=4)
    assert type(X) is np.ndarray and type(last_window(data, 4)) is np.ndarray
    assert make_windows(data, np.arange(12.0), lookback=4, lazy=True)[0].feature_names is None


def test_names_take_no_copy():
    frame = pd.DataFrame(np.arange(24.0).reshape(12, 2), columns=["a", "b"])
    X, _ = make_windows(frame, "a", lookback=4)
    assert np.shares_memory(X, frame.to_numpy()) and np.shares_memory(X[2:5, -2:], X)
    assert np.shares_memory(np.asarray(X), X) and type(np.asarray(X)) is np.ndarray
    for part in (X, X[1:], X[:, -2:], np.asarray(X)):
        with pytest.raises(ValueError, match="read-only"):
            part[0, 0, 0] = 1.0


# --- what keeps them -----------------------------------------------------------------------

KEEPING = {
    "one slice": lambda X: X[2:5],
    "numbers": lambda X: X[[3, 0]],
    "a mask": lambda X: X[np.arange(len(X)) % 2 == 0],
    "as scikit-learn indexes": lambda X: X[np.array([1, 2]), ...],
    "steps": lambda X: X[:, -2:],
    "every other step": lambda X: X[:, ::2],
    "samples and steps": lambda X: X[1:3, [0, 2]],
    "all": lambda X: X[...],
}


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("choose", KEEPING.values(), ids=KEEPING)
def test_chosen_windows_and_steps_keep_names(choose, lazy):
    X = named(lazy=lazy)
    kept = choose(X)
    assert kept.feature_names == NAMES
    np.testing.assert_array_equal(np.asarray(kept), choose(np.asarray(X)))


@pytest.mark.parametrize("lazy", [False, True])
def test_chosen_features_have_their_own_names(lazy):
    X = named(lazy=lazy)
    for features, names in (
        (slice(1, None), ["heat", "price"]),
        (slice(None, None, -1), NAMES[::-1]),
        ([2, 0], ["price", "load"]),
        ([True, False, True], ["load", "price"]),
    ):
        part = X[1:4, :, features]
        assert part.feature_names == names
        np.testing.assert_array_equal(part, np.asarray(X)[1:4, :, features])


@pytest.mark.parametrize(
    "do",
    [
        lambda X: X.copy(),
        lambda X: X.astype(np.float32),
        copy.copy,
        copy.deepcopy,
        lambda X: pickle.loads(pickle.dumps(X)),
        lambda X: pickle.loads(pickle.dumps(X, protocol=5)),
        lambda X: np.concatenate([X[:3], X[3:]]),
        lambda X: np.concatenate([X[:, :1], X[:, 1:]], axis=1),
    ],
)
def test_copies_and_their_parts_joined_keep_names(do):
    X = named()
    other = do(X)
    assert other.feature_names == NAMES and other.flags.writeable
    np.testing.assert_array_equal(other, np.asarray(X))
    other *= 2
    other[0, 0, 0] = -1
    assert other.feature_names == NAMES
    assert other[0, 0, 0] == -1 and other[2, 3, 0] == 10 and X[2, 3, 0] == 5


def test_lazy_windows_over_fewer_rows_keep_names_but_not_over_others():
    X = named(lazy=True)
    assert X[[0, 7]].compact().feature_names == NAMES
    assert X[2:].compact().feature_names == NAMES
    assert X.over(np.zeros(X.rows.shape)).feature_names is None
    assert pickle.loads(pickle.dumps(X)).feature_names == NAMES
    assert Windows(FRAME, lookback=2).feature_names == NAMES


# --- what gives plain arrays ---------------------------------------------------------------

OTHERS = {
    "a window": lambda X: X[0],
    "a feature": lambda X: X[:, :, 1],
    "a step": lambda X: X[:, 0],
    "pairs": lambda X: X[[0, 1], [0, 1]],
    "samples and features": lambda X: X[[0, 1], :, [0, 1]],
    "another axis": lambda X: X[:, :, :, np.newaxis],
    "a mask of all": lambda X: X[X > 3],
    "sums": lambda X: X + X,
    "sums with others": lambda X: 1 - X,
    "comparisons": lambda X: X == 7,
    "products": lambda X: X @ np.eye(3),
    "means": lambda X: X.mean(axis=0),
    "functions": lambda X: np.mean(X, axis=1, keepdims=True),
    "features sorted": lambda X: np.sort(X),
    "features rolled": lambda X: np.roll(X, 1, axis=2),
    "features joined": lambda X: np.concatenate([X, X], axis=2),
    "features joined by place": lambda X: np.concatenate([X, X], 2),
    "joined with others": lambda X: np.concatenate([X, X[:, :, ::-1]]),
    "joined with plain ones": lambda X: np.concatenate([X, np.asarray(X)]),
    "stacked": lambda X: np.stack([X, X]),
    "split": lambda X: np.split(X, 2)[0],
    "flattened": lambda X: X.reshape(len(X), -1),
    "all in one": lambda X: X.ravel(),
    "transposed": lambda X: X.T,
    "swapped": lambda X: np.swapaxes(X, 1, 2),
    "a copy by NumPy": np.array,
}


@pytest.mark.parametrize("do", OTHERS.values(), ids=OTHERS)
def test_all_else_gives_plain_arrays(do):
    X = named()
    result = do(X)
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, do(np.asarray(X)))


def test_methods_of_arrays_give_no_windows_without_names():
    X = named()
    in_place = {"fill", "itemset", "partition", "resize", "setflags", "sort", "tofile", "dump"}
    methods = [name for name in dir(np.ndarray) if not name.startswith("_")]
    seen = set()
    for name in set(methods) - in_place - {"copy", "view"}:
        value = getattr(X, name)
        try:
            value = value() if callable(value) else value
        except (TypeError, ValueError):  # it needs arguments, or a single value
            continue
        assert type(value) is not type(X), name
        seen.add(name)
    assert {"T", "real", "flatten", "argsort", "cumsum", "squeeze", "round"} <= seen


def test_they_print_as_arrays():
    X = named()
    assert repr(X[:1]) == repr(np.asarray(X)[:1]) and str(X) == str(np.asarray(X))


def test_nothing_keeps_windows_alive():
    X = named().copy()
    part, plain = weakref.ref(X[1:]), weakref.ref(X)
    pickle.dumps(X)
    assert part() is None
    del X
    gc.collect()
    assert plain() is None


# --- scikit-learn and joblib ---------------------------------------------------------------


@pytest.mark.parametrize("lazy", [False, True])
def test_samples_chosen_by_scikit_learn_keep_names(lazy):
    X, Y = make_windows(FRAME, "load", lookback=4, lazy=lazy)
    parts = [*train_test_split(X, Y, random_state=0)[:2], resample(X, random_state=0)]
    assert all(part.feature_names == NAMES for part in parts)


@pytest.mark.parametrize("search", [GridSearchCV, HalvingGridSearchCV])
def test_searches_hand_names_on(search):
    X, Y = make_windows(FRAME, "load", lookback=4)
    found = search(Noting(), {"level": [0.0, 5.0]}, cv=TimeSeriesSplit(2)).fit(X, Y[:, 0])
    assert found.feature_names_in_.tolist() == NAMES
    found.predict(last_window(FRAME, 4))


def test_estimators_of_scikit_learn_take_them():
    X, Y = make_windows(FRAME, "load", lookback=4)
    scores = cross_val_score(DummyRegressor(), X, Y, cv=TimeSeriesSplit(2))
    np.testing.assert_array_equal(
        scores, cross_val_score(DummyRegressor(), np.asarray(X), Y, cv=TimeSeriesSplit(2))
    )


def test_pickles_take_no_more_room():
    X = make_windows(pd.DataFrame({"a": np.arange(500.0)}), lookback=20)[0]
    assert len(pickle.dumps(X)) < len(pickle.dumps(np.asarray(X))) + 200


def _is_mapped(array):
    return array is not None and (isinstance(array, np.memmap) or _is_mapped(array.base))


def _what_came(X):
    return X.feature_names, _is_mapped(X), float(X[-1, -1, 0])


def test_workers_get_one_memory_map(monkeypatch, tmp_path):
    written = []

    def dump(array, *args, **kwargs):
        written.append(array.shape)
        return joblib.dump(array, *args, **kwargs)

    monkeypatch.setattr(_memmapping_reducer, "dump", dump)
    X, _ = make_windows(pd.DataFrame({"a": np.arange(20_000.0)}), lookback=10)
    tasks = [joblib.delayed(_what_came)(X) for _ in range(4)]
    came = joblib.Parallel(n_jobs=2, temp_folder=tmp_path)(tasks)
    assert came == 4 * [(["a"], True, 19_998.0)]
    assert written == [X.shape]


def test_files_of_joblib(tmp_path):
    X = named()
    joblib.dump(X, tmp_path / "windows")
    loaded = joblib.load(tmp_path / "windows", mmap_mode="r")
    assert loaded.feature_names == NAMES and _is_mapped(loaded)
    np.testing.assert_array_equal(loaded, np.asarray(X))
    assert joblib.hash(X[1:]) == joblib.hash(named()[1:]) != joblib.hash(X[:-1])
