"""Random configurations, trained by us and by stock Keras from the same weights and batches.

A longer run of other configurations: python tests/integration/test_against_keras.py 2000 [FIRST]
"""

import re
import sys
import warnings
from itertools import pairwise

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import compute_sample_weight

from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor
from sklstm._kernels._tensorflow import keras
from sklstm._training import DivergedError
from sklstm._training._schedule import Batches, Schedule, choose_course
from sklstm._training._seeds import dropout_seeds, reseed_dropout

N_CONFIGURATIONS = 8

optimizers, schedules = keras.optimizers, keras.optimizers.schedules
OPTIMIZERS = [
    "adam", "adamw", "adamax", "nadam", "adadelta", "adagrad", "adafactor", "lion", "lamb",
    "rmsprop", "sgd", "ftrl",
]  # fmt: skip
OPTIONS = [
    {"clipnorm": 0.1}, {"clipvalue": 0.05}, {"global_clipnorm": 0.5}, {"weight_decay": 0.01},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 2},
    {"gradient_accumulation_steps": 2}, {"loss_scale_factor": 8.0},
]  # fmt: skip
OF_ONE_OPTIMIZER = {
    "sgd": [{"momentum": 0.9}, {"momentum": 0.8, "nesterov": True}],
    "rmsprop": [{"centered": True}, {"momentum": 0.5}],
    "adam": [{"amsgrad": True}, {"beta_1": 0.5, "epsilon": 1e-3}],
}


def draw_schedule(rng):
    kinds = [
        lambda: schedules.ExponentialDecay(0.02, 3, 0.7),
        lambda: schedules.CosineDecay(1e-3, 20, warmup_target=0.02, warmup_steps=4),
        lambda: schedules.PiecewiseConstantDecay([3, 7], [0.02, 0.01, 0.002]),
        lambda: schedules.InverseTimeDecay(0.02, 2, 0.5),
    ]
    return kinds[rng.integers(len(kinds))]()


def configuration(seed):
    """Draw an estimator, its data and sample weights."""
    rng = np.random.default_rng(seed)
    choose = lambda *values: values[rng.integers(len(values))]  # noqa: E731
    arch, name = choose(*ARCHITECTURES), choose(*OPTIMIZERS)
    possible = OPTIONS + OF_ONE_OPTIMIZER.get(name, [])
    options = possible[rng.integers(len(possible))] if rng.random() < 0.6 else {}
    arguments = dict(
        arch=arch,
        units=int(rng.integers(1, 9)),
        activation=choose("auto", "auto", "tanh", "relu", "softsign"),
        dropout=choose(0.0, 0.0, 0.3),
        readout=choose("last", "last", "mean", "max", "last_mean_max"),
        filters=int(rng.integers(1, 5)),
        kernel_size=int(rng.integers(1, 4)),
        pool_size=int(rng.integers(1, 3)),
        subsequences=choose(None, 1, 2),
        fcn_filters=(int(rng.integers(1, 5)), 3),
        fcn_kernel_sizes=(int(rng.integers(1, 9)), 2),
        squeeze_excitation=choose(False, True),
        optimizer=name,
        learning_rate=choose(0.001, 0.02),
        learning_rate_schedule=choose("auto", "constant"),
        epochs=int(rng.integers(1, 4)),
        batch_size=int(rng.integers(3, 40)),
        shuffle=False,
        random_state=int(rng.integers(1000)),
        **{f"optimizer__{key}": value for key, value in options.items()},
    )
    if rng.random() < 0.3:
        arguments["learning_rate"] = draw_schedule(rng)
    X = rng.normal(size=(int(rng.integers(20, 50)), 8, int(rng.integers(1, 4))))
    if rng.random() < 0.5:
        y = X[:, : choose(1, 3), 0] * 3 + 1
        losses = "mean_squared_error", "mean_absolute_error", "huber", "log_cosh"
        estimator = LSTMRegressor(**arguments, loss=choose(*losses), metrics=choose(None, ["mae"]))
        estimator.set_params(early_stopping=bool(rng.random() < 0.3) and arch != "lstm_fcn")
    else:
        y = np.array(["a", "b", "c"])[np.digitize(X[:, 0, 0], [-0.5, 0.5])]
        loss = choose("auto", "sparse_categorical_crossentropy", "kl_divergence")
        estimator = LSTMClassifier(**arguments, loss=loss, metrics=choose(None, ["accuracy"]))
        if rng.random() < 0.3:
            estimator.set_params(class_weight="balanced")
    weight = rng.uniform(0.5, 2.0, len(X)) if rng.random() < 0.4 else None
    return estimator, X, y, weight


class AsOurs(keras.callbacks.Callback):
    """Gives a stock model our seeds of dropout in each epoch, and our rate in each batch."""

    def __init__(self, seed, rate, schedule):
        super().__init__()
        self.seed, self.rate, self.schedule = seed, rate, schedule

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        reseed_dropout(dropout_seeds(self.model), self.seed, epoch)

    def on_train_batch_begin(self, batch, logs=None):
        if self.rate is not None:
            factors = self.schedule.factors(self.epoch, self.params["steps"])
            optimizer = self.model.optimizer
            getattr(optimizer, "inner_optimizer", optimizer).learning_rate = (
                self.rate * factors[batch]
            )


def endless(arrays, ends):
    """Yield the batches that end there, again and again."""
    while True:
        for begin, end in pairwise([0, *ends]):
            yield tuple(array[begin:end] for array in arrays)


def by_keras(estimator, X, y, weight, fitted):
    """Train a stock model as the fitted estimator was trained; return its history and itself."""
    unfitted = clone(estimator).set_params(early_stopping=False)
    model = keras.models.clone_model(unfitted.initialize(X, y).model_)
    model.set_weights(unfitted.model_.get_weights())
    encoder = fitted.target_encoder_
    data = X.astype("f4"), encoder.transform(y), weight
    training, validation = slice(None), None
    if estimator.early_stopping:
        training, held_out = estimator._hold_out(y, fitted._state.seed)
        validation = tuple(part[held_out] for part in data)
    compilation = fitted._compilation()
    compilation.optimizer.build(model.trainable_variables)
    model.compile(compilation.optimizer, compilation.loss, metrics=compilation.metrics)
    arrays = [part[training] for part in data]
    course = choose_course(
        estimator.learning_rate_schedule,
        has_one_rate=compilation.learning_rate() is not None,
        continues=False,
    )
    schedule = Schedule(course, estimator.epochs)
    even = fitted._plan.architecture.wants_even_batches
    batches = Batches(len(arrays[0]), estimator.batch_size, False, even, schedule)
    history = model.fit(
        endless(arrays, batches.ends()), steps_per_epoch=len(batches), epochs=fitted.n_iter_,
        shuffle=False, verbose=0, validation_data=validation,
        callbacks=[AsOurs(fitted._state.seed, compilation.learning_rate(), schedule)],
    ).history  # fmt: skip
    return history, model


def is_arbitrary(variable):
    """Return whether a weight moves by rounding errors alone, which optimizers magnify.

    A bias in front of batch normalization makes no difference, so its gradient is 0 but for
    rounding. The moving mean follows it, a few batches behind, and so does the validation loss.
    """
    layer, name = variable.path.split("/")[-2:]
    return name == "moving_mean" or (layer.startswith("conv1d") and name == "bias")


def compare(seed):
    """Train one configuration by both; raise where they differ."""
    estimator, X, y, weight = configuration(seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="early_stopping judges by the last samples")
        try:
            fitted = clone(estimator).fit(X, y, sample_weight=weight)
        except DivergedError:
            return "diverged"
    if any(re.search("taken back|were halved", str(each.message)) for each in caught):
        return "recovered"  # where Keras goes on with what has exploded
    weight = np.ones(len(X)) if weight is None else weight
    if getattr(estimator, "class_weight", None):
        weight = weight * compute_sample_weight(estimator.class_weight, y)
    history, model = by_keras(estimator, X, y, weight, fitted)
    assert set(fitted.history_) == set(history), (fitted.history_, history)
    normalized = estimator.arch == "lstm_fcn"
    for name, values in history.items():
        rtol = 0.05 if normalized and name.startswith("val_") else 1e-3
        np.testing.assert_allclose(fitted.history_[name], values, rtol=rtol, atol=1e-5)
    if fitted.best_epoch_ == fitted.n_iter_:
        for ours, theirs in zip(fitted.model_.weights, model.weights, strict=True):
            if not (normalized and is_arbitrary(ours)):
                np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-2, atol=2e-3)
    return "equal"


@pytest.mark.parametrize("seed", range(N_CONFIGURATIONS))
def test_training_is_that_of_keras(seed):
    assert compare(seed) in ("equal", "diverged")


def main():
    number, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else N_CONFIGURATIONS
    outcomes = {}
    for seed in range(first, first + number):
        try:
            outcome = compare(seed)
        except Exception as error:  # whatever it is, it is to be reported
            outcome = "failed"
            print(seed, configuration(seed)[0], repr(error)[:500], flush=True)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    print(outcomes)


if __name__ == "__main__":
    main()
