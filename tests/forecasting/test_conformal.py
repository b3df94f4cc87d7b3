import numpy as np
import pytest

from sklstm.forecasting._conformal import ConformalErrors, check_coverage, later_windows


def points(errors, typical=(1.0,)):
    errors = np.asarray(errors, float)
    return ConformalErrors(errors.reshape(len(errors), -1, 1), None, np.asarray(typical))


def test_the_margin_is_the_error_of_the_right_rank():
    errors = points([-9, 1, 2, -3, 4, 5, -6, 7, 8])
    assert errors.margins(0.8, joint=False)[2].tolist() == [8]  # ceil(10 * 0.8) = 8
    assert errors.margins(0.81, joint=False)[2].tolist() == [9]
    assert errors.margins(0.9, joint=False)[2].tolist() == [9]
    with pytest.raises(ValueError, match="needs at least 19 calibration windows, but there are 9"):
        errors.margins(0.95, joint=False)
    assert points(np.arange(19)).margins(0.95, joint=False)[2].tolist() == [18]


def test_the_whole_path_needs_wider_margins():
    errors = points([[1, 30], [2, -20], [-3, 10], [4, 0]], typical=(1.0, 10.0))
    assert errors.margins(0.6, joint=False)[2].tolist() == [3, 20]
    # In typical errors the largest are 3, 2, 3 and 4, of which the third smallest is 3.
    assert errors.margins(0.6, joint=True)[2].tolist() == [3, 30]


def test_quantiles_are_widened_or_narrowed():
    lower, upper = np.array([-1, 2, 3, 4]), np.array([-5, -6, -3, -4])
    values = np.stack([lower, np.zeros(4), upper], axis=-1)[:, np.newaxis]
    errors = ConformalErrors(values, np.array([0.1, 0.5, 0.9]), np.ones(1))
    # Below the lower quantile lies the first value alone, above the upper one lies none.
    first, last, margin = errors.margins(0.6, joint=False)
    assert (first, last, margin.tolist()) == (0, 2, [-2])
    assert errors.margins(0.8, joint=False)[2].tolist() == [1]


@pytest.mark.parametrize(
    ("quantiles", "coverage", "pair"),
    [
        ((0.05, 0.1, 0.5, 0.9, 0.95), 0.8, (1, 3)),
        ((0.05, 0.1, 0.5, 0.9, 0.95), 0.85, (0, 4)),
        ((0.05, 0.1, 0.5, 0.9, 0.95), 0.94, (0, 4)),
        ((0.5,), 0.8, (0, 0)),
    ],
)
def test_the_innermost_quantiles_that_promise_the_coverage(quantiles, coverage, pair):
    errors = ConformalErrors(np.zeros((20, 1, len(quantiles))), np.array(quantiles), np.ones(1))
    assert errors.margins(coverage, joint=False)[:2] == pair


def test_later_windows_are_purged():
    earlier, later = later_windows(np.arange(10), 0.3, horizon=3)
    assert (earlier.tolist(), later.tolist()) == ([0, 1, 2, 3, 4], [7, 8, 9])
    stacked = np.tile(np.arange(10), 2)
    earlier, later = later_windows(stacked, 0.3, horizon=1)
    assert later.tolist() == [7, 8, 9, 17, 18, 19] and len(earlier) == 14
    strides = np.arange(0, 50, 5)
    assert later_windows(strides, 0.2, horizon=6)[0].tolist() == [0, 1, 2, 3, 4, 5, 6]
    days = np.datetime64("2024-01-31") - np.arange(10)
    earlier, later = later_windows(days, 0.2, horizon=2)
    assert (sorted(later), sorted(earlier)) == ([0, 1], [3, 4, 5, 6, 7, 8, 9])
    with pytest.raises(ValueError, match=r"calibration_fraction=0.9 of 10 .* leaves no window"):
        later_windows(np.arange(10), 0.9, horizon=2)


@pytest.mark.parametrize("coverage", [0, 1, 80, "0.8", [], [[0.8]], [0.8, 1.2], None])
def test_coverage_is_a_probability(coverage):
    with pytest.raises(ValueError, match="must be a probability"):
        check_coverage(coverage)
