import matplotlib.dates
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklstm.plotting import IntervalDisplay

DATES = pd.date_range("2020-01", periods=5, freq="MS")
SERIES = pd.Series([3.0, 5.0, 4.0], DATES[:3], name="load")
FORECAST = pd.DataFrame(
    {
        "load": [6.0, 7.0],
        "load_lower_80": [5.0, 5.5],
        "load_upper_80": [7.0, 9.0],
        "load_lower_97.5": [4.0, 3.0],
        "load_upper_97.5": [8.0, 12.0],
    },
    DATES[3:],
)


def edges(band):
    """The lower and the upper edge of a band, by time."""
    vertices = np.unique(band.get_paths()[0].vertices, axis=0)
    return [
        [float(min(vertices[vertices[:, 0] == t, 1])), float(max(vertices[vertices[:, 0] == t, 1]))]
        for t in np.unique(vertices[:, 0])
    ]


def test_bands_open_from_the_end_of_the_series():
    display = IntervalDisplay.from_forecast(FORECAST, SERIES, context=2, name="network")
    (series,), (line,) = display.series_lines_, display.forecast_lines_
    assert_array_equal(series.get_ydata(), [5, 4])
    assert_array_equal(line.get_ydata(), [4, 6, 7])
    assert_array_equal(line.get_xdata(), DATES[2:].to_numpy())
    (bands,) = display.bands_
    assert list(bands) == [97.5, 80.0]  # the wide one first, so that it hides nothing
    assert edges(bands[80.0]) == [[4, 4], [5, 7], [5.5, 9]]
    assert edges(bands[97.5]) == [[4, 4], [4, 8], [3, 12]]
    first = bands[80.0].get_paths()[0].vertices[:, 0].min()
    assert first == matplotlib.dates.date2num(DATES[2])
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["series", "97.5 % interval", "80 % interval", "network"]
    assert display.ax_.get_ylabel() == "load"


def test_targets_have_axes_of_their_own():
    both = FORECAST.assign(price=[1.0, 2.0], price_lower_80=[0.0, 1.0], price_upper_80=[3.0, 4.0])
    table = SERIES.to_frame().assign(price=[0.5, 0.6, 0.7], other=0.0)
    display = IntervalDisplay.from_forecast(both, table)
    assert [axes.get_ylabel() for axes in display.axes_] == ["load", "price"]
    assert_array_equal(display.forecast_lines_[1].get_ydata(), [0.7, 1, 2])
    assert list(display.bands_[1]) == [80.0]
    with pytest.raises(ValueError, match=r"series has no column 'price'.*\['load'\]"):
        IntervalDisplay.from_forecast(both, SERIES.to_frame())
    with pytest.raises(ValueError, match="one series, but 2 targets"):
        IntervalDisplay.from_forecast(both, SERIES)


@pytest.mark.parametrize("convert", [pd.Series.to_period, lambda s: s.tz_localize("Asia/Tokyo")])
def test_periods_and_time_zones_are_drawn_as_local_dates(convert):
    display = IntervalDisplay.from_forecast(convert(FORECAST["load"]).to_frame(), convert(SERIES))
    (series,), (line,) = display.series_lines_, display.forecast_lines_
    assert_array_equal(np.asarray(series.get_xdata(), "M8[ns]"), DATES[:3].to_numpy("M8[ns]"))
    assert_array_equal(np.asarray(line.get_xdata(), "M8[ns]"), DATES[2:].to_numpy("M8[ns]"))


def test_a_target_may_be_called_like_a_bound():
    forecast = pd.DataFrame({"bridge_upper_1": [1.0, 2.0]}, index=[7, 8])
    display = IntervalDisplay.from_forecast(forecast)
    assert display.series_lines_ == [] and display.bands_ == [{}]
    (line,) = display.forecast_lines_
    assert_array_equal(line.get_xydata(), [[7, 1], [8, 2]])


def test_one_series_at_a_time():
    index = pd.MultiIndex.from_product([["north", "south"], DATES[3:]])
    panel = pd.DataFrame({"load": np.arange(4.0)}, index)
    with pytest.raises(ValueError, match=r"several series.*forecast\.loc\['north'\]"):
        IntervalDisplay.from_forecast(panel)
    display = IntervalDisplay.from_forecast(panel.loc["south"])
    assert_array_equal(display.forecast_lines_[0].get_ydata(), [2, 3])
