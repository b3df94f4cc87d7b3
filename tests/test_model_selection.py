import pickle
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit, cross_validate
from sklearn.pipeline import Pipeline

from sklstm.model_selection import PurgedTimeSeriesSplit
from sklstm.windowing import SlidingWindow, make_windows

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")


def splits(cv, n_windows, groups=None):
    return list(cv.split(np.zeros((n_windows, 2, 1)), groups=groups))


def assert_same_splits(got, expected):
    assert len(got) == len(expected)
    for got_fold, expected_fold in zip(got, expected, strict=True):
        for indices, expected_indices in zip(got_fold, expected_fold, strict=True):
            assert_array_equal(indices, expected_indices)


# Which windows train and which test


@pytest.mark.parametrize("max_train_size", [None, 1, 4, 100])
@pytest.mark.parametrize("test_size", [None, 1, 3])
@pytest.mark.parametrize("horizon", [1, 2, 5])
@pytest.mark.parametrize("n_splits", [2, 3, 5])
@pytest.mark.parametrize("n_windows", [6, 17, 40])
def test_one_series_as_time_series_split(n_windows, n_splits, horizon, test_size, max_train_size):
    X = np.zeros((n_windows, 1))
    sizes = {"test_size": test_size, "max_train_size": max_train_size}
    ours = PurgedTimeSeriesSplit(n_splits, horizon=horizon, **sizes)
    theirs = TimeSeriesSplit(n_splits, gap=horizon - 1, **sizes)
    try:
        expected = list(theirs.split(X))
    except ValueError:
        with pytest.raises(ValueError, match="Use fewer n_splits"):
            list(ours.split(X))
    else:
        assert_same_splits(list(ours.split(X)), expected)
        for moved in (np.arange(n_windows) + 95, np.arange(n_windows) * 1.0 - 3):
            assert_same_splits(list(ours.split(X, groups=moved)), expected)


def test_horizon_and_embargo_are_kept_free():
    # 10 windows, tests of 2: {6, 7} and {8, 9}; o + 2 + 1 <= 6 leaves origins up to 3
    got = splits(PurgedTimeSeriesSplit(2, horizon=2, embargo=1, test_size=2), 10)
    assert_same_splits(got, [([0, 1, 2, 3], [6, 7]), ([0, 1, 2, 3, 4, 5], [8, 9])])


def test_labels_of_the_last_row_need_no_gap():
    got = splits(PurgedTimeSeriesSplit(2, horizon=0), 6)
    assert_same_splits(got, [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5])])


def test_strided_origins():
    # origins 3, 5, ..., 13 and horizon 4: the test at 7 is trained for by 3 alone, 11 by 3 to 7
    cv = PurgedTimeSeriesSplit(2, horizon=4, test_size=2)
    got = splits(cv, 6, np.arange(3, 15, 2))
    assert_same_splits(got, [([0], [2, 3]), ([0, 1, 2], [4, 5])])


def test_windows_of_several_series_share_their_folds():
    # two series with the origin times 0 to 5 and 2 to 5, shuffled; tests of two times
    times = np.array([5, 0, 4, 3, 1, 2, 2, 5, 3, 4])
    got = splits(PurgedTimeSeriesSplit(2, horizon=1), 10, times)
    assert_same_splits(got, [([1, 4], [3, 5, 6, 8]), ([1, 3, 4, 5, 6, 8], [0, 2, 7, 9])])
    got = splits(PurgedTimeSeriesSplit(2, horizon=2, max_train_size=1), 10, times)
    assert_same_splits(got, [([1], [3, 5, 6, 8]), ([5, 6], [0, 2, 7, 9])])


def test_gaps_in_time_count_as_time():
    # origins 0 to 3 and 13 to 16: nothing before 13 reaches it within a horizon of 5
    times = np.array([0, 1, 2, 3, 13, 14, 15, 16])
    got = splits(PurgedTimeSeriesSplit(2, horizon=5, test_size=2), 8, times)
    assert_same_splits(got, [([0, 1, 2, 3], [4, 5]), ([0, 1, 2, 3], [6, 7])])


DAYS = np.arange("2024-01-01", "2024-01-11", dtype="datetime64[D]")


@pytest.mark.parametrize(
    "groups",
    [
        DAYS,
        DAYS.astype("datetime64[ns]"),
        pd.DatetimeIndex(DAYS),
        pd.DatetimeIndex(DAYS).tz_localize("Asia/Tokyo"),
        pd.Series(DAYS),
        pd.Series(pd.DatetimeIndex(DAYS).tz_localize("UTC")),
        pl.Series(DAYS),
        DAYS - DAYS[0],
    ],
    ids=lambda groups: f"{type(groups).__name__}-{groups.dtype}",
)
@pytest.mark.parametrize(
    ("horizon", "embargo"),
    [
        (timedelta(days=3), 0),
        (np.timedelta64(72, "h"), timedelta(0)),
        (pd.Timedelta("2D"), pd.Timedelta("1D")),
        (0, np.timedelta64(3, "D")),
    ],
)
def test_datetimes(groups, horizon, embargo):
    got = splits(PurgedTimeSeriesSplit(3, horizon=horizon, embargo=embargo), 10, groups)
    assert_same_splits(got, splits(TimeSeriesSplit(3, gap=2), 10))


def test_nanoseconds_are_kept():
    nanoseconds = np.arange(6).astype("datetime64[ns]")
    cv = PurgedTimeSeriesSplit(2, horizon=pd.Timedelta(2, unit="ns"))
    assert_same_splits(splits(cv, 6, nanoseconds), splits(TimeSeriesSplit(2, gap=1), 6))


def test_months():
    months = np.arange("2024-01", "2024-11", dtype="datetime64[M]")
    cv = PurgedTimeSeriesSplit(3, horizon=np.timedelta64(2, "M"))
    assert_same_splits(splits(cv, 10, months), splits(TimeSeriesSplit(3, gap=1), 10))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint64, np.float32])
def test_narrow_origin_times_do_not_overflow(dtype):
    cv = PurgedTimeSeriesSplit(2, horizon=2, embargo=0)
    got = splits(cv, 6, np.arange(6, dtype=dtype))
    assert_same_splits(got, splits(TimeSeriesSplit(2, gap=1), 6))
    with pytest.raises(ValueError, match="Fold 0 of 2 has no training window"):
        splits(PurgedTimeSeriesSplit(2, horizon=300), 6, np.arange(6, dtype=dtype))


# Floats, which hold no exact 0.1


def exact_splits(ticks, horizon, embargo, n_splits):
    """Split by the rule itself, in whole or fractional ticks."""
    times = sorted(set(ticks))
    size = len(times) // (n_splits + 1)
    for start in range(len(times) - n_splits * size, len(times), size):
        test = times[start : start + size]
        yield (
            [i for i, o in enumerate(ticks) if o < test[0] and o + horizon + embargo <= test[0]],
            [i for i, o in enumerate(ticks) if o in test],
        )


STEPS = [Fraction("0.1"), Fraction("0.3"), Fraction(1, 3), Fraction("1e-3"), Fraction(10**6)]


@pytest.mark.parametrize("step", STEPS, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_float_origins_against_exact_fractions(step, dtype):
    rng = np.random.default_rng(0)
    for _ in range(400):
        n_splits = int(rng.integers(2, 5))
        gaps = rng.integers(1, 4, size=30) if rng.integers(2) else np.ones(30, dtype=int)
        ticks = [int(tick) for tick in rng.integers(-50, 50) + np.cumsum(gaps)]
        horizon, embargo = (Fraction(int(rng.integers(0, 25)), 4) for _ in range(2))
        expected = list(exact_splits(ticks, horizon, embargo, n_splits))
        if not all(train for train, _ in expected):
            continue
        spans = {"horizon": float(horizon * step), "embargo": float(embargo * step)}
        cv = PurgedTimeSeriesSplit(n_splits, **spans)
        exact = np.array([float(tick * step) for tick in ticks], dtype)
        for origins in (exact, (np.array(ticks) * float(step)).astype(dtype)):
            assert_same_splits(splits(cv, 30, origins), expected)


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_float_origins_far_from_zero(step):
    ticks = range(10**7, 10**7 + 40)
    for horizon in range(1, 9):
        expected = list(exact_splits(ticks, horizon, 0, 3))
        cv = PurgedTimeSeriesSplit(3, horizon=horizon * float(step))
        assert_same_splits(splits(cv, 40, np.array(ticks) * float(step)), expected)


@pytest.mark.parametrize("origins", [np.arange(9) / 10, np.arange(9) * 0.1], ids=str)
def test_tenths_are_purged_as_integers(origins):
    # tests of 3: 0.2 + 0.1 <= 0.3 and 0.5 + 0.1 <= 0.6, though 0.3 - 0.1 < 0.2 in floats
    cv = PurgedTimeSeriesSplit(2, horizon=0.1, test_size=3)
    assert_same_splits(splits(cv, 9, origins), splits(TimeSeriesSplit(2, test_size=3), 9))
    cv = PurgedTimeSeriesSplit(2, horizon=0.1, embargo=0.0999, test_size=3)
    assert_same_splits(splits(cv, 9, origins), splits(TimeSeriesSplit(2, gap=1, test_size=3), 9))


def test_float_origins_of_several_series_are_the_same_time():
    times = np.r_[np.arange(6) * 0.1, np.arange(6) / 10]
    assert len(set(times)) == 7
    got = splits(PurgedTimeSeriesSplit(2, horizon=0.1), 12, times)
    expected = [([0, 1, 6, 7], [2, 3, 8, 9]), ([0, 1, 2, 3, 6, 7, 8, 9], [4, 5, 10, 11])]
    assert_same_splits(got, expected)


def test_integer_origins_with_float_spans():
    cv = PurgedTimeSeriesSplit(2, horizon=23 * 0.1, embargo=7 * 0.1, test_size=2)
    assert 23 * 0.1 + 7 * 0.1 > 3
    expected = [([0, 1, 2, 3], [6, 7]), ([0, 1, 2, 3, 4, 5], [8, 9])]
    assert_same_splits(splits(cv, 10, np.arange(10)), expected)
    nanoseconds = 1_700_000_000_000_000_000 + np.arange(10)
    cv = PurgedTimeSeriesSplit(2, horizon=3, test_size=2)
    assert_same_splits(splits(cv, 10, nanoseconds), expected)
    assert_same_splits(
        splits(cv, 10, np.uint64(2**63 - 5) + np.arange(10, dtype=np.uint64)), expected
    )


# The horizon that the targets tell

TARGETS_OF_3_STEPS = [
    np.zeros((10, 3)),
    pd.DataFrame(np.zeros((10, 3))),
    pl.DataFrame(np.zeros((10, 3))),
    [[0, 0, 0]] * 10,
    csr_array(np.zeros((10, 3))),
]


@pytest.mark.parametrize("y", TARGETS_OF_3_STEPS, ids=lambda y: type(y).__name__)
def test_the_horizon_is_the_number_of_columns(y):
    # 10 windows, tests of 2: {6, 7} and {8, 9}; o + 3 <= 6 leaves origins up to 3
    expected = [([0, 1, 2, 3], [6, 7]), ([0, 1, 2, 3, 4, 5], [8, 9])]
    cv = PurgedTimeSeriesSplit(2, test_size=2)
    assert_same_splits(list(cv.split(np.zeros(10), y)), expected)
    assert cv.horizon is None  # the next targets may be others
    # origins 0, 2, ..., 18, of which o + 3 <= 12 holds up to 8, and o + 3 <= 16 up to 12
    expected = [([0, 1, 2, 3, 4], [6, 7]), ([0, 1, 2, 3, 4, 5, 6], [8, 9])]
    assert_same_splits(list(cv.split(np.zeros(10), y, np.arange(0, 20, 2))), expected)


@pytest.mark.parametrize("y", [None, np.zeros(10), [0] * 10, np.zeros((10, 1)), list("abcdefghij")])
def test_the_horizon_of_one_target_is_one(y):
    expected = splits(TimeSeriesSplit(2), 10)
    assert_same_splits(list(PurgedTimeSeriesSplit(2).split(np.zeros(10), y)), expected)


@pytest.mark.parametrize("y", TARGETS_OF_3_STEPS, ids=lambda y: type(y).__name__)
@pytest.mark.parametrize("groups", [None, np.arange(10)])
@pytest.mark.parametrize("horizon", [2, 0.5])
def test_too_short_a_horizon_is_warned_of(y, groups, horizon):
    message = f"horizon={horizon} is less than the 3 columns of y.*Set horizon=3, or None.*or 0 if"
    with pytest.warns(UserWarning, match=message) as record:
        list(PurgedTimeSeriesSplit(2, horizon=horizon).split(np.zeros(10), y, groups))
    assert len(record) == 1 and record[0].filename == __file__


def test_horizons_that_are_no_number_of_steps_are_silent():
    X, y = np.zeros(10), np.zeros((10, 3))
    list(PurgedTimeSeriesSplit(2, horizon=0).split(X, y))  # rows that are labelled one-hot
    list(PurgedTimeSeriesSplit(2, horizon=3).split(X, y))
    list(PurgedTimeSeriesSplit(2, horizon=timedelta(1)).split(X, y, DAYS))
    list(PurgedTimeSeriesSplit(2, horizon=0.25).split(X, y, np.arange(10) / 12))  # in years


@pytest.mark.parametrize("horizon", [2, 2.0])
def test_the_columns_of_several_targets_are_no_steps(horizon):
    # 10 windows, tests of 2: {6, 7} and {8, 9}; o + 2 <= 6 leaves origins up to 4
    expected = [([0, 1, 2, 3, 4], [6, 7]), ([0, 1, 2, 3, 4, 5, 6], [8, 9])]
    cv = PurgedTimeSeriesSplit(2, horizon=horizon, test_size=2)
    assert_same_splits(list(cv.split(np.zeros(10), np.zeros((10, 6)))), expected)
    list(PurgedTimeSeriesSplit(2, horizon=1).split(np.zeros(10), np.zeros((10, 3))))


def test_a_stored_splitter_keeps_its_horizon():
    cv = PurgedTimeSeriesSplit.__new__(PurgedTimeSeriesSplit)
    stored = {"n_splits": 2, "horizon": 1, "test_size": None, "max_train_size": None, "embargo": 0}
    vars(cv).update(stored)
    cv = pickle.loads(pickle.dumps(cv))
    assert cv.horizon == 1
    assert_same_splits(splits(cv, 10), splits(TimeSeriesSplit(2), 10))


# As scikit-learn's splitters


def test_number_of_splits_and_repr():
    cv = PurgedTimeSeriesSplit(3, horizon=12)
    assert cv.get_n_splits() == cv.get_n_splits(np.zeros(9), None, np.zeros(9)) == 3
    assert repr(cv) == (
        "PurgedTimeSeriesSplit(embargo=0, horizon=12, max_train_size=None, n_splits=3,\n"
        "           test_size=None)"
    )


def test_a_copy_within_a_search_splits_alike():
    search = clone(GridSearchCV(LeakSpy(), {}, cv=PurgedTimeSeriesSplit(2, horizon=2)))
    assert_same_splits(splits(search.cv, 9), splits(TimeSeriesSplit(2, gap=1), 9))


# Errors


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("n_splits", 1, r"an int in the range \[2, inf\)"),
        ("n_splits", 2.0, "an int in the range"),
        ("test_size", 0, r"an int in the range \[1, inf\) or None"),
        ("test_size", 0.2, r"an int in the range \[1, inf\) or None"),
        ("max_train_size", 0, r"an int in the range \[1, inf\) or None"),
        ("horizon", -1, "a float in the range"),
        ("horizon", "1h", "an instance of 'datetime.timedelta'"),
        ("horizon", [1], "an instance of 'numpy.timedelta64'.* or None"),
        ("embargo", -0.5, "a float in the range"),
    ],
)
def test_invalid_parameters(name, value, expected):
    message = f"The '{name}' parameter of PurgedTimeSeriesSplit must be .*{expected}"
    with pytest.raises(ValueError, match=message):
        PurgedTimeSeriesSplit(**{name: value})


@pytest.mark.parametrize("name", ["horizon", "embargo"])
@pytest.mark.parametrize("value", [timedelta(-1), np.timedelta64(-1, "h"), np.timedelta64("NaT")])
def test_durations_must_not_be_negative(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter .* must not be a negative"):
        PurgedTimeSeriesSplit(**{name: value})


def test_too_few_origin_times():
    with pytest.raises(ValueError, match=r"n_splits=5 needs at least 6 distinct .* got 5"):
        splits(PurgedTimeSeriesSplit(5), 5)
    with pytest.raises(ValueError, match=r"n_splits=5 needs at least 6 distinct .* got 5"):
        splits(PurgedTimeSeriesSplit(5), 10, np.repeat(np.arange(5), 2))


def test_too_large_tests():
    message = "3 test parts of test_size=4 need more than 12 distinct origin times, got 12"
    with pytest.raises(ValueError, match=message):
        splits(PurgedTimeSeriesSplit(3, test_size=4), 12)
    assert len(splits(PurgedTimeSeriesSplit(3, test_size=4), 13)) == 3


def test_a_fold_with_nothing_to_train_on():
    message = "Fold 0 of 2 has no training window.*by 4, the first test origin, with horizon=5"
    with pytest.raises(ValueError, match=message) as error:
        splits(PurgedTimeSeriesSplit(2, horizon=5), 12)
    assert "fewer n_splits, a smaller test_size, or a smaller horizon" in str(error.value)
    assert_array_equal(splits(PurgedTimeSeriesSplit(2, horizon=4), 12)[0][0], [0])


@pytest.mark.parametrize(
    ("groups", "parameters", "message"),
    [
        (None, {"horizon": timedelta(1)}, "horizon=.* is a duration, but .* are positions"),
        (np.arange(10), {"horizon": timedelta(1)}, "horizon=.* is a duration, but .* are numbers"),
        (np.arange(10), {"embargo": timedelta(1)}, "embargo=.* is a duration"),
        (DAYS, {"horizon": 1}, "horizon=1 is a number, but groups holds datetimes. Pass horizon"),
        (DAYS, {}, "horizon=None counts steps, but groups holds datetimes. Pass horizon as a dur"),
        (DAYS - DAYS[0], {}, "horizon=None counts steps, but groups holds datetimes. Pass horiz"),
        (DAYS, {"horizon": timedelta(1), "embargo": 2}, "embargo=2 is a number, but groups"),
        (DAYS, {"horizon": np.timedelta64(1, "M")}, "months and years have no fixed length"),
        (
            DAYS,
            {"horizon": timedelta(1), "embargo": np.timedelta64(1, "M")},
            "months and years have no fixed length",
        ),
        (np.arange(9), {}, r"groups must hold one origin time for each of the 10 .* shape \(9,\)"),
        (np.zeros((10, 1)), {}, r"groups must hold one origin time .* got shape \(10, 1\)"),
        (list("abcdefghij"), {}, "groups must hold the origin times .* got dtype <U1"),
        ([datetime(2024, 1, day) for day in range(1, 11)], {}, "got dtype object"),
        (pd.period_range("2024-01", periods=10, freq="M"), {}, r"\.to_timestamp\(\)"),
        (np.r_[np.arange(9), np.nan], {}, "groups contains NaN"),
        (
            np.r_[DAYS[:9], np.datetime64("NaT")],
            {"horizon": timedelta(1)},
            r"groups contains NaT\. The first is in row 9 of groups\. Leave out",
        ),
        (
            np.ma.array(np.arange(10), mask=np.arange(10) == 4),
            {},
            r"groups is a masked array with masked values\. The first is in row 4 of groups\.",
        ),
    ],
)
def test_refused_groups(groups, parameters, message):
    with pytest.raises(ValueError, match=message):
        splits(PurgedTimeSeriesSplit(2, **parameters), 10, groups)


def test_index_of_groups_must_be_that_of_the_windows():
    X = pd.DataFrame(np.zeros((10, 2)), index=list("abcdefghij"))
    y = pd.Series(np.zeros(10), index=X.index)
    groups = pd.Series(range(10), index=X.index)
    cv = PurgedTimeSeriesSplit(2)
    expected = splits(TimeSeriesSplit(2), 10)
    assert_same_splits(list(cv.split(X, y, groups)), expected)
    for other in (groups[::-1], groups.reset_index(drop=True)):
        message = r"X and groups must have the same index.*groups\.reindex.*groups\.to_numpy\(\)"
        with pytest.raises(ValueError, match=message):
            list(cv.split(X, y, other))
        with pytest.raises(ValueError, match=message.replace("X", "y", 1)):
            list(cv.split(X.to_numpy(), y, other))
        list(cv.split(X.to_numpy(), y.to_numpy(), other))
        list(cv.split(X, y, other.to_numpy()))


# No look into the future


class LeakSpy(RegressorMixin, BaseEstimator):
    """Score 1 if no training label is later than the first test origin, where values are times."""

    def fit(self, X, y):
        self.latest_label_ = y.max()
        return self

    def predict(self, X):
        return np.full(len(X), self.latest_label_ <= X[:, -1, 0].min())

    def score(self, X, y, sample_weight=None):
        return float(self.predict(X).all())


SPYING = Pipeline([("window", SlidingWindow()), ("spy", LeakSpy())])


def spied_scores(X, Y, cv, **kwargs):
    return cross_validate(SPYING, X, Y, cv=cv, error_score="raise", **kwargs)["test_score"]


SPLITTERS = [
    (PurgedTimeSeriesSplit(5, horizon=12), True),
    (PurgedTimeSeriesSplit(5), True),
    (PurgedTimeSeriesSplit(3, horizon=12, test_size=20, max_train_size=40), True),
    (TimeSeriesSplit(5, gap=11), True),
    (TimeSeriesSplit(5, gap=10), False),
    (TimeSeriesSplit(5, gap=0), False),
    (KFold(5, shuffle=False), False),
]


@pytest.mark.parametrize(("cv", "sees_no_future"), SPLITTERS)
def test_spy_in_cross_validate(cv, sees_no_future):
    X, Y = make_windows(np.arange(400), lookback=48, horizon=12)
    assert spied_scores(X, Y, cv).all() == sees_no_future


@pytest.mark.parametrize(("cv", "sees_no_future"), SPLITTERS)
def test_spy_in_grid_search(cv, sees_no_future):
    X, Y = make_windows(np.arange(400), lookback=48, horizon=12)
    grid = {"window__lookback": [1, 24, 48]}
    search = GridSearchCV(SPYING, grid, cv=cv, refit=False, error_score="raise").fit(X, Y)
    assert (search.cv_results_["mean_test_score"] == 1).all() == sees_no_future


def test_spy_on_too_short_a_horizon():
    X, Y = make_windows(np.arange(400), lookback=48, horizon=12)
    with pytest.warns(UserWarning, match="horizon=11 is less than the 12 columns of y"):
        assert not spied_scores(X, Y, PurgedTimeSeriesSplit(5, horizon=11)).all()


def test_spy_on_several_targets():
    X, Y = make_windows(
        np.arange(400), np.stack([np.arange(400)] * 2, axis=1), lookback=48, horizon=12
    )
    for cv in (PurgedTimeSeriesSplit(5, horizon=12), PurgedTimeSeriesSplit(5)):
        assert spied_scores(X, Y, cv).all()
    with pytest.warns(UserWarning, match="horizon=11 is less than the 24 columns of y"):
        assert not spied_scores(X, Y, PurgedTimeSeriesSplit(5, horizon=11)).all()


def test_spy_on_windows_labelled_by_their_last_row():
    X, Y = make_windows(np.arange(50), np.arange(50), lookback=5, horizon=0)
    assert spied_scores(X, Y, PurgedTimeSeriesSplit(5, horizon=0)).all()
    assert not spied_scores(X, Y, KFold(5)).all()


@pytest.fixture(scope="module")
def panel():
    """Windows of three series over the same time, and their origin times; values are times."""
    sizes = [200, 150, 300]
    time = np.concatenate([np.arange(n) for n in sizes])
    X, Y, origins = make_windows(
        time,
        lookback=48,
        horizon=12,
        groups=np.repeat(["x", "y", "z"], sizes),
        return_origins=True,
    )
    return X, Y, time[origins]


def test_spy_on_a_panel(panel):
    X, Y, times = panel
    assert spied_scores(X, Y, PurgedTimeSeriesSplit(5, horizon=12), groups=times).all()
    assert not spied_scores(X, Y, TimeSeriesSplit(5, gap=11)).all()


def test_origin_times_are_routed_as_metadata(panel):
    X, Y, times = panel
    cv = PurgedTimeSeriesSplit(5, horizon=12)
    with config_context(enable_metadata_routing=True):
        assert spied_scores(X, Y, cv, params={"groups": times}).all()
        assert not spied_scores(X, Y, cv).all()
        grid = {"window__lookback": [1, 48]}
        search = GridSearchCV(SPYING, grid, cv=cv, refit=False, error_score="raise")
        search.fit(X, Y, groups=times)
    assert (search.cv_results_["mean_test_score"] == 1).all()
