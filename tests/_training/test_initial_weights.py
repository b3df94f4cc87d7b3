"""Initial weights are drawn as Keras draws them."""

import numpy as np
from training_support import plan

from sklstm._training._initial_weights import initialize


def test_weights_are_drawn_as_keras_draws_them():
    """Glorot's limits, orthogonal rows, and biases of 0 with 1 for the forget gate."""
    model = plan(units=50, n_features=3).build()
    initialize(model, seed=1)
    kernel, recurrent, bias, head, head_bias = model.get_weights()
    for matrix in (kernel, head):
        limit = np.sqrt(6 / sum(matrix.shape))
        assert 0.9 * limit < np.abs(matrix).max() <= limit
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(50), atol=1e-5)
    np.testing.assert_array_equal(bias, np.repeat([0, 1, 0, 0], 50))
    np.testing.assert_array_equal(head_bias, 0)
    again, other = plan(units=50, n_features=3).build(), plan(units=50, n_features=3).build()
    initialize(again, seed=1)
    initialize(other, seed=2)
    np.testing.assert_array_equal(again.get_weights()[1], recurrent)
    assert not np.array_equal(other.get_weights()[1], recurrent)
