import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression

from sklstm.plotting import ResidualDisplay


def test_residuals_over_time_and_by_step_ahead():
    """Residuals 0 to 100 one step ahead, and ten times as much two steps ahead."""
    residuals = np.arange(101.0)[:, np.newaxis] * [1, 10]
    dates = pd.date_range("2020", periods=101, freq="MS")
    display = ResidualDisplay.from_predictions(
        residuals + 7, np.full((101, 2), 7.0), times=dates, target_name="load"
    )
    assert_array_equal(display.time_line_.get_ydata(), np.arange(101))
    assert_array_equal(display.time_line_.get_xdata(), dates.to_numpy())
    assert_allclose(display.median_line_.get_xydata(), [[1, 50], [2, 500]])
    limits = {percent: band.get_datalim(display.axes_[1].transData).intervaly
              for percent, band in display.bands_.items()}  # fmt: skip
    assert_allclose(limits[50], [25, 750])
    assert_allclose(limits[90], [5, 950])
    assert [ax.get_ylabel() for ax in display.axes_] == ["load", "load"]
    later = ResidualDisplay(residuals).plot(step=2)
    assert later.time_line_.get_ydata()[-1] == 1000
    assert later.axes_[0].get_title(loc="left") == "2 steps ahead"


def test_from_an_estimator_and_what_is_refused(X, y):
    class Mean(LinearRegression):
        def predict(self, X):
            return np.full(len(X), 2.0)

    display = ResidualDisplay.from_estimator(Mean(), X, y)
    assert_allclose(display.time_line_.get_ydata(), y - 2)
    with pytest.raises(ValueError, match=r"same shape.*\(3,\) and \(2,\)"):
        ResidualDisplay.from_predictions([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="times has 1 entries for 2 samples"):
        ResidualDisplay.from_predictions([1, 2], [1, 2], times=[0])
    with pytest.raises(ValueError, match="step must lie between 1 and 1, got 2"):
        ResidualDisplay.from_predictions([1, 2], [1, 2], step=2)
