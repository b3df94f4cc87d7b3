"""A fit that diverges goes back to its best weights and on more carefully."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from training_support import assert_equal_weights, compilation, plan, samples, train

from sklstm import LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training import DivergedError, TrainingState, predict
from sklstm._training._network_pool import borrow_network

DATA = np.random.default_rng(0).normal(size=(40, 8))
TARGET = DATA[:, :2].sum(axis=1)


class Spoils(keras.callbacks.Callback):
    """Sets the weights to what no network recovers from, before some epochs, so many times."""

    def __init__(self, epoch, value, times=1):
        super().__init__()
        self.epoch, self.value, self.times = epoch, value, times
        self.seen, self.rates = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(epoch)

    def on_train_batch_begin(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))
        if self.seen[-1] == self.epoch and batch == 0 and self.times:
            self.times -= 1
            self.model.set_weights([np.full_like(w, self.value) for w in self.model.get_weights()])


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_training_goes_on_from_the_beginning_of_the_best_epoch(value):
    """What follows is as if the rate had been half of what it was, from that epoch on."""
    network, data = plan(), samples()
    compiled = compilation(learning_rate=0.01)
    spoils = Spoils(epoch=2, value=value)
    with pytest.warns(ConvergenceWarning, match=r"diverged in epoch 3, .* with 0.5 times the"):
        ended, history, _ = train(network, data, compiled=compiled, epochs=4, callbacks=[spoils])
    good, *_ = train(network, data, compiled=compilation(learning_rate=0.01), epochs=1)
    good.optimizer[1] = np.float32(0.005)  # after the number of steps comes the rate
    slower = compilation(learning_rate=0.005)
    good = replace(good, epoch=2)  # what is left of the four: samples in their order
    expected, losses, _ = train(network, data, state=good, compiled=slower, epochs=2)
    assert spoils.seen == [0, 1, 2, 3]
    assert history["loss"][1] < history["loss"][0]
    np.testing.assert_allclose(history["loss"][2:], losses["loss"], rtol=1e-6)
    for ours, wanted in zip(ended.weights, expected.weights, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-7)


def test_a_fit_that_nothing_helps_ends_in_an_error_and_leaves_the_estimator():
    spoils = Spoils(epoch=0, value=np.nan, times=100)
    model = LSTMRegressor(units=2, epochs=3, random_state=0).fit(DATA, TARGET)
    before = model.predict(DATA)
    model.set_params(callbacks=[spoils])
    with pytest.raises(DivergedError, match="the loss was nan before training"):
        model.fit(DATA, TARGET)
    np.testing.assert_array_equal(model.predict(DATA), before)


def test_a_fit_that_diverges_again_and_again_ends_with_its_best_weights():
    network, data = plan(), samples()
    spoils = Spoils(epoch=2, value=np.nan, times=100)
    with pytest.warns(ConvergenceWarning, match="epoch 3, and was taken back .* it has ended"):
        ended, history, best = train(network, data, epochs=9, callbacks=[spoils])
    good, losses, _ = train(network, data, epochs=1)  # the second of two epochs begins with these
    assert_equal_weights(ended, good)
    first, second, third = history["loss"]
    assert [first] == losses["loss"] and third == second and best == 3
    assert spoils.times == 100 - 13


def test_a_fit_that_does_not_recover_ends_with_its_best_weights():
    """Weights that are large, but not large enough to be taken back, in the last epoch."""
    network, data = plan(), samples()
    callbacks = [Spoils(epoch=1, value=np.nan), Spoils(epoch=3, value=0.6)]
    with pytest.warns(ConvergenceWarning, match="diverged in epoch 2, "):
        ended, history, _ = train(network, data, epochs=4, callbacks=callbacks)
    with pytest.warns(ConvergenceWarning):
        good, losses, _ = train(network, data, epochs=3, callbacks=[Spoils(epoch=1, value=np.nan)])
    assert history["loss"][:3] == losses["loss"] and losses["loss"][2] == min(losses["loss"])
    assert history["loss"][3] == history["loss"][2]
    assert any((a != b).any() for a, b in zip(ended.weights, good.weights, strict=True))
    X, y, _ = data.tensors()
    assert np.square(predict(network, ended, X) - y).mean() < 1.1 * losses["loss"][1]


def test_a_callback_that_ends_training_on_nan_is_obeyed():
    spoils = Spoils(epoch=1, value=np.nan)
    callbacks = [spoils, keras.callbacks.TerminateOnNaN()]
    model = LSTMRegressor(units=2, epochs=3, random_state=0, callbacks=callbacks)
    with pytest.raises(DivergedError):
        model.fit(DATA, TARGET)


def test_initial_weights_that_give_no_finite_loss_are_halved():
    """Cells of relu layers grow from step to step, and this input is not scaled."""
    X = np.full((20, 60, 1), 1e4)
    y = np.arange(20.0)
    with pytest.warns(ConvergenceWarning, match="initial weights were halved"):
        model = LSTMRegressor(units=8, activation="relu", epochs=2, random_state=0).fit(X, y)
    assert np.isfinite(model.predict(X)).all()


def test_a_snapshot_does_not_change_with_training():
    network, data = plan(), samples()
    with borrow_network(network, compilation()) as borrowed:
        borrowed.load(TrainingState(seed=0), 0.01, 32)
        weights = borrowed.model.get_weights()
        noted = borrowed.snapshot()
        kept = [np.array(value) for value in noted]
        X, y, weight = data.tensors()
        borrowed.model.train_on_batch(X, y, weight)
        changed = borrowed.model.get_weights()
        assert any((a != b).any() for a, b in zip(changed, weights, strict=True))
        for value, copy in zip(noted, kept, strict=True):
            np.testing.assert_array_equal(value, copy)
        borrowed.restore(noted)
        for a, b in zip(borrowed.model.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(a, b)


def test_no_warning_where_nothing_was_done():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LSTMRegressor("stacked", units=3, epochs=3, random_state=0).fit(DATA, TARGET)
