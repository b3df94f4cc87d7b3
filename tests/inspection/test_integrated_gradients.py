"""Attributions: those of Keras's own gradients, complete, and the same through linear steps."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from sklstm import (
    ARCHITECTURES,
    Forecaster,
    LSTMClassifier,
    LSTMRegressor,
    SlidingWindow,
    TimeDistributedTransformer,
    WindowImputer,
    make_windows,
    pad_sequences,
)
from sklstm.inspection import integrated_gradients

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 8, 3))
Y = np.stack([X[:, -1, 0] + X[:, 2, 1], 100 * X[:, 4, 2]], axis=1)
UNITS = [1, 10, 1000]
SMALL = dict(
    units=5, filters=4, fcn_filters=(5, 4), fcn_kernel_sizes=(3, 2), epochs=4,
    learning_rate=0.02, random_state=0,
)  # fmt: skip


def attributions_of_keras(model, X, baseline, column, n_points=200):
    """Gradients of the Keras model of stock layers, at the midpoints of as many parts of paths."""
    places = (np.arange(n_points) + 0.5) / n_points
    points = baseline + places[:, None, None, None] * (X - baseline)
    points = tf.constant(points.reshape(-1, *X.shape[1:]), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(points)
        output = model.model_(points)[:, column]
    gradients = tape.gradient(output, points).numpy().reshape(n_points, *X.shape)
    return gradients.mean(axis=0) * (X - baseline)


@pytest.mark.parametrize(
    ("arch", "readout"), [*((arch, "last") for arch in ARCHITECTURES), ("stacked", "last_mean_max")]
)
def test_attributions_are_those_of_the_keras_model(arch, readout):
    model = LSTMRegressor(arch, readout=readout, **SMALL).fit(X, Y)
    result = integrated_gradients(model, X[:3], target=1, baseline=0.3, tol=1e-4)
    expected = attributions_of_keras(model, X[:3], 0.3, column=1) * Y[:, 1].std()
    size = abs(expected).max()
    assert_allclose(result.attributions, expected, atol=0.01 * size)
    total = result.attributions.sum(axis=(1, 2))
    assert_allclose(
        total, result.predictions - result.baseline_predictions, atol=1e-3 * Y[:, 1].std()
    )
    assert_allclose(result.predictions, model.predict(X[:3])[:, 1], rtol=1e-6)
    assert_allclose(
        result.baseline_predictions, model.predict(np.full((3, 8, 3), 0.3))[:, 1], rtol=1e-6
    )


@pytest.fixture(scope="module")
def regressor():
    return LSTMRegressor(**SMALL).fit(X, Y)


@pytest.fixture(scope="module")
def classifier():
    """A network that is sure of what it has learnt from two cells."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 5, 3))
    y = np.where(X[:, 3, 1] > 0, "up", np.where(X[:, 1, 0] > 0, "flat", "down"))
    model = LSTMClassifier(units=8, epochs=40, learning_rate=0.03, random_state=0)
    return model.fit(X, y), X, y


def test_what_speaks_for_a_class(classifier):
    model, X, y = classifier
    result = integrated_gradients(model, X[:40], baseline=0)
    assert model.score(X, y) > 0.9 and np.median(result.predictions) > 0.95
    assert_array_equal(result.target, model.predict(X[:40]))
    assert_allclose(result.predictions, model.predict_proba(X[:40]).max(axis=1), rtol=1e-6)
    assert_allclose(
        result.attributions.sum(axis=(1, 2)),
        result.predictions - result.baseline_predictions,
        atol=1e-3,
    )
    assert abs(result.completeness_error).max() < 1e-3
    # Of those that go up, the cell that decides speaks for it most.
    up = abs(result.attributions[result.target == "up"]).mean(axis=0)
    assert np.unravel_index(up.argmax(), up.shape) == (3, 1)
    assert result.step_names == ["t-4", "t-3", "t-2", "t-1", "t"]
    assert result.feature_names == ["x0", "x1", "x2"]


def test_probabilities_of_all_classes_share_out_nothing(classifier):
    """They sum to 1 everywhere."""
    model, X, _ = classifier
    shares = [
        integrated_gradients(model, X[:5], target=label).attributions for label in model.classes_
    ]
    assert_allclose(sum(shares).sum(axis=(1, 2)), 0, atol=1e-3)
    own = model.predict(X[:5])
    mixed = integrated_gradients(model, X[:5], target=own)
    assert_array_equal(mixed.attributions, integrated_gradients(model, X[:5]).attributions)
    with pytest.raises(ValueError, match=r"target='left' is none of the classes, \['down'"):
        integrated_gradients(model, X[:5], target="left")
    with pytest.raises(ValueError, match="one for each of the 5 samples, got shape"):
        integrated_gradients(model, X[:5], target=own[:2])
    with pytest.raises(ValueError, match=r"quantile=0\.5 is for regressors"):
        integrated_gradients(model, X[:5], quantile=0.5)


def test_labels_of_which_a_sample_may_have_several():
    y = (X[:, -1, :2] > 0).astype(int)
    model = LSTMClassifier(units=3, epochs=2, random_state=0).fit(X, y)
    result = integrated_gradients(model, X[:4], target=1)
    assert_allclose(result.predictions, model.predict_proba(X[:4])[:, 1], rtol=1e-6)
    with pytest.raises(ValueError, match="may have several labels"):
        integrated_gradients(model, X[:4])


def test_outputs_of_a_regressor(regressor):
    both = [integrated_gradients(regressor, X[:4], target=k) for k in (0, 1)]
    for k, result in enumerate(both):
        assert_allclose(result.predictions, regressor.predict(X[:4])[:, k], rtol=1e-6)
        error = result.attributions.sum(axis=(1, 2)) - (
            result.predictions - result.baseline_predictions
        )
        assert_allclose(result.completeness_error, error, atol=1e-9)
        assert abs(error).max() < 1e-3 * Y[:, k].std()
    last = integrated_gradients(regressor, X[:4], target=-1)
    assert_array_equal(last.attributions, both[1].attributions)
    for wrong in None, 2, "x0":
        with pytest.raises(ValueError, match="target must be the number of one of the 2 outputs"):
            integrated_gradients(regressor, X[:4], target=wrong)
    with pytest.raises(ValueError, match=r"quantile=0\.9 is not predicted"):
        integrated_gradients(regressor, X[:4], target=0, quantile=0.9)


def test_quantiles_are_those_that_are_predicted():
    """Sorted ones: the units of a network that has learnt little cross."""
    model = LSTMRegressor(units=3, epochs=1, quantiles=(0.1, 0.5, 0.9), random_state=0).fit(X, Y)
    outputs = model._forward(X[:9]).reshape(9, 2, 3)
    assert (np.diff(outputs, axis=2) < 0).any()
    quantiles = model.predict_quantiles(X[:9])
    for number, level in enumerate((0.1, 0.5, 0.9)):
        result = integrated_gradients(model, X[:9], target=1, quantile=level)
        assert_allclose(result.predictions, quantiles[:, 1, number], rtol=1e-6)
        assert abs(result.completeness_error).max() < 1e-3 * Y[:, 1].std()
    median = integrated_gradients(model, X[:9], target=0)
    assert_allclose(median.predictions, model.predict(X[:9])[:, 0], rtol=1e-6)


def test_a_target_that_is_constant_has_nothing_to_share_out():
    model = LSTMRegressor(units=2, epochs=1, random_state=0).fit(X, np.full(len(X), 7.0))
    result = integrated_gradients(model, X[:2])
    assert_array_equal(result.attributions, 0)
    assert_array_equal(result.predictions, 7)


# --- steps before the network ---------------------------------------------------------------


def chain(*steps, **changes):
    return make_pipeline(*steps, LSTMRegressor(**{**SMALL, **changes})).fit(X * UNITS + 5, Y[:, 0])


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()])
def test_scales_change_nothing(scaler):
    """A share is a gradient times a difference: units cancel."""
    pipe = chain(TimeDistributedTransformer(scaler))
    raw = X[:4] * UNITS + 5
    baseline = np.array([1.0, 2.0, 3.0])
    result = integrated_gradients(pipe, raw, baseline=baseline)
    scaled = pipe[:-1].transform(raw)
    start = pipe[:-1].transform(baseline[np.newaxis, np.newaxis])[0, 0]
    expected = integrated_gradients(pipe[-1], scaled, baseline=start)
    assert_allclose(result.attributions, expected.attributions, rtol=1e-3, atol=1e-5)


def test_rotations_share_out_anew_within_a_step():
    pipe = chain(TimeDistributedTransformer(make_pipeline(StandardScaler(), PCA())))
    raw = X[:4] * UNITS + 5
    result = integrated_gradients(pipe, raw, baseline=5.0)
    turned = pipe[:-1].transform(raw)
    start = pipe[:-1].transform(np.full((1, 8, 3), 5.0))[0]
    expected = integrated_gradients(pipe[-1], turned, baseline=start)
    assert_allclose(
        result.attributions.sum(axis=2),
        expected.attributions.sum(axis=2),
        rtol=1e-3,
        atol=1e-5,
    )
    # through the rotation by hand: gradients of components times loadings over scales
    gradients = expected.attributions / (turned - start)
    scaler, pca = pipe[0].transformer_
    by_hand = gradients @ pca.components_ / scaler.scale_ * (raw - 5.0)
    assert_allclose(result.attributions, by_hand, rtol=1e-2, atol=1e-4)


def test_steps_that_are_cut_off_get_nothing():
    pipe = chain(SlidingWindow(5), TimeDistributedTransformer(StandardScaler()))
    raw = X[:4] * UNITS + 5
    result = integrated_gradients(pipe, raw, baseline=0)
    assert_array_equal(result.attributions[:, :3], 0)
    alone = integrated_gradients(pipe[1:], raw[:, 3:], baseline=0)
    assert_allclose(result.attributions[:, 3:], alone.attributions, rtol=1e-4, atol=1e-6)


def test_columns_that_are_dropped_get_nothing_and_an_imputer_changes_nothing():
    columns = ColumnTransformer([("scale", StandardScaler(), [0, 2])])
    imputer = WindowImputer(add_indicator=True, padding=None)
    pipe = chain(imputer, TimeDistributedTransformer(columns))
    search = GridSearchCV(pipe, {}, cv=2).fit(X * UNITS + 5, Y[:, 0])
    result = integrated_gradients(FrozenEstimator(search), X[:4] * UNITS + 5)
    assert_array_equal(result.attributions[:, :, 1], 0)
    assert (result.attributions[:, :, 0] != 0).all()


def test_windows_of_rows_are_explained():
    table = pd.DataFrame(X[:, 0] * UNITS, columns=["load", "wind", "sun"])
    y = table["load"].to_numpy()
    pipe = make_pipeline(StandardScaler(), SlidingWindow(4), LSTMRegressor(**SMALL)).fit(table, y)
    result = integrated_gradients(pipe, table)
    assert result.attributions.shape == (48, 4, 3)
    assert result.feature_names == ["load", "wind", "sun"]
    assert_allclose(result.predictions, pipe.predict(table), rtol=1e-6)
    assert abs(result.completeness_error).max() < 1e-3 * y.std()
    windows, _ = make_windows(pipe[0].transform(table), y, lookback=4)
    expected = integrated_gradients(pipe[-1], windows, baseline=0)
    assert_allclose(result.attributions[3:-1], expected.attributions, rtol=1e-3, atol=1e-5)


def test_sequences_of_one_feature_as_a_table():
    table = X[:, :, 0]
    model = LSTMRegressor(**SMALL).fit(table, Y[:, 0])
    result = integrated_gradients(model, table[:3], baseline=0.1)
    expected = integrated_gradients(model, X[:3, :, :1], baseline=np.full((8, 1), 0.1))
    assert result.attributions.shape == (3, 8, 1)
    assert_allclose(result.attributions, expected.attributions)
    scaled = make_pipeline(StandardScaler(), LSTMRegressor(**SMALL)).fit(table, Y[:, 0])
    by_column = integrated_gradients(scaled, table[:3], baseline=table.mean(axis=0))
    alone = integrated_gradients(scaled[-1], scaled[0].transform(table[:3]), baseline=0)
    assert_allclose(by_column.attributions, alone.attributions, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (TimeDistributedTransformer(FunctionTransformer(np.exp)), "it is not linear"),
        (FunctionTransformer(lambda X: np.cumsum(X, axis=1)), "does not transform each time step"),
        (FunctionTransformer(lambda X: X[:, ::2]), "does not transform each time step"),
    ],
)
def test_steps_that_are_not_linear_are_refused(step, reason):
    pipe = make_pipeline(step, LSTMRegressor(units=2, epochs=1)).fit(X, Y[:, 0])
    with pytest.raises(ValueError, match=f"cannot look through.*{reason}"):
        integrated_gradients(pipe, X[:3])


def test_a_step_that_is_not_fitted():
    model = LSTMRegressor(units=2, epochs=1).fit(X, Y[:, 0])
    pipe = make_pipeline(TimeDistributedTransformer(StandardScaler()), model)
    with pytest.raises(NotFittedError):
        integrated_gradients(pipe, X[:3])


def test_what_is_no_network_is_refused():
    windows, y = make_windows(X[:, 0, 0], lookback=4)
    for estimator in Forecaster(Ridge()).fit(windows, y), Ridge().fit(windows[:, :, 0], y):
        with pytest.raises(ValueError, match=r"needs a fitted LSTMRegressor or LSTMClassifier"):
            integrated_gradients(estimator, windows)


# --- sequences of unequal length, lazy windows, baselines ------------------------------------


@pytest.mark.parametrize("arch", ["vanilla", "lstm_fcn"])
def test_sequences_of_unequal_length_are_explained_as_each_alone(arch):
    lengths = [8, 3, 8, 5, 4, 7, *RNG.integers(3, 9, 42)]
    ragged = [x[:n] for x, n in zip(X, lengths, strict=True)]
    scaler = TimeDistributedTransformer(StandardScaler())
    labels = np.where(Y[:, 0] > 0, "a", "b")
    pipe = make_pipeline(scaler, LSTMClassifier(arch, **SMALL)).fit(ragged, labels)
    result = integrated_gradients(pipe, ragged[:6], baseline=0.2)
    assert [x.shape for x in result.attributions] == [(n, 3) for n in lengths[:6]]
    assert_allclose(result.predictions, pipe.predict_proba(ragged[:6]).max(axis=1), rtol=1e-6)
    assert abs(result.completeness_error).max() < 1e-3
    for number in 1, 3:
        alone = integrated_gradients(pipe, [ragged[number]], baseline=0.2)
        assert_allclose(np.asarray(alone.attributions)[0], result.attributions[number], atol=1e-4)
    padded = integrated_gradients(pipe, pad_sequences(ragged[:6]), baseline=0.2)
    assert_allclose(padded.attributions, pad_sequences(result.attributions), atol=1e-6)
    assert padded.step_names[0] == "t-7"


def test_lazy_windows_and_baselines_of_every_form(regressor):
    rows = RNG.normal(size=(20, 3))
    lazy, _ = make_windows(rows, rows[:, 0], lookback=8, lazy=True)
    dense = np.asarray(lazy)
    mean = dense.mean(axis=(0, 1))
    results = [
        integrated_gradients(regressor, windows, target=0, baseline=baseline).attributions
        for windows, baseline in [
            (lazy, "mean"),
            (dense, mean),
            (dense, np.tile(mean, (8, 1))),
            (dense, mean + np.zeros_like(dense)),
        ]
    ]
    for other in results[1:]:
        assert_allclose(other, results[0], atol=1e-6)
    for wrong in "median", np.zeros(8), np.zeros((2, 3)):
        with pytest.raises(ValueError, match="baseline"):
            integrated_gradients(regressor, dense, target=0, baseline=wrong)


def test_missing_values_are_no_end_of_a_path(regressor):
    broken = X[:3].copy()
    broken[1, 4, 0] = np.nan
    with pytest.raises(ValueError, match="X contains NaN or infinity"):
        integrated_gradients(regressor, broken, target=0)


def test_what_does_not_add_up_is_told(regressor):
    with pytest.warns(UserWarning, match="miss what they should sum to"):
        integrated_gradients(regressor, X[:3], target=0, n_steps=1, tol=1e-12)


def test_names_of_windows_reach_the_result_through_a_pipeline():
    frame = pd.DataFrame({"load": np.arange(30.0) % 7, "price": np.arange(30.0) % 5})
    X, Y = make_windows(frame, "load", lookback=4)
    scale = TimeDistributedTransformer(StandardScaler())
    model = make_pipeline(scale, LSTMRegressor(units=2, epochs=1, random_state=0)).fit(X, Y)
    result = integrated_gradients(model, X[:3])
    assert result.feature_names == ["load", "price"]  # without a warning of missing names
