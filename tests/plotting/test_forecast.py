"""Forecasts: the lines, their dates, and the error at each step ahead."""

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import pytest

from sklstm import ARCHITECTURES, LSTMRegressor, make_windows
from sklstm.plotting import ForecastDisplay


def test_forecasts_begin_at_their_origins():
    series = np.arange(50.0) ** 2
    origins = np.array([20, 25, 30, 35, 40])
    forecasts = series[origins, np.newaxis] + [[1.0, 2.0, 3.0]]
    display = ForecastDisplay.from_predictions(series, origins, forecasts, n_shown=2, context=5)
    first, last = display.forecast_lines_
    np.testing.assert_array_equal(first.get_xdata(), [20, 21, 22, 23])
    np.testing.assert_array_equal(first.get_ydata(), [400, 401, 402, 403])
    np.testing.assert_array_equal(last.get_xdata(), [40, 41, 42, 43])
    shown = display.series_line_.get_xdata()
    assert (shown[0], shown[-1]) == (15, 43)
    edges = [(s.get_x(), s.get_x() + s.get_width()) for s in display.horizon_spans_]
    assert edges == [(20, 23), (40, 43)]


@pytest.mark.parametrize(
    "as_index",
    [
        lambda dates: dates,
        lambda dates: dates.to_period("M"),
        lambda dates: dates.tz_localize("Europe/Paris"),
    ],
)
def test_dates_are_on_the_axis_beyond_the_end_too(as_index):
    index = as_index(pd.date_range("2020-01-01", periods=24, freq="MS"))
    series = pd.Series(np.arange(24.0), index=index, name="load")
    display = ForecastDisplay.from_predictions(series, [23], [[24.0, 25.0]])
    (line,) = display.forecast_lines_
    expected = np.array(["2021-12-01", "2022-01-01", "2022-02-01"], dtype="datetime64[D]")
    np.testing.assert_array_equal(mdates.date2num(line.get_xdata()), mdates.date2num(expected))
    assert display.ax_.get_ylabel() == "load" and display.ax_.get_xlabel() == "time"


def test_an_index_of_names_is_no_time():
    series = pd.Series([1.0, 2.0, 3.0], index=["a", "b", "c"])
    (line,) = ForecastDisplay.from_predictions(series, [1], [[2.5]]).forecast_lines_
    np.testing.assert_array_equal(line.get_xdata(), [1, 2])


def test_the_error_of_each_step_ahead():
    """By hand: errors 1 and 3 one step ahead, 2 two steps ahead; the last outcome is unknown."""
    series = [0.0, 1.0, 2.0, 3.0]
    display = ForecastDisplay.from_predictions(series, [1, 2], [[3.0, 5.0], [6.0, 9.0]])
    np.testing.assert_allclose(display.error_by_horizon("mae"), [2.0, 2.0])
    np.testing.assert_allclose(display.error_by_horizon(), [np.sqrt(5.0), 2.0])
    drawn = display.plot_error_by_horizon(metric="mae").error_line_
    np.testing.assert_array_equal(drawn.get_xdata(), [1, 2])
    np.testing.assert_allclose(drawn.get_ydata(), [2.0, 2.0])
    unknown = ForecastDisplay.from_predictions(series, [3], [[1.0]])
    assert np.isnan(unknown.error_by_horizon()).all()
    with pytest.raises(ValueError, match="'rmse' or 'mae'"):
        display.error_by_horizon("r2")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_an_estimator_forecasts_for_its_display(arch):
    series = np.sin(np.arange(60) / 3)
    windows, targets, origins = make_windows(series, lookback=8, horizon=3, return_origins=True)
    model = LSTMRegressor(arch, units=3, epochs=3, random_state=0).fit(windows, targets)
    display = ForecastDisplay.from_estimator(model, windows, series, origins)
    np.testing.assert_array_equal(display.forecasts, model.predict(windows))
    assert len(display.forecast_lines_) == 4


@pytest.mark.parametrize(
    ("series", "origins", "message"),
    [
        (np.zeros((5, 3)), [1], "2 columns, which cannot be the steps of each of 3 targets"),
        (np.zeros((5, 0)), [1], "each of 0 targets"),
        (np.zeros((5, 2, 1)), [1], r"one column, or one per target, got shape \(5, 2, 1\)"),
        (np.zeros(5), [1, 2], "as many origins"),
        (np.zeros(5), [5], "rows of the series"),
        (np.zeros(5), [1.0], "rows of the series"),
    ],
)
def test_forecasts_that_fit_nowhere_are_refused(series, origins, message):
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_predictions(series, origins, [[1.0, 2.0]])


def test_forecasts_of_two_models_lie_in_one_picture(legend_labels):
    series = np.arange(30.0)
    origins = [9, 19]
    first = ForecastDisplay.from_predictions(series, origins, [[10, 11], [20, 21]], name="ours")
    other = ForecastDisplay.from_predictions(
        series,
        origins,
        [[9, 9], [19, 19]],
        ax=first.ax_,
        name="last value",
        plot_series=False,
        curve_kwargs={"color": "black"},
    )
    assert sorted(legend_labels(other.ax_)) == ["horizon", "last value", "ours", "series"]
    assert other.forecast_lines_[0].get_color() == "black"
    assert other.forecast_lines_[1].get_ydata().tolist() == [19, 19, 19]
    assert len(first.ax_.lines) == 1 + 2 + 2  # the series once


def test_errors_of_two_models_lie_in_one_picture(legend_labels):
    series = np.arange(30.0)
    good = ForecastDisplay.from_predictions(series, [9], [[11, 12]])
    bad = ForecastDisplay.from_predictions(series, [9], [[60, 61]])
    good.plot_error_by_horizon(name="good")
    bad.plot_error_by_horizon(ax=good.ax_, name="bad", curve_kwargs={"color": "black"})
    assert bad.error_line_.get_ydata().tolist() == [50, 50]
    assert good.ax_.get_ylim()[0] == 0
    assert good.ax_.get_ylim()[1] > 50  # the larger error is not cut off
    assert legend_labels(bad.ax_) == ["good", "bad"]


def test_one_step_ahead_is_named_so():
    display = ForecastDisplay.from_predictions(np.arange(9.0), [4], [5.0])
    assert display.forecast_lines_[0].get_label() == "forecast, 1 step ahead"


@pytest.mark.parametrize("container", [pd.DataFrame, lambda data, **_: data])
def test_several_targets_are_drawn_apart(container, legend_labels):
    """Errors by hand: of load 1 and 2, of price 0 and 10, one and two steps ahead."""
    series = container(
        np.column_stack([np.arange(30.0), 100 * np.arange(30.0)]),
        columns=["load", "price"],
        index=pd.date_range("2024-01-01", periods=30),
    )
    forecasts = [[11, 13, 1000, 1110], [21, 23, 2000, 2110]]
    display = ForecastDisplay.from_predictions(series, [9, 19], forecasts)
    assert len(display.axes_) == len(display.series_lines_) == 2
    drawn = [line.get_ydata().tolist() for line in display.forecast_lines_]
    assert drawn == [[9, 11, 13], [19, 21, 23], [900, 1000, 1110], [1900, 2000, 2110]]
    assert [line.axes for line in display.forecast_lines_] == [*display.axes_.repeat(2)]
    assert display.series_lines_[1].get_ydata().max() > 2000
    assert len(display.horizon_spans_) == 4
    assert legend_labels(display.ax_) == ["forecast, 2 steps ahead", "series", "horizon"]
    names = ["load", "price"] if isinstance(series, pd.DataFrame) else ["target 1", "target 2"]
    assert [ax.get_ylabel() for ax in display.axes_] == names
    np.testing.assert_allclose(display.error_by_horizon("mae"), [[1, 2], [0, 10]])
    display.plot_error_by_horizon(metric="mae")
    assert [line.get_ydata().tolist() for line in display.error_lines_] == [[1, 2], [0, 10]]
    assert [ax.get_ylabel() for ax in display.axes_] == [f"MAE of {name}" for name in names]


def test_two_models_of_two_targets_lie_in_one_picture():
    series = np.arange(60.0).reshape(30, 2)
    first = ForecastDisplay.from_predictions(series, [9], [[20, 21]])
    other = ForecastDisplay.from_predictions(
        series, [9], [[18, 19]], ax=first.axes_, plot_series=False
    )
    assert [len(ax.lines) for ax in other.axes_] == [3, 3]
    with pytest.raises(ValueError, match="ax must be 2 Axes"):
        ForecastDisplay.from_predictions(series, [9], [[18, 19]], ax=first.ax_)
