"""Copies of Keras objects are equal to their originals and share nothing with them."""

import numpy as np
import pytest

from sklstm._kernels._tensorflow import keras
from sklstm._storage import copy_object
from sklstm._training._identity import identity

OBJECTS = [
    lambda: keras.losses.Huber(2.0),
    lambda: keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    lambda: keras.optimizers.Adam(0.01, clipnorm=1.0),
    lambda: keras.optimizers.SGD(momentum=0.9),
    lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
    lambda: keras.metrics.TopKCategoricalAccuracy(k=3, name="top3"),
    lambda: keras.metrics.AUC(num_thresholds=11, name="auc"),
    lambda: [keras.metrics.MeanAbsoluteError(name="mae"), "accuracy"],
    lambda: {"a": keras.losses.Huber(0.5)},
]


@pytest.mark.parametrize("make", OBJECTS)
def test_copies_equal_their_originals(make):
    original = make()
    copied = copy_object(original)
    assert copied is not original
    assert identity(copied) == identity(original) == identity(make())
    assert hash(identity(copied)) == hash(identity(original))


def test_a_loss_keeps_what_its_config_forgets():
    """Keras's own copy of Huber(2) is Huber(1): 2 * (5 - 1) = 8 becomes 4.5."""
    copied = copy_object(keras.losses.Huber(2.0))
    assert float(copied(np.zeros((1, 1)), np.full((1, 1), 5.0))) == 8.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (keras.losses.Huber(1.0), keras.losses.Huber(2.0)),
        (keras.losses.Huber(1.0), keras.losses.LogCosh()),
        (keras.optimizers.Adam(), keras.optimizers.Adam(clipnorm=1.0)),
        (keras.optimizers.Adam(), keras.optimizers.Adam(beta_1=0.8)),
        (keras.metrics.AUC(name="a"), keras.metrics.AUC(name="b")),
        (keras.losses.mean_squared_error, keras.losses.mean_absolute_error),
        ("mse", "mae"),
        (1, True),
        ([1, 2], [2, 1]),
        (lambda a, b: a, lambda a, b: a),
    ],
)
def test_what_computes_differently_has_another_identity(one, other):
    assert identity(one) != identity(other)


def test_the_learning_rate_is_state():
    assert identity(keras.optimizers.Adam(0.1)) == identity(keras.optimizers.Adam(0.2))


def test_optimizers_are_copied_with_their_learning_rate():
    assert float(copy_object(keras.optimizers.Adam(0.25)).learning_rate) == 0.25


def test_what_cannot_be_copied_is_refused():
    class Forgetful(keras.optimizers.SGD):
        def __init__(self, patience=0, **kwargs):
            super().__init__(**kwargs)
            self.patience = patience

    with pytest.raises(ValueError, match=r"Forgetful cannot be copied.*get_config.*routed"):
        copy_object(Forgetful(patience=3))


def test_a_loss_of_ones_own_is_copied():
    class Scaled(keras.losses.Loss):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def call(self, y_true, y_pred):
            return self.factor * (y_true - y_pred) ** 2

    original = Scaled(3.0)
    assert copy_object(original).factor == 3.0
    assert identity(original) != identity(Scaled(4.0))
