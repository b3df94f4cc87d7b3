"""LSTMRegressor: targets and their scale."""

import numpy as np
import pytest

from sklstm import LSTMRegressor
from sklstm._regressor import TargetScaler

SMALL = dict(units=3, epochs=2, random_state=0)
X = np.random.default_rng(0).normal(size=(30, 6, 2))


@pytest.mark.parametrize("shape", [(30,), (30, 1), (30, 4)])
@pytest.mark.parametrize("normalize_y", [True, False])
def test_predictions_have_the_shape_of_y(shape, normalize_y):
    y = np.random.default_rng(1).normal(size=shape)
    model = LSTMRegressor(**SMALL, normalize_y=normalize_y).fit(X, y)
    assert model.predict(X).shape == shape
    assert model.predict(X[:1]).shape == (1, *shape[1:])
    assert model.predict(X).dtype == np.float64
    assert model.n_outputs_ == (shape[1] if len(shape) == 2 else 1)


def test_normalize_y_makes_scale_and_offset_of_the_targets_immaterial():
    y = np.random.default_rng(1).normal(size=(30, 2))
    plain = LSTMRegressor(**SMALL).fit(X, y).predict(X)
    factor, offset = np.array([1e-6, 1e4]), np.array([3.0, -1e7])
    shifted = LSTMRegressor(**SMALL).fit(X, factor * y + offset).predict(X)
    np.testing.assert_allclose((shifted - offset) / factor, plain, rtol=1e-4, atol=1e-4)


def test_scaler_by_hand():
    # column 0: mean 3, variance ((2)^2 + 0 + (2)^2) / 3; column 1: constant
    y = np.array([[1.0, 0.1], [3.0, 0.1], [5.0, 0.1]])
    scaler = TargetScaler(True).fit(y, sample_weight=np.ones(3))
    np.testing.assert_allclose(scaler.mean_, [3.0, 0.1])
    np.testing.assert_allclose(scaler.scale_, [np.sqrt(8 / 3), 1.0])
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(y)), y, rtol=1e-6)
    # weights 1, 0, 3: mean (1 + 15) / 4 = 4, variance (9 + 3 * 1) / 4 = 3
    scaler = TargetScaler(True).fit(y[:, 0], sample_weight=np.array([1.0, 0.0, 3.0]))
    np.testing.assert_allclose([scaler.mean_[0], scaler.scale_[0]], [4.0, np.sqrt(3)])


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3e6])
def test_a_constant_target_is_predicted(value):
    model = LSTMRegressor(units=3, epochs=30, learning_rate=0.02, random_state=0)
    predicted = model.fit(X, np.full(30, value)).predict(X)
    np.testing.assert_allclose(predicted, value, atol=0.1)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed"),
        (np.zeros(29), "inconsistent numbers of samples"),
        (np.r_[np.nan, np.zeros(29)], "contains NaN"),
        (np.r_[np.inf, np.zeros(29)], "contains infinity"),
        (np.zeros((30, 2, 2)), "dim 3|expected y of shape"),
        (np.array(["a"] * 30), "could not convert|Unable to convert"),
        (np.linspace(0, 1e60, 30), "too large for dtype"),
    ],
)
def test_bad_targets_are_refused(y, message):
    model = LSTMRegressor(**SMALL, normalize_y=False)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "n_features_in_")


def test_another_number_of_outputs_is_refused_on_resuming():
    model = LSTMRegressor(**SMALL).partial_fit(X, np.zeros((30, 2)))
    with pytest.raises(ValueError, match=r"y has 3 output\(s\).* fitted for 2"):
        model.partial_fit(X, np.zeros((30, 3)))


def test_score_is_r2():
    y = X[:, 0, 0]
    model = LSTMRegressor(**SMALL).fit(X, y)
    residual = ((y - model.predict(X)) ** 2).sum()
    assert model.score(X, y) == pytest.approx(1 - residual / ((y - y.mean()) ** 2).sum())
