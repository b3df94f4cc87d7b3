"""Fits, searches and predictions on lazy windows are those on the same windows as an array."""

import warnings

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from windowing_support import Store

from sklstm import (
    Forecaster,
    LSTMClassifier,
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    SlidingWindow,
    TimeDistributedTransformer,
    Windows,
    make_windows,
)
from sklstm._kernels._tensorflow import keras
from sklstm._training import _tensors
from sklstm.forecasting import NaiveForecaster, _scaling, backtest
from sklstm.windowing import _lazy, _lazy_array, _lazy_rows
from sklstm.windowing._lazy_mapped import MappedWindows

SERIES = np.random.default_rng(0).normal(size=(130, 2)).cumsum(axis=0) / 3
SMALL = dict(units=3, epochs=2, batch_size=16, random_state=0)


def windows(series=SERIES, **arguments):
    how = dict(y=series[:, 0], lookback=6, horizon=2, **arguments)
    lazy, Y = make_windows(series, **how, lazy=True)
    return lazy, make_windows(series, **how)[0], Y


@pytest.fixture
def never_dense(monkeypatch):
    """Refuse to make an array of more than a batch of windows."""
    gather = _lazy.Windows.__array__

    def of_few(self, *args, **kwargs):
        assert len(self) < 100, "all windows were made an array"
        return gather(self, *args, **kwargs)

    monkeypatch.setattr(_lazy.Windows, "__array__", of_few)


def assert_same(one, other, X, X_other):
    assert one.history_ == other.history_
    for a, b in zip(one._state.weights, other._state.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.predict(X), other.predict(X_other))


@pytest.mark.parametrize(
    "arguments",
    [
        dict(arch="vanilla", dropout=0.2),
        dict(arch="cnn_lstm", early_stopping=True, filters=4),
        dict(arch="stacked", shuffle=False, units=2),
        dict(arch="vanilla", epochs="auto", batch_size="auto"),
    ],
    ids=["dropout", "early stopping", "unshuffled", "trial"],
)
# The last part of this series lies at another level; the weights are compared, not their quality.
@pytest.mark.filterwarnings("ignore:early_stopping judges")
def test_a_fit_gives_the_same_weights_bit_for_bit(arguments, never_dense):
    lazy, dense, Y = windows()
    model = LSTMRegressor(**SMALL | arguments)
    assert_same(model.fit(lazy, Y), clone(model).fit(dense, Y), lazy[-30:], dense[-30:])


@given(data=st.data())
@settings(max_examples=12, deadline=None, phases=[Phase.generate])
def test_any_part_of_any_windows_trains_the_same(data):
    """One network for all examples: graphs of arrays and of windows take turns."""
    dtype = data.draw(st.sampled_from([float, np.float32]))
    arguments = dict(stride=data.draw(st.sampled_from([1, 3])))
    if data.draw(st.booleans()):
        arguments["groups"] = np.arange(130) % data.draw(st.sampled_from([2, 3]))
    future = data.draw(st.booleans())
    series = SERIES.astype(dtype)[:, : 1 + future]
    series = series if future else np.column_stack([series, series**2])
    lazy, dense, Y = windows(series, **arguments, **(dict(future=[1]) if future else {}))
    numbers = st.lists(st.integers(0, len(lazy) - 1), min_size=5, max_size=30)
    part = data.draw(st.just(slice(None, 40)) | numbers.map(np.array))
    weight = np.arange(len(Y))[part] % 3 / 2 + (0 if data.draw(st.booleans()) else 1)
    if not weight.any():
        weight += 1
    model = LSTMRegressor(**SMALL | dict(epochs=1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = clone(model).fit(lazy[part], Y[part], sample_weight=weight)
        other = clone(model).fit(dense[part], Y[part], sample_weight=weight)
    assert_same(one, other, lazy, dense)


def test_a_classifier_and_labels_of_last_rows():
    label = np.where(SERIES[:, 0] > SERIES[:, 0].mean(), "up", "down")
    lazy, y = make_windows(SERIES, label, lookback=5, horizon=0, lazy=True)
    dense, _ = make_windows(SERIES, label, lookback=5, horizon=0)
    model = LSTMClassifier(**SMALL, early_stopping=True)
    one, other = clone(model).fit(lazy, y), clone(model).fit(dense, y)
    assert_same(one, other, lazy, dense)
    np.testing.assert_array_equal(one.predict_proba(lazy[:3]), other.predict_proba(dense[:3]))


def test_a_warm_start_continues_on_lazy_windows(never_dense):
    lazy, dense, Y = windows()
    one = LSTMRegressor(**SMALL, warm_start=True).fit(lazy, Y).fit(lazy, Y)
    other = LSTMRegressor(**SMALL, warm_start=True).fit(dense, Y).fit(dense, Y)
    assert_same(one, other, lazy[:20], dense[:20])


def test_a_warm_start_is_warned_of_a_scaler_fitted_anew():
    lazy, _, Y = windows()
    steps = TimeDistributedTransformer(StandardScaler()), LSTMRegressor(**SMALL, warm_start=True)
    pipeline = Pipeline([("scale", steps[0]), ("lstm", steps[1])]).fit(lazy[:60], Y[:60])
    with pytest.warns(UserWarning, match="standardized separately"):
        pipeline.fit(lazy[60:], Y[60:])


def test_a_network_for_sequences_of_any_length_takes_lazy_windows():
    lazy, dense, Y = windows()
    sequences = [window[number % 3 :] for number, window in enumerate(dense)]
    model = LSTMRegressor(**SMALL).fit(sequences, Y)
    np.testing.assert_array_equal(model.predict(lazy), model.predict(dense))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[:, -3:], r"X of shape \(\d+, 3, 2\) does not fit LSTMRegressor"),
        (lambda X: Windows(X.rows[:, :1], lookback=6), "does not fit LSTMRegressor"),
        (lambda X: X[:0], "needs a minimum of 1 sample"),
        (lambda X: Windows(np.where(X.rows > 1, np.nan, X.rows), lookback=6), "contains NaN"),
        (lambda X: Windows(X.rows * 1e300, lookback=6), "too large for dtype"),
    ],
)
def test_windows_that_do_not_fit_are_refused(change, message):
    lazy, _, Y = windows()
    model = LSTMRegressor(**SMALL).initialize(lazy, Y)
    with pytest.raises(ValueError, match=message):
        model.predict(change(lazy))


def test_features_that_float32_cannot_hold_are_warned_of():
    series = SERIES + np.array([1e9, 0])
    lazy, _, Y = windows(series)
    with pytest.warns(UserWarning, match=r"Features \[0\] of X vary by less"):
        LSTMRegressor(**SMALL).initialize(lazy, Y)


def test_a_search_over_a_pipeline_is_that_by_hand(never_dense):
    lazy, dense, Y = windows()
    pipeline = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("window", SlidingWindow()),
            ("lstm", LSTMRegressor(**SMALL)),
        ]
    )
    cv = PurgedTimeSeriesSplit(2, horizon=2)
    grid = {"window__lookback": [3, 6], "lstm__arch": ["vanilla", "stacked"]}
    search = GridSearchCV(pipeline, grid, cv=cv, refit=False).fit(lazy, Y)
    for number, (train, test) in enumerate(cv.split(dense)):
        rows = np.unique(train[:, np.newaxis] + np.arange(6))  # what the windows cover
        scaler = StandardScaler().fit(SERIES[rows])
        scaled = scaler.transform(dense.reshape(-1, 2)).reshape(dense.shape)
        for candidate, chosen in enumerate(search.cv_results_["params"]):
            part = scaled[:, -chosen["window__lookback"] :]
            model = LSTMRegressor(chosen["lstm__arch"], **SMALL).fit(part[train], Y[train])
            expected = model.score(part[test], Y[test])
            found = search.cv_results_[f"split{number}_test_score"][candidate]
            assert found == pytest.approx(expected, rel=1e-6)


def test_workers_give_the_same_scores():
    lazy, dense, Y = windows()
    cv = PurgedTimeSeriesSplit(2, horizon=2)
    model = LSTMRegressor(**SMALL)
    found = cross_val_score(model, lazy, Y, cv=cv, n_jobs=2)
    np.testing.assert_array_equal(found, cross_val_score(model, dense, Y, cv=cv))


# --- forecasters ----------------------------------------------------------------------------


@pytest.fixture
def small_parts(monkeypatch, never_dense):
    """Let forecasters look at twenty windows at a time."""
    gather = MappedWindows.__array__

    def of_few(self, *args, **kwargs):
        assert len(self) < 100, "all scaled windows were made an array"
        return gather(self, *args, **kwargs)

    monkeypatch.setattr(MappedWindows, "__array__", of_few)
    monkeypatch.setattr(_lazy_array, "_PART_BYTES", 20 * 6 * 3 * 8)
    monkeypatch.setattr(_tensors, "PART_BYTES", 40 * 6 * 3 * 4)
    monkeypatch.setattr(_scaling, "_MANY_VALUES", 400)


def _positive(series):
    return np.exp(series / 3)


def _with_zeros(series):
    return np.maximum(series, 0)


@pytest.mark.parametrize(
    ("change", "arguments"),
    [
        (None, dict(calibration_fraction=0.3)),
        (None, dict(target=[1, 0], scaling="season", season=3, spread=True, baseline="seasonal")),
        (_positive, dict(log=True, baseline="last", balance=True, n_members=2, random_state=1)),
        (_with_zeros, dict(log=True, scaling=None, baseline=None)),
        (None, dict(baseline=LSTMRegressor(**SMALL | dict(epochs=1)), calibration_fraction=0.3)),
    ],
    ids=["linear", "season and spread", "logarithms", "logarithms of zeros", "estimator"],
)
def test_forecasts_of_lazy_windows_are_the_same_bit_for_bit(change, arguments, small_parts):
    series = SERIES if change is None else change(SERIES)
    y = series[:, [1, 0]] if arguments.get("target") else series[:, 0]
    how = dict(y=y, lookback=6, horizon=2, future=None if change else [1])
    if arguments.get("target"):
        how["future"] = None
    lazy, Y = make_windows(series, **how, lazy=True)
    dense = make_windows(series, **how)[0]
    forecaster = Forecaster(LSTMRegressor(**SMALL), **arguments)
    one, other = clone(forecaster).fit(lazy, Y), clone(forecaster).fit(dense, Y)
    np.testing.assert_array_equal(one.predict(lazy), other.predict(dense))
    for member, same in zip(one.members_, other.members_, strict=True):
        for a, b in zip(member._state.weights, same._state.weights, strict=True):
            np.testing.assert_array_equal(a, b)
    if "calibration_fraction" in arguments:
        intervals = other.predict_interval(dense, 0.8)
        np.testing.assert_array_equal(one.predict_interval(lazy, 0.8), intervals)


def test_other_regressors_are_given_an_array(monkeypatch):
    lazy, dense, Y = windows()
    train, test = train_test_split(np.arange(len(Y)), random_state=0)
    forecaster = Forecaster(Ridge(), target=0)
    found = clone(forecaster).fit(lazy[train], Y[train]).predict(lazy[test])
    expected = clone(forecaster).fit(dense[train], Y[train]).predict(dense[test])
    np.testing.assert_array_equal(found, expected)
    monkeypatch.setattr(_lazy_rows, "memory_of_process", lambda: 1000.0)
    with pytest.raises(MemoryError, match="as one array of shape"):
        clone(forecaster).set_params(baseline=None).fit(lazy, Y)


def test_a_backtest_of_lazy_windows_is_that_of_an_array(small_parts):
    lazy, dense, Y = windows()
    models = {
        "naive": NaiveForecaster("drift"),
        "network": Forecaster(LSTMRegressor(**SMALL), baseline="last"),
    }
    cv = PurgedTimeSeriesSplit(2, horizon=2)
    found, expected = (backtest(models, X, Y, cv=cv) for X in (lazy, dense))
    for name in models:
        for one, other in zip(found.forecasts[name], expected.forecasts[name], strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_a_forecaster_cannot_take_is_refused_with_its_place(small_parts):
    series = np.where(np.arange(130) == 97, -1.0, 1.0)
    lazy, Y = make_windows(series, lookback=6, lazy=True)
    forecaster = Forecaster(LSTMRegressor(**SMALL), log=True)
    with pytest.raises(ValueError, match="is -1 in sample 92 of X, time step 5"):
        forecaster.fit(lazy, np.abs(Y))
    with pytest.raises(ValueError, match=r"NaN\. The first is in row 97 of the rows"):
        forecaster.fit(Windows(np.where(series < 0, np.nan, series), lookback=6)[:-1], Y)


def test_memory_is_that_of_the_rows(fresh_python):
    """200,000 windows of 50 steps of 4 features take 160 MB, their rows 3.2."""
    done = fresh_python("""
import resource, sys
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklstm import LSTMRegressor, TimeDistributedTransformer, make_windows

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

series = np.random.default_rng(0).normal(size=(200_000, 4)).astype("f4")
lazy, Y = make_windows(series, series[:, 0], lookback=50, lazy=True)
scale = TimeDistributedTransformer(StandardScaler())
model = make_pipeline(scale, LSTMRegressor(units=1, epochs=1, batch_size=20_000))
model.fit(lazy[::100], Y[::100]).predict(lazy[:50_000])  # with the memory of a batch
before = peak()
model.fit(lazy[:100_000], Y[:100_000])
print(peak() - before)
""")
    assert float(done.stdout) <= 120


@pytest.fixture
def little_memory(monkeypatch):
    """Refuse to hold a copy of the series, and train on few batches at a time."""
    monkeypatch.setattr(_lazy_rows, "_LARGE", 0)
    monkeypatch.setattr(_tensors, "PART_BYTES", 2000)  # 41 windows, two batches


@pytest.mark.parametrize("store", [Store, np.asarray])
@pytest.mark.parametrize(
    "arguments",
    [
        dict(dropout=0.2),
        dict(early_stopping=True, arch="cnn_lstm", filters=4),
        dict(epochs="auto", batch_size=50),
        dict(
            callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]
        ),
    ],
    ids=["dropout", "early stopping", "trial", "batch by batch"],
)
# The last part of this series lies at another level; the weights are compared, not their quality.
@pytest.mark.filterwarnings("ignore:early_stopping judges")
def test_rows_that_fit_into_no_memory_are_read_part_by_part(store, arguments, little_memory):
    dense, Y = make_windows(SERIES, SERIES[:, 0], lookback=6, horizon=2)
    lazy, _ = make_windows(store(SERIES), SERIES[:, 0], lookback=6, horizon=2, lazy=True)
    model = LSTMRegressor(**SMALL | arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_lazy.Windows, "compact", None)  # never called
        one = clone(model).fit(lazy, Y)
    assert_same(one, clone(model).fit(dense, Y), lazy, dense)


def test_the_rest_behind_large_batches_is_trained_like_them(little_memory):
    """Read on its own, it is a part that has a small batch alone: of 156 windows, 28."""
    series = np.random.default_rng(0).normal(size=(172, 1))
    dense, y = make_windows(series, series[:, 0], lookback=16)
    lazy, _ = make_windows(Store(series), series[:, 0], lookback=16, lazy=True)
    model = LSTMRegressor(units=32, epochs=2, batch_size=128, random_state=0)
    one, other = (clone(model).fit(X, y).model_.get_weights() for X in (lazy, dense))
    for ours, expected in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_a_series_larger_than_the_memory_of_the_process(fresh_python, tmp_path):
    """The process may take 1.3 GB, and of the series of 2.2 GB in float64 no copy of a part."""
    done = fresh_python(f"""
import resource
resource.setrlimit(resource.RLIMIT_DATA, (1_300_000_000, 1_300_000_000))
import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklstm import LSTMRegressor, TimeDistributedTransformer, make_windows

file = {str(tmp_path / "series")!r}
with open(file, "wb") as stream:  # with a hole, which takes no space on disk
    np.random.default_rng(0).normal(size=(10_000, 64)).tofile(stream)
    stream.truncate(4_300_000 * 64 * 8)
series = np.memmap(file, float, "r").reshape(-1, 64)
lazy, Y = make_windows(series, series[:, 0], lookback=20, stride=60, lazy=True)
assert series.nbytes > 2e9 and lazy.n_covered * 64 * 4 > 1.3e9 / 4
model = make_pipeline(
    TimeDistributedTransformer(StandardScaler()),
    LSTMRegressor(units=1, epochs=1, batch_size=2000),
)
print(model.fit(lazy, Y[:, 0]).predict(lazy[:500]).shape)
try:
    np.ones(series.shape)
except MemoryError:
    print("refused")
""")
    assert done.stdout.split("\n")[-3:-1] == ["(500,)", "refused"]
