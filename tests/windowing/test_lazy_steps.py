"""Steps of pipelines on lazy windows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer, PolynomialFeatures, StandardScaler

from sklstm import (
    SlidingWindow,
    TimeDistributedTransformer,
    WindowImputer,
    Windows,
    make_windows,
)


@pytest.fixture
def windows():
    return Windows(np.arange(20.0).reshape(10, 2), lookback=3)


def test_a_sliding_window_trims_lazy_windows_lazily(windows):
    step = SlidingWindow(lookback=2)
    trimmed = step.fit_transform(windows[[5, 0]])
    assert isinstance(trimmed, Windows) and trimmed.rows is windows.rows
    np.testing.assert_array_equal(trimmed, [[[12, 13], [14, 15]], [[2, 3], [4, 5]]])
    assert (step.n_features_in_, step.n_timesteps_in_) == (2, 3)
    assert SlidingWindow().fit_transform(windows).shape == (8, 3, 2)
    with pytest.raises(ValueError, match="lookback=4 is longer than the windows"):
        SlidingWindow(4).fit(windows)
    with pytest.raises(ValueError, match="was fitted on rows"):
        SlidingWindow(1).fit(windows.rows).transform(windows)


def test_missing_values_in_lazy_windows_are_refused_with_their_row():
    step, rows = SlidingWindow(), np.zeros((20, 2))
    rows[12, 1] = np.nan
    windows = Windows(rows, lookback=3)
    step.fit(windows[:10]).transform(windows[13:])  # these do not hold it
    with pytest.raises(ValueError, match=r"NaN. The first is in row 12 of the rows of X, column 1"):
        step.fit(windows[[0, 11]])


class CountingScaler(StandardScaler):
    """Keep the rows that it is fitted on."""

    def fit(self, X, y=None, sample_weight=None):
        self.seen_ = X.copy()
        return super().fit(X)


def test_a_scaler_sees_each_row_that_lazy_windows_cover_once():
    series = np.random.default_rng(0).normal(size=(30, 2)) * [1, 9] + [5, 0]
    windows = Windows(series, lookback=4)
    step = TimeDistributedTransformer(CountingScaler())
    train = windows[[0, 1, 2, 10, 11]]  # rows 0 to 5 and 10 to 14
    covered = series[[*range(6), *range(10, 15)]]
    scaled = step.fit_transform(train)
    np.testing.assert_array_equal(step.transformer_.seen_, covered)
    mean, scale = covered.mean(axis=0), covered.std(axis=0)
    assert isinstance(scaled, Windows) and scaled.rows.shape == (11, 2)
    np.testing.assert_allclose(scaled, (np.asarray(train) - mean) / scale)
    test = windows[20:]
    np.testing.assert_allclose(step.transform(test), (np.asarray(test) - mean) / scale)
    np.testing.assert_allclose(step.inverse_transform(step.transform(test)), test)
    np.testing.assert_array_equal(series, windows.rows)  # nothing was changed in place


def test_a_transformer_may_change_the_number_of_features(windows):
    encoded = TimeDistributedTransformer(PolynomialFeatures(include_bias=False))
    found = encoded.fit_transform(windows[::2])
    assert isinstance(found, Windows) and found.shape == (4, 3, 5)
    a, b = np.moveaxis(np.asarray(windows[::2]), 2, 0)
    np.testing.assert_array_equal(found, np.stack([a, b, a * a, a * b, b * b], axis=2))
    same = TimeDistributedTransformer(FunctionTransformer()).fit_transform(windows)
    assert np.shares_memory(same.rows, windows.rows) and not same.rows.flags.writeable


def test_known_columns_of_lazy_windows_are_scaled_as_features_of_their_own():
    series = np.column_stack([np.arange(20.0), np.arange(20.0) ** 2])
    how = dict(y=series[:, 0], lookback=3, horizon=2, future=[1])
    lazy, _ = make_windows(series, **how, lazy=True)
    rows = np.column_stack([series[:-2], series[2:, 1]])  # the last two windows need no more
    found = TimeDistributedTransformer(StandardScaler()).fit_transform(lazy)
    dense, _ = make_windows(series, **how)
    np.testing.assert_allclose(found, (dense - rows.mean(axis=0)) / rows.std(axis=0))


def test_an_imputer_fills_in_lazy_windows():
    series = np.arange(12.0)
    series[[4, 5]] = np.nan
    lazy, _ = make_windows(series, -np.arange(12.0), lookback=3, allow_nan=True, lazy=True)
    filled = WindowImputer().fit_transform(lazy)
    np.testing.assert_array_equal(filled[2:4, :, 0], [[2, 3, 3], [3, 3, 3]])
    np.testing.assert_array_equal(filled, WindowImputer().fit_transform(np.asarray(lazy)))


def test_lazy_windows_without_a_target_are_left_out():
    series = np.arange(12.0)
    series[8] = np.nan
    with pytest.warns(UserWarning, match="1 of 9 windows were left out"):
        lazy, Y = make_windows(np.arange(12.0), series, lookback=3, allow_nan=True, lazy=True)
    assert isinstance(lazy, Windows)
    np.testing.assert_array_equal(lazy[:, -1, 0] + 1, Y[:, 0])


def test_columns_of_a_frame_are_windows_as_well():
    frame = pd.DataFrame({"load": np.arange(8.0), "heat": np.arange(8.0) ** 2})
    lazy, Y = make_windows(frame, y="load", lookback=2, horizon=2, future=["heat"], lazy=True)
    dense, Y_dense = make_windows(frame, y="load", lookback=2, horizon=2, future=["heat"])
    np.testing.assert_array_equal(lazy, dense)
    np.testing.assert_array_equal(Y, Y_dense)
