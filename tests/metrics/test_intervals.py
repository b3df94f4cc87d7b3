"""Coverage and interval score, by hand and against the pinball loss."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from sklstm.metrics import interval_coverage, interval_score

Y_TRUE = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
LOWER = np.array([[1.0, 2.0], [0.0, 0.0], [3.5, 0.0]])
UPPER = np.array([[2.0, 3.0], [1.0, 2.0], [5.5, 4.0]])

# Widths 1, 1 and 2 and distances 0, 1 and 0.5; widths 1, 2 and 4, and distances 1, 0 and 0.
# A coverage of 0.8 multiplies distances by 2 / 0.2.
SCORES = [(4 + 10 * 1.5) / 3, (7 + 10 * 1) / 3]


def test_coverage_by_hand():
    raw = interval_coverage(Y_TRUE, LOWER, UPPER, multioutput="raw_values")
    np.testing.assert_allclose(raw, [1 / 3, 2 / 3])
    assert interval_coverage(Y_TRUE, LOWER, UPPER) == 0.5
    assert interval_coverage(Y_TRUE, LOWER, UPPER, multioutput=[3, 1]) == pytest.approx(5 / 12)
    assert interval_coverage(Y_TRUE[:, 0], LOWER[:, 0], UPPER[:, 0]) == pytest.approx(1 / 3)
    weighted = interval_coverage(Y_TRUE, LOWER, UPPER, sample_weight=[2, 1, 1])
    assert weighted == pytest.approx((2 / 4 + 2 / 4) / 2)


def test_score_by_hand():
    raw = interval_score(Y_TRUE, LOWER, UPPER, coverage=0.8, multioutput="raw_values")
    np.testing.assert_allclose(raw, SCORES)
    assert interval_score(Y_TRUE, LOWER, UPPER, coverage=0.8) == pytest.approx(np.mean(SCORES))
    weighted = interval_score(
        Y_TRUE[:, 0], LOWER[:, 0], UPPER[:, 0], coverage=0.8, sample_weight=[2, 1, 1]
    )
    assert weighted == pytest.approx((2 * 1 + 11 + 7) / 4)


def test_the_score_is_the_pinball_loss_of_both_bounds():
    y, lower, width = np.random.default_rng(0).normal(size=(3, 50))
    upper = lower + abs(width)
    losses = mean_pinball_loss(y, lower, alpha=0.05) + mean_pinball_loss(y, upper, alpha=0.95)
    assert interval_score(y, lower, upper, coverage=0.9) == pytest.approx(2 / 0.1 * losses)


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        (UPPER, LOWER, "6 of the 6 intervals have a lower bound above"),
        (LOWER, UPPER[:, :1], "y_true and upper have different number of output"),
        (LOWER[:2], UPPER, "inconsistent numbers of samples"),
        (LOWER, np.full((3, 2), np.inf), "infinity"),
    ],
)
def test_bounds_that_are_none_are_refused(lower, upper, message):
    for metric, arguments in ((interval_coverage, {}), (interval_score, {"coverage": 0.8})):
        with pytest.raises(ValueError, match=message):
            metric(Y_TRUE, lower, upper, **arguments)
    with pytest.raises(ValueError, match="'coverage' parameter"):
        interval_score(Y_TRUE, LOWER, UPPER, coverage=80)
