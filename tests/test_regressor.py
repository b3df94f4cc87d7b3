"""LSTMRegressor: predictions and scores."""

import numpy as np
import pytest

from sklstm import LSTMRegressor

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


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed"),
        (np.zeros(29), "inconsistent numbers of samples"),
        (np.r_[np.nan, np.zeros(29)], "contains NaN"),
        (np.r_[np.inf, np.zeros(29)], "contains infinity"),
        (np.zeros((30, 2, 2)), "dim 3|expected y of shape"),
        (np.array(["a"] * 30), "y must hold real numbers"),
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
