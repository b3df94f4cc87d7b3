"""What the network is trained on: scaled targets, labels as rows."""

import numpy as np
import pytest

from sklstm import LSTMRegressor
from sklstm._targets import TargetScaler

SMALL = dict(units=3, epochs=2, random_state=0)
X = np.random.default_rng(0).normal(size=(30, 6, 2))


def test_scaler_by_hand():
    # column 0: mean 3, variance ((2)^2 + 0 + (2)^2) / 3; column 1: constant
    y = np.array([[1.0, 0.1], [3.0, 0.1], [5.0, 0.1]])
    scaler = TargetScaler(True).fit(y, sample_weight=np.ones(3))
    np.testing.assert_allclose(scaler.mean_, [3.0, 0.1])
    np.testing.assert_allclose(scaler.scale_, [np.sqrt(8 / 3), 0.0])
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(y)), y, rtol=1e-6)
    # weights 1, 0, 3: mean (1 + 15) / 4 = 4, variance (9 + 3 * 1) / 4 = 3
    scaler = TargetScaler(True).fit(y[:, 0], sample_weight=np.array([1.0, 0.0, 3.0]))
    np.testing.assert_allclose([scaler.mean_[0], scaler.scale_[0]], [4.0, np.sqrt(3)])


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3e6])
def test_a_constant_target_is_predicted(value):
    model = LSTMRegressor(units=3, epochs=30, learning_rate=0.02, random_state=0)
    predicted = model.fit(X, np.full(30, value)).predict(X)
    np.testing.assert_allclose(predicted, value, atol=0.1)
