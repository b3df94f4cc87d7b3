import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklstm.windowing import (
    SlidingWindow,
    TimeDistributedTransformer,
    last_window,
    make_windows,
    pad_sequences,
)

pd = pytest.importorskip("pandas")


def test_the_last_steps_of_windows_are_a_view():
    X = np.arange(24.0).reshape(2, 4, 3)
    trimmed = SlidingWindow(lookback=2).fit(X).transform(X)
    assert_array_equal(trimmed[0], [[6, 7, 8], [9, 10, 11]])
    assert_array_equal(trimmed[1], [[18, 19, 20], [21, 22, 23]])
    assert np.shares_memory(trimmed, X)
    assert_array_equal(SlidingWindow().fit_transform(X), X)


@pytest.mark.parametrize("lookback", [None, 1, 2, 4])
@pytest.mark.parametrize("container", [np.array, list])
def test_windows_are_read_only_and_the_data_stay_writable(lookback, container):
    X = container(np.arange(24.0).reshape(2, 4, 3))
    trimmed = SlidingWindow(lookback).fit_transform(X)
    with pytest.raises(ValueError, match="read-only"):
        trimmed[...] = -1
    assert_array_equal(np.array(X), np.arange(24.0).reshape(2, 4, 3))
    X[0][0, 0] = 7  # the caller's data are the caller's


def test_rows_before_the_first_are_like_the_first():
    rows = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]])
    windows = SlidingWindow(lookback=3).fit_transform(rows)
    assert windows.shape == (4, 3, 2)
    assert_array_equal(windows[:, :, 0], [[1, 1, 1], [1, 1, 2], [1, 2, 3], [2, 3, 4]])
    assert_array_equal(windows[:, :, 1], 10 * windows[:, :, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
@pytest.mark.parametrize("shape", [(5, 2), (5, 4, 2)])
def test_sliding_window_keeps_the_dtype(dtype, shape):
    assert SlidingWindow(2).fit_transform(np.ones(shape, dtype=dtype)).dtype == dtype


def test_sliding_window_on_windows_of_a_million_rows_takes_no_memory():
    X, _ = make_windows(np.zeros(100_000), lookback=96)
    step = SlidingWindow(lookback=48).fit(X)
    tracemalloc.start()
    step.transform(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6


def test_attributes_of_sliding_window():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    step = SlidingWindow(lookback=1).fit(frame)
    assert step.n_features_in_ == 2 and list(step.feature_names_in_) == ["a", "b"]
    assert not hasattr(step, "n_timesteps_in_")
    step.fit(np.zeros((5, 4, 3)))
    assert (step.n_features_in_, step.n_timesteps_in_) == (3, 4)
    assert not hasattr(step, "feature_names_in_")
    step.fit(frame)
    assert not hasattr(step, "n_timesteps_in_")


def test_sliding_window_takes_any_longer_windows():
    step = SlidingWindow(lookback=2).fit(np.zeros((5, 4, 1)))
    assert step.transform(np.zeros((1, 3, 1))).shape == (1, 2, 1)


@pytest.mark.parametrize(
    ("lookback", "X", "message"),
    [
        (0, np.zeros((5, 2)), "The 'lookback' parameter of SlidingWindow must be an int"),
        (1.5, np.zeros((5, 2)), "The 'lookback' parameter of SlidingWindow must be an int"),
        (None, np.zeros((5, 2)), r"lookback=None keeps whole windows.*rows, of shape \(5, 2\)"),
        (5, np.zeros((9, 4, 2)), "lookback=5 is longer than the windows of X, which have 4"),
        (1, np.zeros(5), r"got shape \(5,\). Reshape your data"),
        (1, np.zeros((5, 2, 2, 2)), r"got shape \(5, 2, 2, 2\)"),
        (1, np.full((5, 2), np.nan), "Input X contains NaN"),
        (1, np.full((5, 2, 1), np.inf), "Input X contains infinity"),
        (1, np.full((5, 2, 1), "a"), "strings"),
        (
            1,
            np.ma.masked_equal([[1.0], [2.0]], 2),
            "X is a masked array .* row 1 of X.*Interpolate",
        ),
        (
            1,
            np.ma.masked_equal(np.arange(12).reshape(2, 3, 2), 9),
            "X is a masked array .* sample 1 of X, time step 1, feature 1",
        ),
        (1, np.array([[1, np.timedelta64(1, "D")]], dtype=object), "timedelta64, .*, column 1"),
        (1, [[1.0], [np.datetime64("NaT")]], "datetime64, is in row 1 of X"),
        (1, np.zeros((0, 2, 1)), "minimum of 1 is required"),
    ],
)
def test_errors_of_sliding_window_at_fit(lookback, X, message):
    with pytest.raises(ValueError, match=message):
        SlidingWindow(lookback=lookback).fit(X)


@pytest.mark.parametrize(
    ("seen", "X", "message"),
    [
        ((5, 4, 2), np.zeros((5, 4, 3)), "X has 3 features, but SlidingWindow is expecting 2 feat"),
        ((5, 2), np.zeros((5, 3)), "X has 3 features, but SlidingWindow is expecting 2 features"),
        ((5, 2), np.zeros((5, 4, 2)), r"X holds windows, .* was fitted on rows"),
        ((5, 4, 2), np.zeros((5, 2)), r"X holds rows, .* was fitted on windows"),
        (
            (5, 4, 2),
            np.zeros((5, 2, 2)),
            "lookback=3 is longer than the windows of X, which have 2",
        ),
        ((5, 4, 2), np.full((5, 4, 2), np.nan), "Input X contains NaN"),
    ],
)
def test_errors_of_sliding_window_at_transform(seen, X, message):
    step = SlidingWindow(lookback=3).fit(np.zeros(seen))
    with pytest.raises(ValueError, match=message):
        step.transform(X)


def test_sliding_window_must_be_fitted():
    with pytest.raises(NotFittedError):
        SlidingWindow(lookback=2).transform(np.zeros((5, 4, 1)))


@parametrize_with_checks(
    [SlidingWindow(lookback=3)],
    expected_failed_checks=lambda _: dict.fromkeys(
        ["check_methods_sample_order_invariance", "check_methods_subset_invariance"],
        "on rows, a sample is the window that ends with it",
    ),
    xfail_strict=True,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# The look-back as a hyperparameter


class TargetRecorder(RegressorMixin, BaseEstimator):
    """Write down the targets that each look-back is scored on."""

    seen: dict = {}

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def score(self, X, y):
        self.seen.setdefault(X.shape[1], []).append(y)
        return 0.0


def test_all_lookbacks_are_scored_on_the_same_targets(monkeypatch):
    monkeypatch.setattr(TargetRecorder, "seen", {})
    X, Y = make_windows(np.arange(200), lookback=48, horizon=3)
    pipeline = Pipeline([("window", SlidingWindow()), ("spy", TargetRecorder())])
    grid = {"window__lookback": [1, 12, 48, None]}
    GridSearchCV(pipeline, grid, cv=TimeSeriesSplit(3, gap=2, test_size=30), refit=False).fit(X, Y)
    seen = TargetRecorder.seen
    assert set(seen) == {1, 12, 48}
    # 200 steps: 150 windows, whose targets begin at 48; 3 tests of the last 90 windows
    expected = [np.add.outer(np.arange(start, start + 30), range(3)) for start in (108, 138, 168)]
    for lookback, repeats in ((1, 1), (12, 1), (48, 2)):
        assert len(seen[lookback]) == 3 * repeats
        for got, targets in zip(seen[lookback], expected * repeats, strict=True):
            assert_array_equal(got, targets)


@pytest.mark.parametrize("horizon", [1, 6])
def test_grid_search_finds_the_lookback_that_matters(horizon):
    rng = np.random.default_rng(0)
    series = list(rng.normal(size=48))
    for noise in rng.normal(size=1200):
        series.append(0.6 * series[-48] + 0.3 * series[-1] + noise)
    X, Y = make_windows(series, lookback=72, horizon=horizon)
    pipeline = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("window", SlidingWindow()),
            ("flatten", FunctionTransformer(lambda X: X.reshape(len(X), -1))),
            ("linear", LinearRegression()),
        ]
    )
    search = GridSearchCV(
        pipeline,
        {"window__lookback": [1, 12, 24, 49, 72]},
        cv=TimeSeriesSplit(3, gap=horizon - 1),
    ).fit(X, Y)
    assert search.best_params_["window__lookback"] >= 49
    assert search.predict(last_window(series, 72)).shape == (1, horizon)


# Sequences of unequal length

RAGGED = [np.array([[1.0], [2.0], [3.0]]), np.array([[4.0]]), np.arange(5.0, 9)[:, np.newaxis]]


def test_the_last_steps_of_sequences():
    step = SlidingWindow(lookback=2).fit(RAGGED)
    assert (step.n_features_in_, step.n_timesteps_in_) == (1, 4)
    assert [x.ravel().tolist() for x in step.transform(RAGGED)] == [[2, 3], [4], [7, 8]]
    whole = SlidingWindow().fit_transform(RAGGED)
    assert [x.ravel().tolist() for x in whole] == [x.ravel().tolist() for x in RAGGED]


@pytest.mark.parametrize("padding", ["begin", "end"])
@pytest.mark.parametrize("lookback", [None, 1, 2, 3, 9])
def test_padded_sequences_stay_padded(padding, lookback):
    X = pad_sequences(RAGGED, padding=padding, n_timesteps=6)
    step = SlidingWindow(lookback).fit(X)
    n_timesteps = min(lookback or 6, 6)
    expected = SlidingWindow(lookback).fit_transform(RAGGED)
    expected = pad_sequences(expected, padding=padding, n_timesteps=n_timesteps)
    assert_array_equal(step.transform(X), expected)
    assert_array_equal(X, pad_sequences(RAGGED, padding=padding, n_timesteps=6))


def test_a_shorter_sequence_alone():
    step = SlidingWindow(lookback=3).fit(RAGGED)
    assert_array_equal(step.transform(RAGGED[1:2]), [[[4]]])
    with pytest.raises(ValueError, match="lookback=3 is longer than the windows"):
        SlidingWindow(lookback=3).fit(RAGGED[1:2])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            [np.array([[1.0], [np.nan]]), np.ones((1, 1))],
            "NaN or infinity. The first is in sample 0 of X, time step 1, feature 0.*WindowImputer",
        ),
        (
            pad_sequences([*RAGGED, np.array([[1.0], [np.inf], [2.0]])]),
            "sample 3 of X, time step 1",
        ),
        (np.array([[[np.nan], [1.0]], [[1.0], [np.nan]]]), "contains NaN.*sample 0.*WindowImputer"),
        ([np.ones((2, 1)), np.ones((1, 2))], r"X\[0\] has 1 and X\[1\] has 2"),
    ],
)
def test_errors_of_sequences(X, message):
    with pytest.raises(ValueError, match=message):
        SlidingWindow(lookback=1).fit(X)


def test_sequences_are_no_rows():
    step = SlidingWindow(lookback=2).fit(np.ones((5, 1)))
    with pytest.raises(ValueError, match="X holds sequences, but SlidingWindow was fitted on rows"):
        step.transform(RAGGED)
