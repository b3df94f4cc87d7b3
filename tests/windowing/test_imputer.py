import pickle
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklstm import Forecaster
from sklstm.windowing import (
    SlidingWindow,
    TimeDistributedTransformer,
    WindowImputer,
    last_window,
    make_windows,
    pad_sequences,
    unpad_sequences,
)

pd = pytest.importorskip("pandas")

NAN = np.nan
STRATEGIES = ["ffill", "linear", "mean", "median", "constant"]


def windows(*values):
    """Return windows of one feature."""
    return np.array(values, dtype=float)[:, :, np.newaxis]


# What is filled in, by hand

GAPS = windows([NAN, 1, NAN, NAN, 4, NAN], [3, NAN, 5, 7, NAN, NAN])  # mean 20 / 5, median 4


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("ffill", [[4, 1, 1, 1, 4, 4], [3, 3, 5, 7, 7, 7]]),
        ("linear", [[1, 1, 2, 3, 4, 4], [3, 4, 5, 7, 7, 7]]),
        ("mean", [[4, 1, 4, 4, 4, 4], [3, 4, 5, 7, 4, 4]]),
        ("constant", [[0, 1, 0, 0, 4, 0], [3, 0, 5, 7, 0, 0]]),
    ],
)
def test_strategies(strategy, expected):
    step = WindowImputer(strategy, padding=None)
    assert_array_equal(step.fit_transform(GAPS)[:, :, 0], expected)


def test_mean_and_median_are_those_of_fit():
    later = windows([NAN, 100, NAN])
    fitted = windows([1, 2, NAN, 9])
    assert_array_equal(WindowImputer("mean").fit(fitted).transform(later).ravel(), [4, 100, 4])
    assert_array_equal(WindowImputer("median").fit(fitted).transform(later).ravel(), [2, 100, 2])
    assert_array_equal(WindowImputer("ffill").fit(fitted).transform(later).ravel(), [4, 100, 100])
    linear = WindowImputer("linear").fit(fitted)
    assert_array_equal(linear.transform(windows([NAN, NAN])).ravel(), [4, 4])
    assert_array_equal(linear.statistics_, [4])


def test_fill_value():
    X = np.array([[[1.0, NAN], [NAN, 2.0]]])
    step = WindowImputer("constant", fill_value=[7, 8])
    assert_array_equal(step.fit_transform(X), [[[1, 8], [7, 2]]])
    step = WindowImputer("ffill", fill_value=-1)
    assert_array_equal(step.fit_transform(X), [[[1, -1], [1, 2]]])
    step = WindowImputer("linear", fill_value=-1, padding=None)
    assert_array_equal(step.fit_transform([[[NAN, 3.0]]]), [[[-1, 3]]])


def test_indicators_and_elapsed_steps_follow_the_features():
    X = np.array([[[NAN, 1.0], [NAN, NAN], [2.0, NAN], [NAN, 5.0]]])
    step = WindowImputer(add_indicator=True, add_elapsed=True).fit(X)
    filled = step.transform(X)[0].T
    assert_array_equal(filled[:2], [[2, 2, 2, 2], [1, 1, 1, 5]])
    assert_array_equal(filled[2:4], [[1, 1, 0, 1], [0, 1, 1, 0]])
    assert_array_equal(filled[4:], [[1, 2, 0, 1], [0, 1, 2, 0]])
    assert list(step.get_feature_names_out(["a", "b"])) == [
        *("a", "b", "missingindicator_a", "missingindicator_b", "elapsed_a", "elapsed_b")
    ]
    elapsed = WindowImputer(add_elapsed=True).fit(X)
    assert_array_equal(elapsed.transform(X)[0].T[2:], filled[4:])
    assert list(elapsed.get_feature_names_out()) == ["x0", "x1", "elapsed_x0", "elapsed_x1"]


# Against a plain loop


def filled_by_loop(sequence, strategy, statistics):
    """Return values, indicators and elapsed steps of one sequence."""
    n_steps, n_features = sequence.shape
    values, missing, elapsed = sequence.copy(), np.isnan(sequence), np.zeros(sequence.shape)
    for k in range(n_features):
        seen = [t for t in range(n_steps) if not missing[t, k]]
        for t in range(n_steps):
            before = [s for s in seen if s <= t]
            elapsed[t, k] = t - before[-1] if before else t + 1
            if not missing[t, k]:
                continue
            if strategy == "ffill":
                values[t, k] = sequence[before[-1], k] if before else statistics[k]
            elif strategy == "linear" and seen:
                values[t, k] = np.interp(t, seen, sequence[seen, k])
            else:
                values[t, k] = statistics[k]
    return np.hstack([values, missing, elapsed])


def random_sequences(rng, dtype="float64"):
    n_features = int(rng.integers(1, 4))
    lengths = rng.integers(1, 9, size=int(rng.integers(2, 8)))
    lengths[0] = lengths[1] + 1  # of unequal length, so a list of them is no array
    sequences = [rng.normal(size=(length, n_features)).astype(dtype) for length in lengths]
    for sequence in sequences:
        sequence[rng.random(sequence.shape) < rng.choice([0.0, 0.3, 0.8])] = NAN
    sequences[0][0] = 1  # no feature is empty
    return sequences


def statistics_of(sequences, strategy):
    rows = np.concatenate(sequences).astype(float)
    if strategy == "constant":
        return np.zeros(rows.shape[1])
    return (np.nanmedian if strategy == "median" else np.nanmean)(rows, axis=0)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("seed", range(20))
def test_sequences_against_a_plain_loop(strategy, seed):
    sequences = random_sequences(np.random.default_rng(seed))
    statistics = statistics_of(sequences, strategy)
    expected = [filled_by_loop(sequence, strategy, statistics) for sequence in sequences]
    step = WindowImputer(strategy, add_indicator=True, add_elapsed=True)
    filled = step.fit_transform(sequences)
    assert isinstance(filled, list)
    for got, wanted in zip(filled, expected, strict=True):
        assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
    assert_allclose(step.statistics_, statistics, rtol=1e-12)
    for sequence, wanted in zip(sequences, expected, strict=True):  # each for itself
        assert_allclose(step.transform([sequence])[0], wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("padding", ["begin", "end"])
@pytest.mark.parametrize("seed", range(5))
def test_padding_is_left_alone(strategy, padding, seed):
    sequences = random_sequences(np.random.default_rng(seed))
    for sequence in sequences:
        sequence[[0, -1], 0] = 1  # the padding is all that could be taken for it
    X = pad_sequences(sequences, padding=padding)
    before = X.copy()
    X.flags.writeable = False
    step = WindowImputer(strategy, add_indicator=True, add_elapsed=True)
    filled = step.fit_transform(X)
    assert step.padding_ == padding
    expected = clone(step).fit_transform(sequences)
    assert_array_equal(filled, pad_sequences(expected, padding=padding))
    assert_array_equal(clone(step).set_params(padding=padding).fit_transform(X), filled)
    assert_array_equal(X, before)
    longer = pad_sequences(sequences, padding=padding, n_timesteps=20)
    for got, wanted in zip(unpad_sequences(step.transform(longer)), expected, strict=True):
        assert_array_equal(got, wanted)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("seed", range(5))
def test_windows_of_a_series_with_gaps_against_a_plain_loop(strategy, seed):
    rng = np.random.default_rng(seed)
    series = rng.normal(size=(60, 2))
    series[rng.random(60) < 0.4] = NAN
    series[rng.random(series.shape) < 0.2] = NAN
    X, _ = make_windows(series, np.zeros(60), lookback=7, allow_nan=True)
    assert not X.flags.writeable and np.shares_memory(X, series)
    step = WindowImputer(strategy, add_indicator=True, add_elapsed=True, padding=None)
    filled = step.fit_transform(X)
    statistics = statistics_of([*X], strategy)
    expected = [filled_by_loop(window, strategy, statistics) for window in X]
    assert_allclose(filled, expected, rtol=1e-12, atol=1e-12)
    assert_array_equal(step.set_params(padding="auto").fit_transform(X), filled)


def test_parts_make_no_difference(monkeypatch):
    X = np.random.default_rng(0).normal(size=(50, 6, 2))
    X[np.random.default_rng(1).random(X.shape) < 0.4] = NAN
    for strategy in STRATEGIES:
        step = WindowImputer(strategy, add_elapsed=True, padding=None)
        whole = step.fit_transform(X)
        with monkeypatch.context() as patch:
            patch.setattr("sklstm.windowing._steps._PART", 20)
            assert_allclose(clone(step).fit_transform(X), whole, rtol=1e-14)


# Look-ahead


@pytest.mark.parametrize("strategy", ["ffill", "mean", "median", "constant"])
def test_what_comes_later_in_a_window_does_not_count(strategy):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 8, 2))
    X[rng.random(X.shape) < 0.4] = NAN
    step = WindowImputer(strategy, add_indicator=True, add_elapsed=True, padding=None).fit(X)
    for n_steps in range(1, 8):
        assert_array_equal(step.transform(X)[:, :n_steps], step.transform(X[:, :n_steps]))


def test_rows_are_filled_from_the_rows_before_them():
    rows = np.array([[NAN, 1.0], [2.0, NAN], [NAN, NAN], [4.0, 5.0]])
    step = WindowImputer(add_elapsed=True).fit(rows)
    assert_array_equal(step.transform(rows).T[:2], [[3, 2, 2, 4], [1, 1, 1, 5]])
    assert_array_equal(step.transform(rows).T[2:], [[1, 0, 1, 0], [0, 1, 2, 0]])
    assert_array_equal(step.transform(rows[:3]), step.transform(rows)[:3])
    frame = pd.DataFrame(rows, columns=["a", "b"])
    assert_array_equal(WindowImputer().fit_transform(frame), step.transform(rows)[:, :2])


def test_lines_through_rows_would_look_ahead():
    rows = np.array([[1.0], [NAN], [3.0]])
    with pytest.raises(ValueError, match=r"strategy='linear' .* In rows, .*\(3, 1\).*'ffill'"):
        WindowImputer("linear").fit(rows)
    fitted = WindowImputer("linear").fit(rows[np.newaxis])
    with pytest.raises(ValueError, match="would look into the future of earlier rows"):
        fitted.transform(rows)


# Where padding is


def test_auto_padding_is_decided_in_fit():
    end, begin = windows([1, 2, NAN], [3, 4, 5]), windows([NAN, 2, 3], [3, 4, 5])
    both, whole = windows([1, 2, NAN], [NAN, 4, 5]), windows([1, 2, 3], [3, NAN, 5])
    for X, padding in [(end, "end"), (begin, "begin"), (both, None), (whole, None)]:
        assert WindowImputer().fit(X).padding_ == padding
        assert WindowImputer(padding=None).fit(X).padding_ is None
        assert WindowImputer(padding="end").fit(X).padding_ == "end"

    at_end = WindowImputer(fill_value=9).fit(end)
    assert_array_equal(at_end.transform(end)[:, :, 0], [[1, 2, NAN], [3, 4, 5]])
    assert_array_equal(at_end.transform(begin)[:, :, 0], [[9, 2, 3], [3, 4, 5]])
    for X in both, whole:
        nowhere = WindowImputer(fill_value=9).fit(X)
        assert_array_equal(nowhere.transform(end)[:, :, 0], [[1, 2, 2], [3, 4, 5]])
        assert_array_equal(nowhere.transform(begin)[:, :, 0], [[9, 2, 3], [3, 4, 5]])


def test_a_gap_in_some_features_is_no_padding():
    X = np.array([[[1.0, 2.0], [NAN, 4.0]]])
    step = WindowImputer().fit(X)
    assert step.padding_ is None
    assert_array_equal(step.transform(X), [[[1, 2], [1, 4]]])


def test_lists_are_never_padded():
    step = WindowImputer().fit([[[1.0], [2.0], [NAN]], [[3.0], [NAN]]])
    assert step.padding_ == "auto"
    assert [x.ravel().tolist() for x in step.transform([[[1.0], [NAN]], [[NAN]]])] == [[1, 1], [2]]
    assert_array_equal(step.transform(windows([1, NAN, 3, NAN])).ravel(), [1, 1, 3, NAN])


def test_windows_that_are_all_nan():
    X = windows([1, 2, NAN], [NAN, NAN, NAN])
    with pytest.raises(ValueError, match=r"Sample 1 of X is all NaN: a sequence that is all padd"):
        WindowImputer().fit(X)
    step = WindowImputer(padding=None).fit(X)
    assert_array_equal(step.transform(X)[1].ravel(), [1.5, 1.5, 1.5])
    whole = WindowImputer().fit(windows([1, 2, 3], [NAN, NAN, NAN]))
    assert whole.padding_ is None


# As a pipeline step


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "bool"])
@pytest.mark.parametrize("shape", [(4, 3, 2), (4, 3)])
def test_precision_is_kept(dtype, shape):
    X = np.ones(shape, dtype=dtype)
    filled = WindowImputer(add_elapsed=True).fit_transform(X)
    assert filled.dtype == (dtype if dtype.startswith("float") else "float64")
    assert filled.shape == (*shape[:-1], 2 * shape[-1])
    filled[...] = 7  # it is a copy
    assert (X == 1).all()


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("rows", [False, True])
def test_set_output_does_no_harm(library, rows):
    X = pd.DataFrame({"a": [1.0, NAN], "b": [3.0, 4.0]}) if rows else GAPS
    expected = WindowImputer().fit_transform(X)
    with config_context(transform_output=library):
        assert_array_equal(WindowImputer().fit_transform(X), expected)
    step = WindowImputer().set_output(transform=library)
    assert isinstance(step.fit_transform(X), np.ndarray)


def test_attributes_and_copies():
    frame = pd.DataFrame({"a": [1.0, NAN], "b": [3.0, 4.0]})
    step = WindowImputer(add_indicator=True).fit(frame)
    assert step.n_features_in_ == 2 and list(step.feature_names_in_) == ["a", "b"]
    assert step.get_feature_names_out()[2] == "missingindicator_a"
    with pytest.raises(ValueError, match="feature names should match"):
        step.transform(frame[["b", "a"]])
    again = pickle.loads(pickle.dumps(step))
    assert_array_equal(again.transform(frame), step.transform(frame))
    with pytest.raises(NotFittedError):
        clone(step).transform(frame)
    assert get_tags(step).input_tags.allow_nan and get_tags(step).input_tags.three_d_array


def test_the_number_of_features_is_that_of_fit():
    step = WindowImputer().fit(np.ones((4, 5, 2)))
    of_objects = np.array([np.ones((2, 3)), None], dtype=object)[:1]
    for X in np.ones((4, 5, 3)), np.ones((4, 3)), [np.ones((2, 3)), np.ones((1, 3))], of_objects:
        with pytest.raises(ValueError, match="X has 3 features, but WindowImputer is expecting 2"):
            step.transform(X)


def test_a_search_over_strategies_of_windows_with_gaps():
    rng = np.random.default_rng(0)
    series = np.sin(np.arange(200) / 3)
    series[rng.random(200) < 0.1] = NAN
    with pytest.warns(UserWarning, match="windows were left out"):
        X, Y = make_windows(series, lookback=8, horizon=2, allow_nan=True)
    pipeline = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("impute", WindowImputer(add_indicator=True, padding=None)),
            ("window", SlidingWindow()),
            ("forecast", Forecaster(Ridge(), baseline=None)),
        ]
    )
    grid = {"impute__strategy": ["mean", "linear"], "window__lookback": [4, 8]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, Y)
    assert search.best_params_ == {"impute__strategy": "linear", "window__lookback": 8}
    latest = last_window(series, 8, allow_nan=True)
    assert np.isfinite(search.predict(latest)).all()


def test_the_forecaster_gets_indicators_as_covariates():
    series = np.arange(40.0)
    series[[7, 20]] = NAN
    with pytest.warns(UserWarning, match="windows were left out"):
        X, Y = make_windows(series, lookback=5, horizon=2, allow_nan=True)
    imputer = WindowImputer("linear", add_indicator=True, add_elapsed=True, padding=None)
    names = imputer.fit(X).get_feature_names_out(["level"]).tolist()
    forecaster = Forecaster(Ridge(), feature_names=names, target="level", log=False)
    model = make_pipeline(imputer, forecaster).fit(X, Y)
    assert forecaster.target == "level" and model[-1].target_columns_ == [0]
    gap = np.array([36.0, 37.0, NAN, 39.0, 40.0])[np.newaxis, :, np.newaxis]
    assert_allclose(model.predict(gap), [[41, 42]], atol=0.1)


def test_memory_is_that_of_the_output():
    series = np.zeros((400_000, 1))
    series[::50] = NAN
    X, _ = make_windows(series, np.zeros(len(series)), lookback=96, allow_nan=True)
    step = WindowImputer("linear", add_elapsed=True, padding=None).fit(X[:10])
    tracemalloc.start()
    filled = step.transform(X[:100_000])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < filled.nbytes + 150e6


@pytest.mark.parametrize(
    ("step", "X", "message"),
    [
        (
            WindowImputer(),
            [[[np.inf]]],
            "contains infinity.*sample 0 of X.*Replace infinity by NaN",
        ),
        (
            WindowImputer(),
            [[[1.0, 2.0]], [[1.0, 2.0], [NAN, -np.inf]]],
            "contains infinity. The first is in sample 1 of X, time step 1, feature 1",
        ),
        (WindowImputer(), np.ma.masked_equal([[1.0], [2.0]], 2), "masked values.*row 1 of X"),
        (WindowImputer(), [[["a"]]], "numeric"),
        (WindowImputer(), np.zeros(3), r"got shape \(3,\)"),
        (WindowImputer(), np.zeros((2, 0, 3)), r"shape \(2, 0, 3\), but .* at least one time step"),
        (
            WindowImputer(),
            [[[NAN, 1.0]]],
            "Feature 1|Feature 0 of X has no value at all, so its mean",
        ),
        (
            WindowImputer("median"),
            pd.DataFrame({"a": [1.0, 2.0], "b": [NAN, NAN]}),
            "Feature 'b' of X has no value at all, so its median is not known",
        ),
        (WindowImputer("before"), [[[1.0]]], "The 'strategy' parameter of WindowImputer"),
        (WindowImputer(padding="both"), [[[1.0]]], "The 'padding' parameter of WindowImputer"),
        (WindowImputer(fill_value=[1, 2]), [[[1.0]]], r"one for each of the 1 .*shape \(2,\)"),
        (WindowImputer(fill_value=NAN), [[[1.0]]], "fill_value must be finite numbers, got nan"),
        (WindowImputer(fill_value=["a"]), [[[1.0]]], "fill_value must be finite numbers"),
    ],
)
def test_errors(step, X, message):
    with pytest.raises(ValueError, match=message):
        step.fit(X)


@parametrize_with_checks(
    [WindowImputer(), WindowImputer("median", add_indicator=True, add_elapsed=True)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
