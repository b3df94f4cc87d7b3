"""Errors that can be compared between series of different scale."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, validate_params

from sklstm._validation import check_numbers
from sklstm.metrics._common import (
    MULTIOUTPUT,
    SAMPLE_WEIGHT,
    average_outputs,
    average_samples,
    check_targets,
)

__all__ = [
    "mean_absolute_scaled_error",
    "naive_scale",
    "symmetric_mean_absolute_percentage_error",
    "weighted_absolute_percentage_error",
]

_TARGETS = {
    "y_true": ["array-like"],
    "y_pred": ["array-like"],
    "sample_weight": SAMPLE_WEIGHT,
    "multioutput": MULTIOUTPUT,
}


@validate_params(_TARGETS, prefer_skip_nested_validation=True)
def symmetric_mean_absolute_percentage_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: Any = "uniform_average",
) -> Any:
    r"""Symmetric mean absolute percentage error (sMAPE), from 0 to 200.

    It is the mean of :math:`200 |y - \hat y| / (|y| + |\hat y|)`, as in the M3 and M4
    competitions; where both are 0, the error is 0.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The forecasts.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        Whether to return the error of each output, or their average, with weights if given.

    Returns
    -------
    error : float, or ndarray of shape (n_outputs,)
        The error in percent; the best value is 0.

    See Also
    --------
    sklearn.metrics.mean_absolute_percentage_error : Relative to the true value alone.

    References
    ----------
    .. [1] S. Makridakis and M. Hibon, "The M3-Competition: results, conclusions and
       implications", International Journal of Forecasting 16, 2000, pages 451-476.
       https://doi.org/10.1016/S0169-2070(00)00057-1

    Examples
    --------
    >>> from sklstm.metrics import symmetric_mean_absolute_percentage_error
    >>> symmetric_mean_absolute_percentage_error([1.0, 2.0, 0.0], [3.0, 2.0, 0.0])
    33.3...
    """
    true, pred, weight, output_weight = check_targets(y_true, y_pred, sample_weight, multioutput)
    sizes = np.abs(true) + np.abs(pred)
    errors = 200 * np.abs(true - pred) / np.where(sizes == 0, 1, sizes)
    return average_samples(errors, weight, output_weight)


@validate_params(_TARGETS, prefer_skip_nested_validation=True)
def weighted_absolute_percentage_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: Any = "uniform_average",
) -> Any:
    r"""Weighted absolute percentage error (WAPE), as a fraction.

    It is :math:`\sum |y - \hat y| / \sum |y|`: the percentage errors of the samples, weighted by
    the size of their true values. Single zeros do no harm.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The forecasts.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples, in both sums.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        Whether to return the error of each output, or their average, with weights if given. To
        sum over samples and outputs at once, pass both arrays raveled.

    Returns
    -------
    error : float, or ndarray of shape (n_outputs,)
        The error, where 1 is 100 %; the best value is 0.

    Raises
    ------
    ValueError
        If all true values of an output are 0.

    References
    ----------
    .. [1] S. Kolassa and W. Schütz, "Advantages of the MAD/Mean ratio over the MAPE", Foresight
       6, 2007, pages 40-43.

    Examples
    --------
    >>> from sklstm.metrics import weighted_absolute_percentage_error
    >>> weighted_absolute_percentage_error([1.0, 9.0, 0.0], [2.0, 8.0, 0.5])
    0.25
    """
    true, pred, weight, output_weight = check_targets(y_true, y_pred, sample_weight, multioutput)
    errors = np.average(np.abs(true - pred), axis=0, weights=weight)
    sizes = np.average(np.abs(true), axis=0, weights=weight)
    if not sizes.all():
        raise ValueError(
            f"The true values of output {np.flatnonzero(sizes == 0)[0]} are all 0, and no error "
            "is a fraction of 0. Use mean_absolute_error, or score more samples at once."
        )
    return average_outputs(errors / sizes, output_weight)


@validate_params(
    _TARGETS | {"scale": [Interval(Real, 0, None, closed="neither"), "array-like"]},
    prefer_skip_nested_validation=True,
)
def mean_absolute_scaled_error(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    scale: ArrayLike,
    sample_weight: ArrayLike | None = None,
    multioutput: Any = "uniform_average",
) -> Any:
    """Mean absolute scaled error (MASE).

    Absolute errors are divided by the mean absolute error that the seasonal naive forecast, one
    step or one season ahead, makes in the past of the series: see :func:`naive_scale`. Errors
    below 1 are smaller than that.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values.
    y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The forecasts.
    scale : float or array-like of shape (n_samples,) or (n_samples, n_outputs)
        What absolute errors are divided by, in units of y: one number for one series, or the
        number of the series or window that each sample is from, or one for each output besides.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        Whether to return the error of each output, or their average, with weights if given.

    Returns
    -------
    error : float, or ndarray of shape (n_outputs,)
        The error; the best value is 0.

    Raises
    ------
    ValueError
        If a scale is not positive, or there is not one for each sample.

    References
    ----------
    .. [1] R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast accuracy",
       International Journal of Forecasting 22, 2006, pages 679-688.
       https://doi.org/10.1016/j.ijforecast.2006.03.001

    Examples
    --------
    >>> from sklstm.metrics import mean_absolute_scaled_error, naive_scale
    >>> past = [1.0, 3.0, 2.0, 5.0]
    >>> mean_absolute_scaled_error([4.0, 6.0], [5.0, 5.0], scale=naive_scale(past))
    0.5

    Two series, each scaled by its own past:

    >>> scale = naive_scale([past, [10.0, 30.0, 20.0, 50.0]])
    >>> mean_absolute_scaled_error([4.0, 40.0], [5.0, 50.0], scale=scale)
    0.5
    """
    true, pred, weight, output_weight = check_targets(y_true, y_pred, sample_weight, multioutput)
    errors = np.abs(true - pred) / _check_scale(scale, true.shape)
    return average_samples(errors, weight, output_weight)


@validate_params(
    {"season": [Interval(Integral, 1, None, closed="left")]}, prefer_skip_nested_validation=True
)
def naive_scale(series: ArrayLike, season: int = 1) -> float | NDArray[np.float64]:
    """Mean absolute error of the seasonal naive forecast within the past of a series.

    It is the mean of all absolute differences between values that lie one season apart.

    Parameters
    ----------
    series : array-like of shape (n_timesteps,) or (n_samples, n_timesteps)
        The past of one series, such as its training part; or one past per sample, such as
        windows. Differences from or to a missing value (NaN) are left out.
    season : int, default=1
        Number of time steps in a season; 1 compares each value with the one before.

    Returns
    -------
    scale : float, or ndarray of shape (n_samples,)
        The mean error, in units of the series. It is 0 where no value differs from that of the
        season before, or all differences are missing: such a series scales no error.

    Raises
    ------
    ValueError
        If the series has no two values one season apart.

    See Also
    --------
    mean_absolute_scaled_error : Divides errors by it.

    Examples
    --------
    >>> from sklstm.metrics import naive_scale
    >>> naive_scale([1.0, 3.0, 2.0, 5.0])
    2.0
    >>> naive_scale([1.0, 3.0, 2.0, 5.0], season=2)
    1.5
    """
    past = check_numbers(
        series,
        "series",
        ensure_2d=False,
        ensure_all_finite=False,
        if_not_numbers="Pass the values of the series alone.",
        if_missing="",
    )
    if past.ndim not in (1, 2):
        raise ValueError(
            f"series must have the shape (n_timesteps,) or (n_samples, n_timesteps), got "
            f"{past.shape}. Pass the one feature that is forecast, such as X[:, :, 0]."
        )
    if past.shape[-1] <= season:
        raise ValueError(
            f"season={season} needs a past of at least {season + 1} time steps, got "
            f"{past.shape[-1]}. Use a longer past, or a smaller season."
        )
    past = past.astype(np.float64)
    differences = np.abs(past[..., season:] - past[..., :-season])
    known = ~np.isnan(differences)
    sums = np.where(known, differences, 0).sum(axis=-1)
    scale = sums / np.maximum(known.sum(axis=-1), 1)
    return float(scale) if past.ndim == 1 else scale


def _check_scale(scale, shape):
    """Return the scale in a shape that divides errors of shape (n_samples, n_outputs)."""
    n_samples, n_outputs = shape
    scale = np.asarray(scale, dtype=np.float64)
    if scale.shape not in {(), (n_samples,), (n_samples, 1), (n_samples, n_outputs)}:
        raise ValueError(
            f"scale must be a number, or hold one for each of the {n_samples} samples, in the "
            f"shape ({n_samples},) or ({n_samples}, {n_outputs}); got shape {scale.shape}."
        )
    n_unusable = np.count_nonzero(~((scale > 0) & np.isfinite(scale)))
    if n_unusable:
        raise ValueError(
            f"scale must be positive and finite, but {n_unusable} of {scale.size} are not: a past "
            "that is constant from season to season scales no error. Leave these samples out."
        )
    return scale[:, np.newaxis] if scale.ndim == 1 else scale
