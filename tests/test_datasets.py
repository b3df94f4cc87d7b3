"""The series that ship with the package, and the generators."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklstm.datasets import load_co2, load_elnino, load_sunspots, make_barcodes, make_series
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


def test_module_needs_only_numpy_and_scikit_learn():
    script = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'pandas', 'statsmodels'):\n"
        "    sys.modules[name] = None  # importing it raises ImportError\n"
        "from sklstm.datasets import load_co2, make_barcodes, make_series\n"
        "print(load_co2().data.shape, make_barcodes()[0].shape, make_series().shape)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "(526, 1) (1000, 500, 4) (1000,)"


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
    """Highest in May, lowest in September or October, rising by 1 to 1.5 ppm a year."""
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


# make_barcodes
# -------------


def _bases(X):
    """Sequences as integers 0 to 3."""
    return X.argmax(axis=2)


def test_barcodes_default_is_the_lecture_example():
    X, y = make_barcodes(random_state=0)
    assert X.shape == (1000, 500, 4)
    assert y.shape == (1000,)
    assert X.dtype == np.float32
    assert y.dtype == np.int64
    assert_array_equal(np.unique(y), [0, 1, 2])


def test_barcodes_are_one_hot():
    X, _ = make_barcodes(n_samples=50, length=80, variation=0.5, random_state=0)
    assert_array_equal(np.unique(X), [0, 1])
    assert_array_equal(X.sum(axis=2), np.ones((50, 80)))


def test_barcodes_use_all_bases_equally():
    X, _ = make_barcodes(1, 1, 100_000, divergence=0, variation=0, random_state=0)
    # standard error of a fraction of 1/4 among 100,000: 0.0014
    assert_allclose(X.mean(axis=(0, 1)), 0.25, rtol=0, atol=5 * 0.0014)


@pytest.mark.parametrize(
    ("n_samples", "n_classes", "counts"),
    [(9, 3, [3, 3, 3]), (10, 4, [2, 2, 3, 3]), (5, 1, [5]), (7, 7, [1] * 7)],
)
def test_barcodes_classes_are_balanced(n_samples, n_classes, counts):
    _, y = make_barcodes(n_samples, n_classes, 5, random_state=0)
    assert sorted(np.bincount(y)) == counts


def test_barcodes_classes_come_in_random_order():
    _, y = make_barcodes(300, 3, 5, random_state=0)
    neighbours_equal = np.mean(y[1:] == y[:-1])
    # sorted labels would give 0.99, labels in turn 0; standard error 0.027
    assert abs(neighbours_equal - 1 / 3) < 5 * 0.027


def test_barcodes_random_state():
    X, y = make_barcodes(20, 2, 30, random_state=7)
    X_same, y_same = make_barcodes(20, 2, 30, random_state=np.random.RandomState(7))
    X_other, _ = make_barcodes(20, 2, 30, random_state=8)
    assert_array_equal(X, X_same)
    assert_array_equal(y, y_same)
    assert (X_other != X).any()


@pytest.mark.parametrize(
    ("n_classes", "divergence", "variation", "expected"),
    [
        # one species, 0.1 to each individual: 3/4 (1 - exp(-0.8 / 3))
        (1, 0.3, 0.1, 0.175554),
        # two species without variation, 0.3 to each: 3/4 (1 - exp(-0.8))
        (2, 0.3, 0.0, 0.413003),
        # both branches: 2 (0.1 + 0.05) = 0.3 in all, 3/4 (1 - exp(-0.4))
        (2, 0.1, 0.05, 0.247260),
        # far apart, nothing but chance makes two bases equal
        (2, 100.0, 0.0, 0.75),
    ],
)
def test_barcodes_differ_as_jukes_and_cantor_have_it(n_classes, divergence, variation, expected):
    length = 100_000
    X, _ = make_barcodes(
        2, n_classes, length, divergence=divergence, variation=variation, random_state=0
    )
    one, other = _bases(X)
    standard_error = np.sqrt(expected * (1 - expected) / length)
    assert abs(np.mean(one != other) - expected) < 5 * standard_error


def test_barcodes_substitute_each_other_base_equally():
    X, _ = make_barcodes(2, 2, 200_000, divergence=0.3, variation=0, random_state=0)
    one, other = _bases(X)
    joint = np.zeros((4, 4))
    np.add.at(joint, (one, other), 1 / 200_000)
    # 12 kinds of substitution share 0.413003, 4 kinds of agreement the rest
    expected = np.full((4, 4), 0.413003 / 12)
    np.fill_diagonal(expected, (1 - 0.413003) / 4)
    # the largest standard error is sqrt(0.1467 * 0.8533 / 200,000) = 0.0008
    assert_allclose(joint, expected, rtol=0, atol=5 * 0.0008)


def test_barcodes_are_closer_within_a_species_than_between():
    X, y = make_barcodes(60, 3, 500, random_state=0)
    bases = _bases(X)
    differ = np.mean(bases[:, np.newaxis] != bases[np.newaxis], axis=2)
    same = y[:, np.newaxis] == y[np.newaxis]
    pairs = ~np.eye(60, dtype=bool)
    assert differ[same & pairs].max() < differ[~same].min()
    # p(0.04) = 0.03895 and p(0.24) = 0.20539, the latter from three pairs of species only
    assert differ[same & pairs].mean() == pytest.approx(0.03895, abs=0.004)
    assert differ[~same].mean() == pytest.approx(0.20539, abs=0.05)


def test_barcodes_without_variation_are_their_species():
    X, y = make_barcodes(30, 3, 200, variation=0, random_state=0)
    for species in range(3):
        assert len(np.unique(_bases(X[y == species]), axis=0)) == 1
    assert len(np.unique(_bases(X), axis=0)) == 3


def test_barcodes_without_any_distance_are_the_root():
    X, _ = make_barcodes(30, 3, 200, divergence=0, variation=0, random_state=0)
    assert len(np.unique(_bases(X), axis=0)) == 1


@pytest.mark.parametrize(
    "invalid",
    [
        {"n_samples": 0},
        {"n_samples": 2.5},
        {"n_classes": 0},
        {"length": 0},
        {"divergence": -0.1},
        {"variation": -0.1},
        {"variation": np.nan},
        {"random_state": "seed"},
    ],
    ids=str,
)
def test_barcodes_refuse_invalid_parameters(invalid):
    (name,) = invalid
    with pytest.raises(ValueError, match=f"The '{name}' parameter of make_barcodes must be"):
        make_barcodes(**invalid)


# make_series
# -----------


def test_series_without_noise_worked_out_by_hand():
    y = make_series(5, period=4, amplitude=2, trend=0.5, noise=0)
    # 0.5 t + 2 (0, 1, 0, -1, 0)
    assert y.dtype == np.float64
    assert_allclose(y, [0, 2.5, 1, -0.5, 2], atol=1e-14)


def test_series_of_two_sinusoids_worked_out_by_hand():
    y = make_series(5, period=[4, 8], amplitude=[1, 2], noise=0)
    # (0, 1, 0, -1, 0) + 2 (0, sqrt(1/2), 1, sqrt(1/2), 0)
    assert_allclose(y, [0, 1 + np.sqrt(2), 2, np.sqrt(2) - 1, 0], atol=1e-14)


def test_series_single_amplitude_serves_every_period():
    together = make_series(50, period=[4, 7.5, 20], amplitude=1.5, noise=0)
    apart = sum(make_series(50, period=p, amplitude=1.5, noise=0) for p in (4, 7.5, 20))
    assert_allclose(together, apart, atol=1e-14)


def test_series_default():
    y = make_series(random_state=0)
    assert y.shape == (1000,)
    residual = y - np.sin(2 * np.pi * np.arange(1000) / 24)
    # noise of standard deviation 0.1; its standard error is 0.1 / sqrt(2000)
    assert residual.std() == pytest.approx(0.1, abs=5 * 0.1 / np.sqrt(2000))


def test_series_components_add_up():
    arguments = dict(
        period=[5, 12], amplitude=[1, 3], trend=-0.2, autoregression=0.5, noise=2, random_state=0
    )
    parts = make_series(100, **arguments, return_components=True)
    t = np.arange(100)
    assert sorted(parts) == ["noise", "seasonal", "series", "trend"]
    assert all(part.shape == (100,) for part in parts.values())
    assert_allclose(parts.trend, -0.2 * t)
    assert_allclose(
        parts.seasonal,
        np.sin(2 * np.pi * t / 5) + 3 * np.sin(2 * np.pi * t / 12),
        atol=1e-12,
    )
    assert_allclose(parts.series, parts.trend + parts.seasonal + parts.noise)
    assert_array_equal(parts.series, make_series(100, **arguments))


@pytest.mark.parametrize("coefficient", [-0.6, 0.0, 0.8])
def test_series_noise_is_autoregressive(coefficient):
    n_steps, scale = 100_000, 0.3
    e = make_series(n_steps, amplitude=0, autoregression=coefficient, noise=scale, random_state=0)
    variance = scale**2 / (1 - coefficient**2)
    correlation = [np.mean(e[lag:] * e[: n_steps - lag]) / np.mean(e**2) for lag in (1, 2, 3)]
    # Bartlett: the standard error at any lag is below sqrt((1 + phi^2) / (1 - phi^2) / n)
    bound = 5 * np.sqrt((1 + coefficient**2) / (1 - coefficient**2) / n_steps)
    assert_allclose(correlation, coefficient ** np.arange(1, 4), rtol=0, atol=bound)
    assert np.mean(e**2) == pytest.approx(variance, rel=0.05)
    innovations = e[1:] - coefficient * e[:-1]
    # the standard error of a standard deviation: scale / sqrt(2 n)
    assert innovations.std() == pytest.approx(scale, rel=5 / np.sqrt(2 * n_steps))


def test_series_noise_is_stationary_from_its_first_step():
    rng = np.random.RandomState(0)
    noise = np.array(
        [
            make_series(3, amplitude=0, autoregression=0.9, noise=1, random_state=rng)
            for _ in range(4000)
        ]
    )
    # 1 / sqrt(1 - 0.81) = 2.2942, relative standard error 1 / sqrt(8000) = 0.0112
    assert_allclose(noise.std(axis=0), 2.2942, rtol=5 * 0.0112)


def test_series_random_state():
    y = make_series(50, random_state=3)
    assert_array_equal(y, make_series(50, random_state=np.random.RandomState(3)))
    assert (y != make_series(50, random_state=4)).any()


@pytest.mark.parametrize(
    "invalid",
    [
        {"n_steps": 0},
        {"period": 0},
        {"period": "daily"},
        {"amplitude": None},
        {"trend": np.inf},
        {"autoregression": 1},
        {"autoregression": -1.0},
        {"noise": -0.1},
        {"random_state": -1.5},
        {"return_components": "yes"},
    ],
    ids=str,
)
def test_series_refuses_invalid_parameters(invalid):
    (name,) = invalid
    with pytest.raises(ValueError, match=f"The '{name}' parameter of make_series must be"):
        make_series(**invalid)


@pytest.mark.parametrize(
    ("invalid", "message"),
    [
        ({"period": [4, 8], "amplitude": [1, 2, 3]}, r"got shapes \(2,\) and \(3,\)"),
        ({"period": 4, "amplitude": [1, 2]}, r"got shapes \(1,\) and \(2,\)"),
        ({"period": [[4, 8]]}, r"got shapes \(1, 2\) and \(1,\)"),
        ({"period": [4, -8]}, r"period must be positive, got \[4, -8\]"),
        ({"period": []}, "minimum of 1 is required"),
        ({"period": [4, np.nan]}, "Input period contains NaN"),
        ({"amplitude": np.inf}, "Input amplitude contains infinity"),
    ],
    ids=str,
)
def test_series_refuses_sinusoids_that_do_not_fit(invalid, message):
    with pytest.raises(ValueError, match=message):
        make_series(**invalid)
