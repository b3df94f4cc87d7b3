"""Every optimizer of Keras, with its options, trains as stock Keras trains with it."""

import numpy as np
import pytest
from training_support import assert_equal_weights, plan

from sklstm import _training
from sklstm._kernels._tensorflow import keras, start, tf
from sklstm._training import Compilation, Samples, TrainingState
from sklstm._training._initial_weights import initialize

start()
optimizers, schedules = keras.optimizers, keras.optimizers.schedules

NETWORK = plan("vanilla", units=3, n_outputs=1)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(56, 10, 2)).astype("f4")
# 7 batches of 8: the number of batches is no multiple of 2 or 3
SAMPLES = Samples(X, 3 * X[:, :5].sum((1, 2))[:, np.newaxis], np.ones(56, "f4"))


class Inverse(schedules.LearningRateSchedule):
    """A schedule of a user's own."""

    def __init__(self, first):
        self.first = first

    def __call__(self, step):
        return self.first / (1.0 + tf.cast(step, "float32"))

    def get_config(self):
        return {"first": self.first}


def warm_up():
    return schedules.CosineDecay(1e-3, 20, warmup_target=1e-2, warmup_steps=5)


def everything():
    return dict(
        use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3, clipnorm=0.1,
        weight_decay=0.01, gradient_accumulation_steps=2,
    )  # fmt: skip


CLASSES = [
    optimizers.Adam, optimizers.AdamW, optimizers.Adamax, optimizers.Nadam, optimizers.Adadelta,
    optimizers.Adagrad, optimizers.Adafactor, optimizers.Ftrl, optimizers.Lion, optimizers.Lamb,
    optimizers.Muon, optimizers.RMSprop, optimizers.SGD, optimizers.ScheduleFreeAdamW,
]  # fmt: skip
OPTIONS = {
    "average": lambda: dict(use_ema=True, ema_momentum=0.9),
    "clipvalue": lambda: dict(clipvalue=0.01),
    "global_clipnorm": lambda: dict(global_clipnorm=0.1),
    "accumulation": lambda: dict(gradient_accumulation_steps=3),
    "loss_scale": lambda: dict(loss_scale_factor=64.0),
    "decaying": lambda: dict(learning_rate=schedules.ExponentialDecay(0.01, 5, 0.5)),
    "own": lambda: dict(learning_rate=Inverse(0.01)),
    "warm_up": lambda: dict(learning_rate=warm_up(), gradient_accumulation_steps=2),
}
# Options are of the base class: the optimizers that have a way of their own with them.
SPECIAL = [
    optimizers.Adam, optimizers.Adafactor, optimizers.Ftrl, optimizers.Lamb, optimizers.Muon,
    optimizers.SGD, optimizers.ScheduleFreeAdamW,
]  # fmt: skip
MORE = [
    (optimizers.Adam, lambda: dict(amsgrad=True, gradient_accumulation_steps=2)),
    (optimizers.Adam, lambda: dict(beta_1=0.5, beta_2=0.8, epsilon=1e-3)),
    (optimizers.AdamW, lambda: dict(amsgrad=True)),
    (optimizers.SGD, lambda: dict(momentum=0.9, nesterov=True, gradient_accumulation_steps=2)),
    (optimizers.RMSprop, lambda: dict(momentum=0.5, centered=True)),
    (optimizers.Adafactor, lambda: dict(relative_step=False)),
]


def make(kind, options=dict):
    return lambda: kind(**{"learning_rate": 0.01, "name": "optimizer", **options()})


def without_decay_of_biases():
    optimizer = optimizers.AdamW(0.01, weight_decay=0.1, name="optimizer")
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def scaling_losses(inner, **options):
    return lambda: optimizers.LossScaleOptimizer(inner(), name="optimizer", **options)


CASES = {
    **{kind.__name__: make(kind) for kind in CLASSES},
    **{f"{kind.__name__}-everything": make(kind, everything) for kind in SPECIAL},
    **{f"Adam-{name}": make(optimizers.Adam, options) for name, options in OPTIONS.items()},
    **{f"SGD-{name}": make(optimizers.SGD, OPTIONS[name]) for name in ("average", "warm_up")},
    **{f"{kind.__name__}-{i}": make(kind, options) for i, (kind, options) in enumerate(MORE)},
    "AdamW-without_decay_of_biases": without_decay_of_biases,
    "LossScale-Adam": scaling_losses(make(optimizers.Adam), dynamic_growth_steps=3),
    "LossScale-overflow": scaling_losses(make(optimizers.SGD), initial_scale=2.0**127),
    "LossScale-schedule": scaling_losses(make(optimizers.SGD, OPTIONS["decaying"])),
}


def first_weights():
    model = NETWORK.build()
    initialize(model, seed=3)
    return model.get_weights()


def by_keras(optimizer, weights, epochs):
    model = NETWORK.build()
    model.set_weights(weights)
    model.compile(optimizer, "mean_squared_error", auto_scale_loss=False)
    # Left to fit, ScheduleFreeAdamW's copies of the weights would be made within the graph.
    optimizer.build(model.trainable_variables)
    fit = model.fit(SAMPLES.X, SAMPLES.y, epochs=epochs, batch_size=8, shuffle=False, verbose=0)
    return fit.history["loss"], model.get_weights()


def by_us(optimizer, state, epochs):
    compilation = Compilation(optimizer, "mean_squared_error")
    end, history, _ = _training.train(
        NETWORK, compilation, state, SAMPLES, epochs=epochs, batch_size=8, shuffle=False
    )
    return history["loss"], end


@pytest.mark.parametrize("case", CASES)
def test_training_is_that_of_keras(case):
    weights = first_weights()
    losses, expected = by_keras(CASES[case](), weights, epochs=4)
    history, end = by_us(CASES[case](), TrainingState(0, weights), epochs=4)
    np.testing.assert_allclose(history, losses, rtol=1e-4)
    for ours, theirs in zip(end.weights, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-4 * np.abs(theirs).max())
    # the compiled network that both use is as new for the second fit
    again, same = by_us(CASES[case](), TrainingState(0, weights), epochs=4)
    assert again == history
    assert_equal_weights(same, end)


# Keras overwrites the weights by their averages at the end of each call of fit.
RESUMABLE = [case for case in CASES if not case.endswith(("average", "everything"))]


@pytest.mark.parametrize("case", RESUMABLE[::3])
def test_a_resumed_fit_equals_one_that_never_stopped(case):
    whole, end = by_us(CASES[case](), TrainingState(0, first_weights()), epochs=4)
    first, half = by_us(CASES[case](), TrainingState(0, first_weights()), epochs=2)
    by_us(CASES[case](), TrainingState(1), epochs=1)  # another fit comes between
    second, resumed = by_us(CASES[case](), half, epochs=2)
    assert first + second == whole
    assert_equal_weights(resumed, end)
