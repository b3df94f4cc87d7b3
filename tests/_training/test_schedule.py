"""Batches, and the course of the learning rate."""

import numpy as np
import pytest
from training_support import assert_equal_weights, compilation, plan, samples, train

from sklstm import LSTMClassifier, LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training import _network_pool
from sklstm._training._schedule import Batches, Schedule

DATA = np.random.default_rng(0).normal(size=(48, 6))
TARGET = DATA[:, :2].sum(axis=1)


def batches(n_samples, batch_size, *, even=False):
    return Batches(n_samples, batch_size, False, even, Schedule()).ends().tolist()


def test_the_last_batch_holds_what_is_left_or_all_are_of_one_size():
    assert batches(50, 16) == [16, 32, 48, 50]
    assert batches(50, 16, even=True) == [12, 25, 37, 50]
    assert batches(48, 16) == batches(48, 16, even=True) == [16, 32, 48]
    assert batches(3, 32) == [3]


def test_cosine_rises_over_the_first_tenth_and_falls_to_zero():
    factors = np.concatenate([Schedule("cosine", 20).factors(epoch, 10) for epoch in range(20)])
    np.testing.assert_allclose(factors[:2], [0.025, 0.075], rtol=1e-6)  # 0.5 and 1.5 of 20 steps
    assert factors.argmax() in (19, 20)
    # Steps 20 to 200 fall along half a cosine; step 110 begins its second half.
    np.testing.assert_allclose(factors[109:111].mean(), 0.5, atol=1e-6)
    np.testing.assert_allclose(factors[-1], 0, atol=1e-4)


def test_one_cycle_is_that_of_pytorch():
    """PyTorch's OneCycleLR begins at 1/25 of the peak, which follows after 30 % of the steps."""
    factors = np.concatenate([Schedule("one_cycle", 100).factors(e, 10) for e in range(100)])
    np.testing.assert_allclose(factors[0], 1 / 25, rtol=1e-3)
    assert factors.argmax() in (299, 300)
    np.testing.assert_allclose(factors[-1], 1 / 25e4, atol=1e-5)


def test_a_function_is_given_the_part_of_the_fit_that_is_done():
    schedule = Schedule(lambda progress: 1 - progress, epochs=2)
    np.testing.assert_allclose(schedule.factors(0, 2), [0.875, 0.625])
    np.testing.assert_allclose(schedule.factors(1, 2), [0.375, 0.125])


@pytest.mark.parametrize("factor", [-0.1, np.nan, np.inf])
def test_a_function_that_returns_no_factor_is_refused(factor):
    model = LSTMRegressor(units=2, epochs=1, learning_rate_schedule=lambda progress: factor)
    with pytest.raises(ValueError, match="learning_rate_schedule must return a finite factor"):
        model.fit(DATA, TARGET)


def test_each_batch_steps_with_its_own_rate():
    """With SGD the first step of the head's bias is the rate times a known gradient."""
    steps = {}
    for name, factor in {"full": 1.0, "quarter": 0.25}.items():
        model = LSTMRegressor(
            units=2, epochs=1, batch_size=48, optimizer="sgd", learning_rate=0.1, random_state=0,
            learning_rate_schedule=lambda progress, factor=factor: factor,
            optimizer__global_clipnorm=None,
        ).fit(DATA, TARGET + 1)  # fmt: skip
        steps[name] = model.model_.layers[-1].bias.numpy()
    np.testing.assert_allclose(steps["quarter"], steps["full"] / 4, rtol=1e-5)
    assert abs(steps["full"]) > 1e-6


def test_a_schedule_is_that_of_keras():
    """Ours, as factors of a rate, against the same numbers in a schedule of Keras."""
    network, data = plan(), samples(64)
    factors = [1.0, 0.5, 0.25, 0.125, 0.5, 1.0, 0.75, 0.25]  # 2 epochs of 4 batches

    def own(progress):
        return factors[int(progress * 8)]

    ours, *_ = train(network, data, schedule=own, compiled=compilation(learning_rate=0.01))
    rates = [0.01 * factor for factor in factors]
    stepwise = keras.optimizers.schedules.PiecewiseConstantDecay([0, 1, 2, 3, 4, 5, 6], rates)
    theirs, *_ = train(network, data, compiled=compilation(learning_rate=stepwise))
    for one, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def test_schedules_lengths_and_rates_share_one_graph():
    network = plan(units=11)
    for schedule, epochs, rate in [("constant", 1, 0.1), ("cosine", 3, 0.01), ("one_cycle", 2, 1)]:
        compiled = compilation(learning_rate=float(rate))
        train(network, samples(40), schedule=schedule, epochs=epochs, compiled=compiled)
    (kept,) = [s for (n, *_), s in _network_pool._free.items() if n == network]
    assert len(kept) == 1


def test_a_constant_schedule_leaves_the_rate_to_callbacks():
    class Halves(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.optimizer.learning_rate = 0.005

    network, data = plan(), samples()
    compiled = compilation(learning_rate=0.01)
    ours, *_ = train(network, data, compiled=compiled, callbacks=[Halves()])
    first, *_ = train(network, data, compiled=compilation(learning_rate=0.01), epochs=1)
    first.optimizer[1] = np.float32(0.005)  # Keras's optimizers begin with iterations and rate
    second, *_ = train(
        network, data, state=first, compiled=compilation(learning_rate=0.005), epochs=1
    )
    assert_equal_weights(ours, second)


def test_warm_starts_and_partial_fit_keep_a_constant_rate():
    """So that two fits are one longer one, and every call of partial_fit counts as much."""
    settings = dict(units=2, learning_rate=0.01, random_state=0)
    constant = dict(settings, learning_rate_schedule="constant")
    once = LSTMRegressor(**constant, epochs=4).fit(DATA, TARGET)
    twice = LSTMRegressor(**settings, epochs=2, warm_start=True).fit(DATA, TARGET)
    twice.fit(DATA, TARGET)
    part = LSTMRegressor(**settings)
    for _ in range(4):
        part.partial_fit(DATA, TARGET)
    cosine = LSTMRegressor(**settings, epochs=4).fit(DATA, TARGET)
    np.testing.assert_array_equal(twice.predict(DATA), once.predict(DATA))
    np.testing.assert_array_equal(part.predict(DATA), once.predict(DATA))
    assert np.abs(cosine.predict(DATA) - once.predict(DATA)).max() > 1e-6


def test_two_schedules_are_refused():
    decay = keras.optimizers.schedules.CosineDecay(0.01, 10)
    LSTMRegressor(units=2, epochs=1, learning_rate=decay).fit(DATA, TARGET)
    model = LSTMRegressor(units=2, epochs=1, learning_rate=decay, learning_rate_schedule="cosine")
    with pytest.raises(ValueError, match="learning_rate_schedule='cosine' multiplies a constant"):
        model.fit(DATA, TARGET)
    with pytest.raises(ValueError, match="learning_rate_schedule"):
        LSTMClassifier(learning_rate_schedule="cosin").fit(DATA, TARGET > 0)
