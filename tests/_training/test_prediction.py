"""Predictions are those of the Keras model."""

import numpy as np
import pytest
from training_support import plan, samples, train

from sklstm import ARCHITECTURES
from sklstm._training import predict
from sklstm._training._prediction import MAX_ROWS


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
