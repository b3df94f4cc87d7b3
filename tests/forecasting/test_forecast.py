import re

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge

from sklstm import Forecaster, make_windows
from sklstm.windowing import last_window

pd = pytest.importorskip("pandas")

MONTHS = pd.date_range("2020-01", periods=24, freq="MS", name="month")
LOAD = pd.Series(100 + 2 * np.arange(24.0), MONTHS, name="load")


def fitted(series, y=None, *, lookback=4, horizon=3, groups=None, future=None, **params):
    X, Y = make_windows(series, y, lookback=lookback, horizon=horizon, groups=groups, future=future)
    params = {"baseline": "last", **params}
    return Forecaster(params.pop("regressor", DummyRegressor()), **params).fit(X, Y)


@pytest.fixture(scope="module")
def trend():
    """A forecaster that continues the slope of its training series, 2 per step."""
    return fitted(LOAD)


# --- a series ------------------------------------------------------------------------------


def test_dates_go_on_as_far_as_asked(trend):
    for steps in (None, 2, 8):
        forecast = trend.forecast(LOAD, steps)
        dates = pd.date_range("2022-01", periods=steps or 3, freq="MS", name="month")
        expected = pd.DataFrame({"load": 148 + 2 * np.arange(len(dates), dtype=float)}, dates)
        pd.testing.assert_frame_equal(forecast, expected)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (pd.date_range("2020-01-31", periods=24, freq="ME"), ["2022-01-31", "2022-02-28"]),
        (pd.date_range("2020-01-15", periods=24, freq=pd.DateOffset(months=1)), ["2022-01-15"]),
        (pd.bdate_range("2024-01-01", periods=24), ["2024-02-02", "2024-02-05"]),
        (pd.period_range("2020-03", periods=24, freq="Q"), [pd.Period("2026Q1", "Q")]),
        (pd.timedelta_range("0h", periods=24, freq="2h"), [pd.Timedelta("48h")]),
        (pd.RangeIndex(5, 5 + 48, 2), [53, 55]),
        (np.arange(24) / 4, [6.0, 6.25]),
        (MONTHS.date, ["2022-01-01", "2022-02-01"]),
        (list("abcdefghijklmnopqrstuvwx"), [24, 25]),
    ],
)
@pytest.mark.parametrize("with_freq", [True, False])
def test_all_kinds_of_index_go_on(trend, index, expected, with_freq):
    index = pd.Index(index)
    if not with_freq and isinstance(index, pd.DatetimeIndex):
        if index.freqstr == "B":
            return  # weekends are gaps unless the index says that there are none
        index = pd.DatetimeIndex(index.to_numpy())
    forecast = trend.forecast(pd.Series(LOAD.to_numpy(), index), 3)
    assert forecast.index[: len(expected)].tolist() == type(forecast.index)(expected).tolist()
    assert forecast.columns.tolist() == ["x0"]


def test_arrays_and_the_only_date(trend):
    assert trend.forecast(LOAD.to_numpy()).index.tolist() == [24, 25, 26]
    short = fitted(LOAD, lookback=1)
    assert short.forecast(LOAD[:2].asfreq("MS"), 1).index[0] == pd.Timestamp("2020-03-01")
    with pytest.raises(ValueError, match="a single time, 2020-01-01"):
        short.forecast(pd.Series([1.0], pd.DatetimeIndex(["2020-01-01"])))


def test_intervals_have_columns_of_their_own():
    noisy = LOAD + np.random.default_rng(0).normal(size=24)
    X, Y = make_windows(noisy, lookback=4, horizon=3)
    forecaster = Forecaster(Ridge(), calibration_fraction=0.5).fit(X, Y)
    forecast = forecaster.forecast(noisy, 2, coverage=(0.5, 0.875))
    names = ["load", "load_lower_50", "load_upper_50", "load_lower_87.5", "load_upper_87.5"]
    assert forecast.columns.tolist() == names
    interval = forecaster.predict_interval(last_window(noisy, 4), (0.5, 0.875))
    np.testing.assert_array_equal(forecast.iloc[:, 1:].to_numpy(), interval[0, :2].reshape(2, 4))
    assert forecaster.forecast(noisy, coverage=0.5).shape == (3, 3)
    with pytest.raises(ValueError, match=r"intervals of 4 steps, but the errors .* for 3 only"):
        forecaster.forecast(noisy, 4, coverage=0.5)


def test_beyond_the_horizon_forecasts_are_forecast_from():
    """A recursion x[t] = x[t-1] - x[t-2], whose values are known as far as one likes."""
    series = np.tile([1.0, 3.0, 2.0, -1.0, -3.0, -2.0], 10)
    exact = dict(regressor=LinearRegression(), baseline=None)
    forecaster = fitted(series, lookback=3, horizon=2, **exact)
    forecast = forecaster.forecast(series[:32], 13)
    np.testing.assert_allclose(forecast["x0"], series[32:45], atol=1e-9)


def test_several_targets_feed_each_other():
    slow, fast = np.arange(30.0), 5 * np.arange(30.0)
    frame = pd.DataFrame({"fast": fast, "slow": slow})
    X, Y = make_windows(frame, ["slow", "fast"], lookback=3, horizon=2)
    forecaster = Forecaster(
        DummyRegressor(), target=["slow", "fast"], feature_names=["fast", "slow"], baseline="last"
    ).fit(X, Y)
    forecast = forecaster.forecast(frame, 5)
    assert forecast.columns.tolist() == ["slow", "fast"]
    np.testing.assert_allclose(forecast["slow"], 30 + np.arange(5))
    np.testing.assert_allclose(forecast["fast"], 150 + 5 * np.arange(5))
    forecaster.calibrate(X[:9], Y[:9] + np.repeat([1, 7], 2) * np.arange(9)[:, np.newaxis])
    widths = forecaster.forecast(frame, coverage=0.5).diff(axis=1)
    np.testing.assert_allclose(widths["slow_upper_50"], 2 * 4)
    np.testing.assert_allclose(widths["fast_upper_50"], 2 * 28)
    with pytest.raises(ValueError, match=r"\['slow', 'fast'\], but the features of .* begin with"):
        forecaster.forecast(frame[["slow", "fast"]])


# --- known futures -------------------------------------------------------------------------


def priced(n_rows, seed=0):
    """Load is 10 less twice the price of the day, which is planned."""
    price = np.random.default_rng(seed).normal(size=n_rows)
    days = pd.date_range("2024-01-01", periods=n_rows)
    return pd.DataFrame({"load": 10 - 2 * price, "price": price}, days)


@pytest.fixture(scope="module")
def planned():
    return fitted(
        priced(200)[:188],
        "load",
        lookback=4,
        future=["price"],
        regressor=LinearRegression(),
        baseline=None,
    )


def test_what_is_known_of_the_future_is_used(planned):
    frame = priced(200)
    for steps, n_known in ((None, 3), (7, 9), (9, 12)):
        forecast = planned.forecast(
            frame[:188], steps, future=frame[["price"]][188 : 188 + n_known]
        )
        pd.testing.assert_frame_equal(
            forecast, frame[["load"]][188 : 188 + (steps or 3)], check_freq=False
        )
    array = planned.forecast(
        frame[:188].to_numpy(), future=frame["price"].to_numpy()[188:191], future_columns=1
    )
    np.testing.assert_allclose(array["load"], frame["load"][188:191])


def test_intervals_with_a_known_future_whose_names_are_known():
    frame = priced(60)
    forecaster = fitted(
        frame[:57], "load", future=["price"], regressor=Ridge(), calibration_fraction=0.5
    )
    ahead = frame[["price"]].iloc[57:]
    forecast = forecaster.forecast(frame[:57], future=ahead, coverage=0.5)
    window = last_window(frame[:57], 4, future=ahead)
    interval = forecaster.predict_interval(window, 0.5)
    np.testing.assert_array_equal(forecast.iloc[:, 1:], interval[0])


def test_missing_futures(planned):
    frame = priced(200)
    past, price = frame[:188], frame[["price"]][188:]
    with pytest.raises(
        ValueError, match=r"2 column\(s\) and future 0, but the windows of fit .* 3"
    ):
        planned.forecast(past)
    with pytest.raises(ValueError, match=r"take 2 horizon.* needs 6 rows .*, but has 5"):
        planned.forecast(past, 4, future=price[:5])
    with pytest.raises(ValueError, match="must continue those of X"):
        planned.forecast(past, future=price[1:4])
    unplanned = fitted(past, "load")
    with pytest.raises(ValueError, match=re.escape("columns [1] are neither forecast nor known")):
        unplanned.forecast(past, 4)
    assert len(unplanned.forecast(past, 3)) == 3


# --- several series ------------------------------------------------------------------------


def shops():
    """Three series of different length, level and end, in interleaved rows."""
    parts = [
        pd.DataFrame({"shop": shop, "sales": level + 2 * np.arange(n_rows), "month": months})
        for shop, level, n_rows, months in (
            ("b", 100.0, 9, MONTHS[:9]),
            ("a", 1e6, 24, MONTHS),
            ("c", 5.0, 4, MONTHS[2:6]),
        )
    ]
    frame = pd.concat(parts).sort_values(["month", "shop"], ascending=[True, False])
    return frame.set_index("month")


def test_many_series_at_once(trend):
    frame = shops()
    for steps in (None, 7):
        forecast = trend.forecast(frame["sales"], steps, groups=frame["shop"])
        assert forecast.index.names == ["shop", "month"]
        assert forecast.index.get_level_values(0).unique().tolist() == ["b", "a", "c"]
        for shop, start, first in (("b", 118, 9), ("a", 1e6 + 48, 24), ("c", 13, 6)):
            dates = pd.date_range("2020-01", periods=40, freq="MS")[first : first + (steps or 3)]
            assert forecast.loc[shop].index.tolist() == dates.tolist()
            expected = start + 2 * np.arange(steps or 3)
            np.testing.assert_allclose(forecast.loc[shop, "sales"], expected)
    weeks = MONTHS[:1].append(pd.date_range("2020-01-08", periods=23, freq="7D"))
    mixed = pd.concat([LOAD, LOAD.set_axis(weeks)])
    forecast = trend.forecast(mixed, 1, groups=np.repeat(["months", "weeks"], 24))
    ends = [pd.Timestamp("2022-01-01"), weeks[-1] + pd.Timedelta(days=7)]
    assert forecast.index.get_level_values(1).tolist() == ends
    unnamed = trend.forecast(frame["sales"].to_numpy(), groups=frame["shop"].to_numpy())
    assert unnamed.index.names == ["series", "time"]
    assert unnamed.loc["c"].index.tolist() == [4, 5, 6]


def test_futures_of_many_series(planned):
    first, second = priced(50, seed=1), priced(60, seed=2)
    past = pd.concat([first[:-6], second[:-6]])
    price = pd.concat([second[["price"]][-6:], first[["price"]][-6:]])
    forecast = planned.forecast(
        past, 6, groups=np.repeat([1, 2], [44, 54]), future=price, future_groups=[2] * 6 + [1] * 6
    )
    np.testing.assert_allclose(forecast.loc[1, "load"], first["load"][-6:])
    np.testing.assert_allclose(forecast.loc[2, "load"], second["load"][-6:])
    with pytest.raises(ValueError, match="1 has fewer: 5"):
        planned.forecast(
            past,
            groups=np.repeat([1, 2], [44, 54]),
            future=price[:-1],
            future_groups=[2] * 6 + [1] * 5,
        )


def test_errors_name_the_series(trend):
    frame = shops()
    short = frame[(frame["shop"] != "c") | (frame["sales"] > 5)]
    with pytest.raises(ValueError, match=r"1 of 3 groups have fewer than the lookback=4.*: 'c'"):
        trend.forecast(short["sales"], groups=short["shop"])
    logarithmic = fitted(LOAD, log=True)
    sales = frame["sales"].where(frame["sales"] != 11, -1)
    with pytest.raises(ValueError, match="target 0 is -1 in series 'c', time step 3"):
        logarithmic.forecast(sales, groups=frame["shop"])
    with pytest.raises(ValueError, match=r"The 'steps' parameter of Forecaster.forecast must be"):
        trend.forecast(LOAD, 0)
