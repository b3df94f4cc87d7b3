"""Predictions are those of the Keras model."""

import numpy as np
import pytest
from training_support import plan, samples, train

from sklstm import ARCHITECTURES, LSTMRegressor
from sklstm._training import predict
from sklstm._training._prediction import MAX_ROWS


@pytest.mark.parametrize("readout", ["last", "last_mean_max"])
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_prediction_does_not_depend_on_the_others(arch, readout):
    """Bit for bit, at any place among any number; the widths are no multiples of a processor's."""
    X = np.random.default_rng(0).normal(size=(130, 300, 2))
    model = LSTMRegressor(arch, units=5, readout=readout, filters=9, fcn_filters=(20, 9),
                          fcn_kernel_sizes=(3, 2), squeeze_excitation=True)  # fmt: skip
    model.initialize(X[:2], [0, 1])
    expected = model.predict(X)
    for part in slice(0, 1), slice(1, 2), slice(7, 30), slice(13, 130), slice(129, 130):
        np.testing.assert_array_equal(model.predict(X[part]), expected[part])
    order = np.random.default_rng(0).permutation(130)
    np.testing.assert_array_equal(model.predict(X[order]), expected[order])


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_predictions_are_those_of_the_keras_model(arch):
    network = plan(arch, dropout=0.5)
    state, *_ = train(network, samples(), epochs=1)
    model = network.build()
    model.set_weights(state.weights)
    X = samples(MAX_ROWS + 33, seed=2).X
    np.testing.assert_allclose(
        predict(network, state, X), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        predict(network, state, X[:1]),
        model.predict(X[:1], verbose=0),
        rtol=1e-5,
        atol=1e-6,
    )
