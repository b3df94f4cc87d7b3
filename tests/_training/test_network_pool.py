"""Compiled networks are kept, shared where they can be, and as new for each fit."""

from collections import OrderedDict
from functools import partial

import numpy as np
import pytest
from training_support import assert_equal_weights, compilation, plan, samples, train

from sklstm import LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training import Compilation, TrainingState, _network_pool


def test_networks_are_reused_whatever_the_data_and_the_learning_rate():
    network = plan(units=6)
    train(network, samples(70))
    graphs = dict(kept_graphs(network))
    for n, rate, batch in [(40, 0.1, 7), (90, 0.01, 64)]:
        train(network, samples(n), compiled=compilation(learning_rate=rate), batch_size=batch)
    assert kept_graphs(network) == graphs
    train(network, samples(130), batch_size=128)  # which threads may share
    assert len(kept_graphs(network)) == len(graphs) + 1


def kept_graphs(network):
    """Return the graphs of the one compiled network that is kept."""
    (kept,) = [each for (n, *_), each in _network_pool._free.items() if n == network]
    (one,) = kept
    return one._train_graphs


def test_other_compilations_get_other_networks():
    network = plan(units=7)
    for compiled in (
        compilation(),
        compilation("mean_absolute_error"),
        compilation(clipnorm=1.0),
        compilation(keras.losses.Huber(1.0)),
        compilation(keras.losses.Huber(2.0)),
    ):
        train(network, samples(20), compiled=compiled, epochs=1)
    assert sum(n == network for n, *_ in _network_pool._free) == 5


def test_kept_networks_are_bounded_in_number(monkeypatch):
    monkeypatch.setattr(_network_pool, "MAX_NETWORKS", 3)
    monkeypatch.setattr(_network_pool, "_free", OrderedDict())  # the others' stay
    for units in range(1, 7):
        train(plan(units=units), samples(8), epochs=0)
    kept = [network.architecture.units for network, *_ in _network_pool._free]
    assert kept == [(4,), (5,), (6,)]


def test_a_network_is_as_new_after_a_failed_fit():
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("stop here")

    network, data = plan(units=9), samples()
    before, *_ = train(network, data)
    with pytest.raises(RuntimeError, match="stop here"):
        train(network, data, callbacks=[Fails()])
    after, *_ = train(network, data)
    assert_equal_weights(before, after)


def scores_of(search_over):
    X = np.random.default_rng(0).normal(size=(48, 6))
    model = LSTMRegressor(units=2, epochs=3, learning_rate=0.05, random_state=0)
    return [model.set_params(**each).fit(X, X[:, 0]).loss_curve_[-1] for each in search_over]


def test_a_grid_over_partials_trains_each_of_them():
    deltas = 0.01, 0.1, 1.0
    together = scores_of([{"loss": partial(keras.losses.huber, delta=d)} for d in deltas])
    alone = scores_of([{"loss": keras.losses.Huber(d)} for d in deltas])
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    assert len(set(together)) == 3


def test_what_is_in_doubt_is_not_kept():
    class Opaque:
        __slots__ = ()

        def __call__(self, y, outputs):
            return keras.ops.mean((y - outputs) ** 2, axis=-1)

    before = sum(map(len, _network_pool._free.values()))
    expected = scores_of([{"loss": "mean_squared_error"}])
    kept = sum(map(len, _network_pool._free.values()))
    np.testing.assert_allclose(scores_of([{"loss": Opaque()}]), expected, rtol=1e-5)
    assert sum(map(len, _network_pool._free.values())) == kept >= before


# --- what callbacks change -----------------------------------------------------------------


class Changes(keras.callbacks.Callback):
    """Changes the model, when training begins."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def on_train_begin(self, logs=None):
        self.change(self.model)


def freeze(model):
    model.layers[1].trainable = False


def clip(model):
    model.optimizer.clipvalue = 1e-4


def decay(model):
    model.optimizer.learning_rate = keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.1)


@pytest.mark.parametrize("change", [freeze, clip, decay])
def test_what_a_callback_changes_works_as_in_keras_and_ends_with_its_fit(change):
    network, data = plan(units=8), samples()
    kept, *_ = train(network, data, compiled=new_sgd(), shuffle=False)
    start, *_ = train(network, data, epochs=0)
    fresh = {"state": TrainingState(0, start.weights), "shuffle": False}
    changed, history, _ = train(
        network, data, compiled=new_sgd(), callbacks=[Changes(change)], **fresh
    )
    model = network.build()
    model.set_weights(start.weights)
    model.compile(keras.optimizers.SGD(0.1), "mean_squared_error")
    losses = model.fit(
        data.X, data.y, sample_weight=data.weight, batch_size=16, epochs=2, shuffle=False,
        verbose=0, callbacks=[Changes(change)],
    ).history["loss"]  # fmt: skip
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-4)
    for ours, theirs in zip(changed.weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    after, *_ = train(network, data, compiled=new_sgd(), shuffle=False)
    assert_equal_weights(after, kept)


def new_sgd():
    return Compilation(keras.optimizers.SGD(0.1, name="sgd"), "mean_squared_error")


def test_what_a_callback_changed_before_its_fit_failed_ends_with_it():
    class ClipsAndFails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            clip(self.model)
            raise RuntimeError("stop here")

    network = plan(units=8)
    with pytest.raises(RuntimeError, match="stop here"):
        train(network, samples(), compiled=new_sgd(), callbacks=[ClipsAndFails()])
    with _network_pool.borrow_network(network, new_sgd()) as borrowed:
        assert borrowed.optimizer.clipvalue is None


# --- settings of Keras ---------------------------------------------------------------------


def test_an_activation_registered_anew_is_used():
    X = np.random.default_rng(0).normal(size=(20, 4))

    def fit():
        return LSTMRegressor(units=2, epochs=1, random_state=0, activation="test_pool>mine").fit(
            X, X[:, 0]
        )

    def register(function):
        return keras.saving.register_keras_serializable("test_pool", "mine")(function)

    register(lambda x: x)
    linear = fit()
    before = linear.predict(X)
    register(lambda x: 0 * x)
    assert np.ptp(fit().predict(X)) < 1e-6 < np.ptp(before)


@pytest.fixture
def keras_settings():
    """Keras's settings, brought back after the test."""
    config = keras.config
    floatx, epsilon, policy = config.floatx(), config.epsilon(), config.dtype_policy()
    yield config
    config.set_floatx(floatx)
    config.set_epsilon(epsilon)
    config.set_dtype_policy(policy)


def test_settings_of_keras_changed_between_fits_are_used(keras_settings):
    """With an epsilon of 10, the percentage error is ten times the absolute one."""
    X = np.random.default_rng(0).normal(size=(48, 6))
    percentage = LSTMRegressor(
        units=2, epochs=1, loss="mean_absolute_percentage_error", random_state=0
    )
    percentage.fit(X, X[:, 0])
    keras_settings.set_epsilon(10.0)
    absolute = LSTMRegressor(units=2, epochs=1, loss="mean_absolute_error", random_state=0)
    absolute.set_params(batch_size=48).fit(X, X[:, 0])
    percentage.set_params(batch_size=48).fit(X, X[:, 0])
    np.testing.assert_allclose(percentage.loss_curve_[0], 10 * absolute.loss_curve_[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "value"), [("floatx", "float64"), ("dtype_policy", "mixed_float16")]
)
def test_a_dtype_set_for_one_fit_ends_with_it(keras_settings, name, value):
    X = np.random.default_rng(0).normal(size=(48, 6))
    model = LSTMRegressor(units=2, epochs=3, random_state=0)
    usual = getattr(keras_settings, name)()
    getattr(keras_settings, f"set_{name}")(value)
    other = model.fit(X, X[:, 0]).predict(X)
    getattr(keras_settings, f"set_{name}")(usual)
    after = model.fit(X, X[:, 0]).predict(X)
    _network_pool._free.clear()
    np.testing.assert_array_equal(model.fit(X, X[:, 0]).predict(X), after)
    np.testing.assert_allclose(other, after, atol=0.01)
