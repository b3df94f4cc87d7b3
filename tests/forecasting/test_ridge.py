from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from sklstm.forecasting import _baselines
from sklstm.forecasting._baselines import WindowRidge
from sklstm.forecasting._ridge import LinearModel, fit_ridge_by_parts
from sklstm.windowing import _lazy_array

ALPHAS = (0.01, 1.0, 30.0, 1000.0)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("noise", [0.1, 10.0])
def test_ridge_by_parts_is_that_of_scikit_learn(weighted, noise):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 8)) @ rng.normal(size=(8, 8)) + 3
    Y = X @ rng.normal(size=(8, 3)) + rng.normal(scale=noise, size=(200, 3)) - 5
    weight = rng.uniform(0.1, 2, 200) if weighted else np.ones(200)
    expected = RidgeCV(ALPHAS).fit(X, Y, weight)
    bounds = [0, 90, 91, 200]

    def parts():
        for begin, end in pairwise(bounds):
            yield X[begin:end], Y[begin:end], weight[begin:end]

    found = fit_ridge_by_parts(parts, ALPHAS)
    assert found.alpha_ == expected.alpha_
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-9)
    np.testing.assert_allclose(found.predict(X), expected.predict(X), rtol=1e-9)


@pytest.mark.parametrize("n_windows", [8, 9, 10, 100])  # there are nine coefficients
@pytest.mark.parametrize("in_parts", [False, True])
def test_the_baseline_is_ridge_regression_on_windows_and_levels(monkeypatch, n_windows, in_parts):
    if in_parts:
        monkeypatch.setattr(_lazy_array, "_PART_BYTES", 30 * 4 * 2 * 8)
    rng = np.random.default_rng(0)
    inputs, levels = rng.normal(size=(n_windows, 4, 2)), rng.normal(size=(n_windows, 1))
    goals = inputs[:, :, 0] @ rng.normal(size=(4, 2)) + levels + rng.normal(size=(n_windows, 2))
    baseline = WindowRidge().fit(inputs, levels, goals, None)
    assert isinstance(baseline.ridge_, LinearModel if n_windows > 9 else RidgeCV)
    rows = np.column_stack([inputs.reshape(n_windows, -1), levels])
    expected = RidgeCV(10.0 ** np.arange(-3, 5.5, 0.5)).fit(rows, goals).predict(rows)
    found = _baselines.predict_baseline(baseline, inputs, levels)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
