"""Errors of forecasts, by hand."""

import numpy as np
import pytest

from sklstm.metrics import (
    mean_absolute_scaled_error,
    naive_scale,
    symmetric_mean_absolute_percentage_error,
    weighted_absolute_percentage_error,
)

# Two outputs, of which the second has other errors.
Y_TRUE = np.array([[2.0, 0.0], [-4.0, 5.0], [0.0, 10.0]])
Y_PRED = np.array([[6.0, 0.0], [4.0, 5.0], [0.0, 30.0]])

SMAPE = [(100 + 200 + 0) / 3, (0 + 0 + 100) / 3]  # 200 * 4 / 8, 200 * 8 / 8, 0 / 0; 200 * 20 / 40
WAPE = [12 / 6, 20 / 15]
MASE = [(4 / 2 + 8 / 4 + 0) / 3, (0 + 0 + 20 / 5) / 3]  # with the scales 2, 4 and 5


@pytest.mark.parametrize(
    ("metric", "arguments", "expected", "weighted"),
    [  # weights 1, 3 and 0
        (symmetric_mean_absolute_percentage_error, {}, SMAPE, [700 / 4, 0]),
        (weighted_absolute_percentage_error, {}, WAPE, [28 / 14, 0]),
        (mean_absolute_scaled_error, {"scale": [2, 4, 5]}, MASE, [8 / 4, 0]),
    ],
)
def test_errors_by_hand(metric, arguments, expected, weighted):
    def error(*args, **kwargs):
        return metric(*args, **arguments, **kwargs)

    np.testing.assert_allclose(error(Y_TRUE, Y_PRED, multioutput="raw_values"), expected)
    assert error(Y_TRUE, Y_PRED) == pytest.approx(np.mean(expected))
    assert error(Y_TRUE[:, 0], Y_PRED[:, 0]) == pytest.approx(expected[0])
    assert error(Y_TRUE, Y_PRED, multioutput=[3, 1]) == pytest.approx(
        np.dot(expected, [0.75, 0.25])
    )
    with_weights = error(Y_TRUE, Y_PRED, sample_weight=[1, 3, 0], multioutput="raw_values")
    np.testing.assert_allclose(with_weights, weighted)
    assert type(error(Y_TRUE.astype(np.uint8), Y_PRED)) is float
    with pytest.raises(ValueError, match="different number of output"):
        error(Y_TRUE, Y_PRED[:, :1])
    with pytest.raises(ValueError, match="contains NaN"):
        error(Y_TRUE, np.full((3, 2), np.nan))


def test_unsigned_integers_do_not_wrap_around():
    true, pred = np.array([1], np.uint8), np.array([3], np.uint8)
    assert weighted_absolute_percentage_error(true, pred) == 2.0


def test_no_error_is_a_fraction_of_zero():
    with pytest.raises(ValueError, match=r"output 1 are all 0.*mean_absolute_error"):
        weighted_absolute_percentage_error([[1.0, 0.0], [2.0, 0.0]], np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("season", "expected"),
    [(1, (2 + 1 + 3 + 4) / 4), (2, (1 + 2 + 1) / 3), (4, 0)],
)
def test_the_scale_of_a_series(season, expected):
    past = [1.0, 3.0, 2.0, 5.0, 1.0]
    assert naive_scale(past, season) == pytest.approx(expected)
    scales = naive_scale(np.array([past, np.multiply(past, 3)]), season)
    np.testing.assert_allclose(scales, [expected, 3 * expected])


def test_missing_values_are_left_out_of_the_scale():
    scales = naive_scale([[1.0, np.nan, 2.0, 5.0], [np.nan, 1.0, np.nan, 1.0]])
    np.testing.assert_allclose(scales, [3.0, 0.0])


@pytest.mark.parametrize(
    ("series", "season", "message"),
    [
        ([1.0, 2.0], 2, "season=2 needs a past of at least 3 time steps, got 2"),
        (np.zeros((2, 3, 1)), 1, r"X\[:, :, 0\]"),
        (["a", "b"], 1, "series must hold numbers"),
        ([1.0, 2.0], 0, "'season' parameter"),
    ],
)
def test_a_past_without_a_scale_is_refused(series, season, message):
    with pytest.raises(ValueError, match=message):
        naive_scale(series, season)


def test_scales_fit_the_errors():
    errors = mean_absolute_scaled_error(
        Y_TRUE, Y_PRED, scale=[[1, 1], [2, 1], [1, 4]], multioutput="raw_values"
    )
    np.testing.assert_allclose(errors, [(4 + 4 + 0) / 3, 5 / 3])
    assert mean_absolute_scaled_error([1.0, 5.0], [2.0, 2.0], scale=4) == 0.5
    with pytest.raises(ValueError, match=r"shape \(3,\) or \(3, 2\); got shape \(2,\)"):
        mean_absolute_scaled_error(Y_TRUE, Y_PRED, scale=[1, 2])
    for bad in ([1.0, 0.0, np.nan], [-1.0, 1.0, np.inf]):
        with pytest.raises(ValueError, match="positive and finite, but 2 of 3 are not"):
            mean_absolute_scaled_error(Y_TRUE, Y_PRED, scale=bad)
