"""The display of a backtest: forecasts over the series, and errors by step ahead."""

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import pytest

from sklstm import NaiveForecaster, backtest, make_windows
from sklstm.plotting import BacktestDisplay

SERIES = pd.Series(np.arange(20.0) ** 2, index=pd.period_range("2024-01", periods=20, freq="M"))
MODELS = {"last": NaiveForecaster(), "drift": NaiveForecaster("drift")}
X, Y, ORIGINS = make_windows(SERIES, lookback=4, horizon=2, return_origins=True)
FOLDS = [(np.arange(3), np.arange(5, 10)), (np.arange(8), np.arange(11, 13))]


@pytest.fixture(scope="module")
def result():
    return backtest(MODELS, X, Y, cv=FOLDS, origins=ORIGINS)


def test_forecasts_fill_the_test_parts_without_overlap(result, legend_labels):
    display = result.plot()
    np.testing.assert_array_equal(display.series_line_.get_xdata(), np.arange(4, 20))
    np.testing.assert_array_equal(display.series_line_.get_ydata(), np.arange(4, 20) ** 2)
    first, second = display.forecast_lines_["last"]
    # windows 5, 7 and 9 end with the rows 8, 10 and 12
    np.testing.assert_array_equal(first.get_xdata(), [9, 10, 10, 11, 12, 12, 13, 14, 14])
    nan = np.nan
    np.testing.assert_array_equal(first.get_ydata(), [64, 64, nan, 100, 100, nan, 144, 144, nan])
    np.testing.assert_array_equal(second.get_ydata(), [196, 196, nan])
    (span,) = display.fold_spans_  # the second of two is not shaded
    assert (span.get_x(), span.get_x() + span.get_width()) == (9, 14)
    assert legend_labels(display.ax_[0]) == ["every second fold", "series", "last", "drift"]
    assert display.ax_[0].get_xlabel() == "row of the series"


def test_errors_by_step_ahead_are_means_over_folds(result):
    display = result.plot()
    # from row o to o + 1 the squares grow by 2 o + 1, to o + 2 by 4 o + 4
    folds = np.arange(8, 13), np.arange(14, 16)
    expected = [np.mean([2 * np.mean(rows) + 1 for rows in folds]),
                np.mean([4 * np.mean(rows) + 4 for rows in folds])]  # fmt: skip
    np.testing.assert_allclose(display.error_lines_["last"].get_ydata(), expected)
    np.testing.assert_array_equal(display.error_lines_["last"].get_xdata(), [1, 2])
    assert display.ax_[1].get_ylabel() == "mean absolute error"
    assert display.ax_[1].get_ylim()[0] == 0


def test_dates_and_a_choice_of_windows():
    result = backtest(MODELS, X, Y, cv=FOLDS, origins=ORIGINS, index=SERIES.index)
    display = result.plot(windows=ORIGINS < 14, n_shown=1)
    first, second = display.forecast_lines_["last"]
    expected = np.array(["2024-10-01", "2024-11-01", "2024-11-01"], dtype="datetime64[D]")
    np.testing.assert_array_equal(mdates.date2num(first.get_xdata()), mdates.date2num(expected))
    assert len(second.get_xdata()) == 0  # none of these windows is in the second fold
    assert display.ax_[0].get_xlabel() == "time"
    with pytest.raises(ValueError, match="True for those of the 15 windows"):
        result.plot(windows=[0, 1])


def test_one_step_ahead_is_one_line():
    result = backtest(NaiveForecaster(), X, Y[:, 0], cv=FOLDS, origins=ORIGINS)
    first, _ = result.plot().forecast_lines_["naiveforecaster"]
    np.testing.assert_array_equal(first.get_xdata(), np.arange(9, 14))
    np.testing.assert_array_equal(first.get_ydata(), np.arange(8, 13) ** 2)


def test_one_of_several_targets_is_drawn():
    windows, targets = np.concatenate([X, 10 * X], axis=2), np.hstack([Y, 10 * Y])
    forecaster = NaiveForecaster(target=[0, 1])
    result = backtest(forecaster, windows, targets, cv=FOLDS, target_names=["load", "price"])
    display = BacktestDisplay.from_result(result, target="price", n_shown=1)
    assert display.ax_[0].get_ylabel() == "price"
    first, _ = display.forecast_lines_["naiveforecaster"]
    np.testing.assert_array_equal(first.get_ydata(), [640, 640, np.nan])
    assert display.series_line_.get_ydata()[0] == 10 * Y[0, 0]
    load = BacktestDisplay.from_result(result)
    assert load.error_lines_["naiveforecaster"].get_ydata()[0] * 10 == pytest.approx(
        display.error_lines_["naiveforecaster"].get_ydata()[0]
    )
    with pytest.raises(ValueError, match=r"'heat' was not forecast.*\['load', 'price'\]"):
        result.plot(target="heat")


def test_a_choice_of_estimators(result, legend_labels):
    display = result.plot(estimators=["drift"])
    assert list(display.forecast_lines_) == list(display.error_lines_) == ["drift"]
    assert legend_labels(display.ax_[0])[-1] == "drift"
    with pytest.raises(ValueError, match=r"\['ridge'\] must be names.*\['last', 'drift'\]"):
        result.plot(estimators=["ridge"])
