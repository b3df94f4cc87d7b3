"""The real series: what the loaders return, and the numbers themselves."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklstm.datasets import load_co2, load_elnino, load_sunspots
from sklstm.windowing import make_windows


class Expected(NamedTuple):
    """What a loader has to return."""

    loader: Callable
    column: str
    length: int
    first: str
    last: str
    unit: str
    freq: str


SERIES = [
    Expected(load_co2, "co2", 526, "1958-03", "2001-12", "ppm", "MS"),
    Expected(load_elnino, "sst", 732, "1950-01", "2010-12", "degC", "MS"),
    Expected(load_sunspots, "sunspots", 309, "1700", "2008", "dimensionless", "YS"),
]
each_series = pytest.mark.parametrize("expected", SERIES, ids=lambda each: each.loader.__name__)
each_loader = pytest.mark.parametrize("loader", [load_co2, load_elnino, load_sunspots])


# The loaders
# -----------


@each_series
def test_loader_returns_the_series_as_arrays(expected):
    bunch = expected.loader()
    assert bunch.data.shape == (expected.length, 1)
    assert bunch.target.shape == (expected.length,)
    assert bunch.data.dtype == bunch.target.dtype == np.float64
    assert np.isfinite(bunch.data).all()
    assert_array_equal(bunch.data[:, 0], bunch.target)
    assert bunch.frame is None
    assert bunch.feature_names == [expected.column]
    assert bunch.target_name == expected.column
    assert bunch.unit == expected.unit
    assert Path(bunch.filename).name == expected.loader.__name__.removeprefix("load_") + ".csv"
    assert Path(bunch.filename).is_file()


@each_series
def test_time_has_no_gap(expected):
    resolution = {"MS": "M", "YS": "Y"}[expected.freq]
    time = expected.loader().time
    assert time.dtype == np.dtype(f"datetime64[{resolution}]")
    assert_array_equal(time, np.datetime64(expected.first) + np.arange(expected.length))
    assert time[-1] == np.datetime64(expected.last)


@each_series
def test_loader_returns_the_series_as_frame(expected):
    pd = pytest.importorskip("pandas", reason="as_frame=True needs pandas")
    bunch = expected.loader(as_frame=True)
    index = pd.date_range(expected.first, expected.last, freq=expected.freq)
    for part in (bunch.frame, bunch.data, bunch.target):
        assert_array_equal(part.index, index)
        assert part.index.freqstr.startswith(expected.freq)
    assert list(bunch.data.columns) == [expected.column]
    assert bunch.target.name == expected.column
    arrays = expected.loader()
    assert_array_equal(bunch.frame[expected.column], arrays.target)
    assert_array_equal(bunch.data, arrays.data)
    assert_array_equal(bunch.target, arrays.target)
    assert_array_equal(bunch.time, arrays.time)


@each_loader
@pytest.mark.parametrize("as_frame", [False, True])
def test_return_X_y(loader, as_frame):
    if as_frame:
        pytest.importorskip("pandas", reason="as_frame=True needs pandas")
    data, target = loader(return_X_y=True, as_frame=as_frame)
    bunch = loader(as_frame=as_frame)
    assert type(data) is type(bunch.data)
    assert type(target) is type(bunch.target)
    assert_array_equal(data, bunch.data)
    assert_array_equal(target, bunch.target)


@each_loader
def test_target_is_not_a_view_of_data(loader):
    data, target = loader(return_X_y=True)
    before = target.copy()
    data[:] = 0
    assert_array_equal(target, before)


@pytest.mark.parametrize("as_frame", [False, True])
@each_series
def test_series_can_be_windowed(expected, as_frame):
    if as_frame:
        pytest.importorskip("pandas", reason="as_frame=True needs pandas")
    data, target = expected.loader(return_X_y=True, as_frame=as_frame)
    X, Y = make_windows(data, target, lookback=24, horizon=12)
    values = expected.loader().target
    assert X.shape == (expected.length - 35, 24, 1)
    assert Y.shape == (expected.length - 35, 12)
    assert_array_equal(X[0, :, 0], values[:24])
    assert_array_equal(Y[-1], values[-12:])


@each_series
def test_description_gives_source_licence_and_unit(expected):
    description = expected.loader().DESCR
    for heading in ("**Source.**", "**Licence.** Public domain", "**Processing.**", "References"):
        assert heading in description
    assert f":Unit: {expected.unit}" in description
    assert f":Length: {expected.length} " in description
    assert f":Series: ``{expected.column}``" in description
    assert f"{expected.first[:4]} to " in description
    assert expected.last[:4] in description
    assert "statsmodels" in description
    assert "http://" in description


@each_loader
@pytest.mark.parametrize("argument", ["return_X_y", "as_frame"])
def test_loader_refuses_what_is_not_a_boolean(loader, argument):
    with pytest.raises(ValueError, match=f"The '{argument}' parameter of {loader.__name__}"):
        loader(**{argument: "yes"})


@each_loader
def test_as_frame_without_pandas(loader, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=f"{loader.__name__} with as_frame=True requires pandas"):
        loader(as_frame=True)


def test_data_need_only_numpy_and_scikit_learn(fresh_python):
    script = """
import sys
for name in ("tensorflow", "keras", "pandas", "statsmodels"):
    sys.modules[name] = None  # importing it raises ImportError
from sklstm.datasets import load_co2, make_barcodes, make_series
print(load_co2().data.shape, make_barcodes()[0].shape, make_series().shape)
"""
    assert fresh_python(script).stdout.strip() == "(526, 1) (1000, 500, 4) (1000,)"


# The numbers that ship
# ---------------------


def test_co2_months_worked_out_by_hand():
    """From the weekly values of the source, ppm."""
    co2 = load_co2()
    value = dict(zip(co2.time.astype(str).tolist(), co2.target.tolist(), strict=True))
    assert value["1958-03"] == 316.1  # a single week
    assert value["1958-04"] == pytest.approx((317.3 + 317.6 + 317.5 + 316.4) / 4)
    may = (316.9 + 317.5 + 317.9) / 3  # two weeks of five are missing
    july = (315.8 + 315.8 + 315.4 + 315.5) / 4
    assert value["1958-05"] == pytest.approx(may, abs=6e-4)
    assert value["1958-06"] == pytest.approx((may + july) / 2, abs=6e-4)
    # a gap of three months, between 319.4 in January and 322.0 in May: steps of 0.65
    assert value["1964-01"] == pytest.approx((319.0 + 319.4 + 319.8) / 3)
    assert value["1964-02"] == pytest.approx(320.05)
    assert value["1964-03"] == pytest.approx(320.70)
    assert value["1964-04"] == pytest.approx(321.35)
    assert value["1964-05"] == 322.0


def test_co2_flags_the_interpolated_months():
    co2 = load_co2()
    gaps = ["1958-06", "1958-10", "1964-02", "1964-03", "1964-04"]
    assert co2.interpolated.dtype == bool
    assert_array_equal(co2.time[co2.interpolated], np.array(gaps, dtype="datetime64[M]"))
    assert "5 months are interpolated" in co2.DESCR


def test_co2_frame_flags_the_interpolated_months():
    pytest.importorskip("pandas", reason="as_frame=True needs pandas")
    co2 = load_co2(as_frame=True)
    assert list(co2.frame.columns) == ["co2", "interpolated"]
    assert co2.frame["interpolated"].dtype == bool
    assert co2.frame["interpolated"].sum() == 5
    assert_array_equal(co2.frame["interpolated"], co2.interpolated)


def test_co2_season_and_trend():
    """Highest in May, lowest in September or October, rising by 1 to 1.5 ppm per year."""
    co2 = load_co2()
    years = co2.target[co2.time >= np.datetime64("1959-01")].reshape(43, 12)
    month_of_peak = np.bincount(years.argmax(axis=1), minlength=12).argmax() + 1
    month_of_trough = np.bincount(years.argmin(axis=1), minlength=12).argmax() + 1
    assert month_of_peak == 5
    assert month_of_trough in (9, 10)
    assert 1.0 < (years[-1].mean() - years[0].mean()) / 42 < 1.5


def test_elnino_known_months():
    elnino = load_elnino()
    assert elnino.target[0] == 23.11
    assert elnino.target[-1] == 22.07
    by_warmth = elnino.time[elnino.target.argsort()[::-1]].astype(str)
    assert by_warmth[0] == "1998-03"  # the El Niño of 1997-98
    assert elnino.target.max() == 29.24
    assert "1983-03" in by_warmth[:4]  # the one of 1982-83


def test_sunspots_known_years():
    sunspots = load_sunspots()
    assert sunspots.time[sunspots.target.argmax()] == np.datetime64("1957")  # cycle 19
    assert sunspots.target.max() == 190.2
    spotless = sunspots.time[sunspots.target == 0].astype(str).tolist()
    assert spotless == ["1711", "1712", "1810"]  # 1810: the Dalton minimum
    assert sunspots.target[0] == 5.0
    assert sunspots.target[-1] == 2.9


def test_sunspot_cycle_lasts_eleven_years():
    y = load_sunspots().target
    power = np.abs(np.fft.rfft(y - y.mean())) ** 2
    period = len(y) / power.argmax()
    assert 10.5 < period < 11.5


def _statsmodels_data(name):
    """The table that the shipped numbers come from."""
    pytest.importorskip("pandas", reason="statsmodels gives its data sets as pandas objects")
    reason = "statsmodels holds the data that the shipped numbers are compared with"
    datasets = pytest.importorskip("statsmodels.datasets", reason=reason)
    return getattr(datasets, name).load_pandas().data


def test_co2_equals_monthly_means_of_statsmodels():
    monthly = _statsmodels_data("co2")["co2"].resample("MS").mean()
    co2 = load_co2()
    assert_array_equal(co2.interpolated, monthly.isna())
    assert_allclose(co2.target, monthly.interpolate("linear"), rtol=0, atol=5.001e-4)


def test_elnino_equals_statsmodels():
    table = _statsmodels_data("elnino")
    elnino = load_elnino()
    assert_array_equal(elnino.target.reshape(61, 12), table.drop(columns="YEAR"))
    assert_array_equal(elnino.time[::12].astype(int) + 1970 * 12, table["YEAR"] * 12)


def test_sunspots_equal_statsmodels():
    table = _statsmodels_data("sunspots")
    sunspots = load_sunspots()
    assert_array_equal(sunspots.target, table["SUNACTIVITY"])
    assert_array_equal(sunspots.time.astype(int) + 1970, table["YEAR"])
