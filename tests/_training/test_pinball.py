"""The pinball loss."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss
from training_support import compilation

from sklstm._kernels._tensorflow import keras, tf
from sklstm._training import PinballLoss


def test_by_hand():
    """Targets 2 and 0; errors of the first 1, 0, -3, and of the second -1, 2, 2.

    First: 0.1 * 1 + 0 + (1 - 0.9) * 3 = 0.4. Second: (1 - 0.1) * 1 + 0.5 * 2 + 0.9 * 2 = 3.7.
    """
    loss = PinballLoss((0.1, 0.5, 0.9))
    y, outputs = np.array([[2.0], [0.0]]), np.array([[1.0, 2.0, 5.0], [1.0, -2.0, -2.0]])
    np.testing.assert_allclose(loss.call(y, outputs), [0.4 / 3, 3.7 / 3])
    weighted = loss(y, outputs, sample_weight=np.array([3.0, 1.0]))
    assert float(weighted) == pytest.approx((3 * 0.4 + 3.7) / 3 / 2)


def test_equals_that_of_scikit_learn_and_its_gradient():
    """The outputs are all quantiles of the first target, then all of the second."""
    rng = np.random.default_rng(0)
    quantiles = 0.2, 0.5, 0.6, 0.95
    y, answers = rng.normal(size=(50, 2)), rng.normal(size=(50, 2, 4))
    outputs = tf.constant(answers.reshape(50, 8))
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = PinballLoss(quantiles, dtype="float64")(y, outputs)
    of_each = [mean_pinball_loss(y, answers[..., i], alpha=t) for i, t in enumerate(quantiles)]
    assert float(loss) == pytest.approx(np.mean(of_each))
    # an answer pays t for each unit that it lies too low, and 1 - t for each too high
    slopes = np.where(answers < y[..., np.newaxis], np.negative(quantiles), 1 - np.array(quantiles))
    gradient = tape.gradient(loss, outputs).numpy().reshape(50, 2, 4)
    np.testing.assert_allclose(gradient, slopes / (50 * 2 * 4))


def test_networks_are_shared_by_equal_quantiles_alone():
    first, equal, other = (
        compilation(PinballLoss(quantiles)).key()
        for quantiles in [(0.1, 0.5, 0.9), (0.1, 0.5, 0.9), (0.2, 0.5, 0.9)]
    )
    assert first is not None and first == equal != other


def test_keras_stores_it_in_a_whole_model():
    stored = keras.losses.serialize(PinballLoss((0.3, 0.5)))
    assert keras.losses.deserialize(stored).quantiles == (0.3, 0.5)
