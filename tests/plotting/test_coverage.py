import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge

from sklstm import Forecaster, LSTMRegressor, make_windows
from sklstm.plotting import CoverageDisplay


def test_how_many_values_intervals_hold():
    """True values 0 to 9; the interval of a level p reaches from 0 to 10 p - 1, and 1 higher."""
    y = np.stack([np.arange(10.0), np.arange(10.0)], axis=1)
    levels = [0.5, 0.8]
    upper = np.array([[4.0, 7.0], [5.0, 8.0]])  # (n_outputs, n_levels)
    bounds = np.zeros((10, 2, 2, 2))
    bounds[..., 1] = upper
    display = CoverageDisplay.from_intervals(y, bounds, levels, name="model")
    assert_allclose(display.coverage, [[0.5, 0.6], [0.8, 0.9]])
    assert_allclose(display.line_.get_xydata(), [[0.5, 0.55], [0.8, 0.85]])
    edges = display.band_.get_paths()[0].vertices
    assert {(0.5, 0.5), (0.5, 0.6), (0.8, 0.8), (0.8, 0.9)} <= {
        (round(float(a), 6), round(float(b), 6)) for a, b in edges
    }
    other = CoverageDisplay.from_intervals(y, bounds, levels, ax=display.ax_, name="other")
    assert display.diagonal_ is not None and other.diagonal_ is None
    labels = [text.get_text() for text in other.ax_.get_legend().get_texts()]
    assert labels == ["as promised", "model", "other"]
    with pytest.raises(ValueError, match=r"\(10, 2, 1, 2\), got \(10, 2, 2, 2\)"):
        CoverageDisplay.from_intervals(y, bounds, [0.5])


def test_of_a_forecaster_and_of_quantiles():
    series = np.random.default_rng(0).normal(size=400)
    X, y = make_windows(series, lookback=4, horizon=2)
    forecaster = Forecaster(Ridge(), calibration_fraction=0.4).fit(X[:300], y[:300])
    display = CoverageDisplay.from_estimator(forecaster, X[300:], y[300:], coverage=[0.9, 0.5])
    assert_array_equal(display.line_.get_xdata(), [0.5, 0.9])
    bounds = forecaster.predict_interval(X[300:], 0.9)
    inside = (bounds[..., 0] <= y[300:]) & (y[300:] <= bounds[..., 1])
    assert display.line_.get_ydata()[1] == pytest.approx(inside.mean())

    model = LSTMRegressor(units=2, epochs=2, quantiles=(0.1, 0.5, 0.9), random_state=0)
    model.fit(X, y)
    display = CoverageDisplay.from_estimator(model, X, y)
    assert display.ax_.get_xlabel() == "quantile"
    assert_array_equal(display.line_.get_xdata(), [0.1, 0.5, 0.9])
    below = (y <= model.predict(X)).mean()
    assert display.line_.get_ydata()[1] == pytest.approx(below)
    with pytest.raises(ValueError, match="kind='quantile' does not fit Forecaster"):
        CoverageDisplay.from_estimator(forecaster, X, y, kind="quantile")
