"""How good intervals are: how often they hold the truth, and how wide they are for it."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import Interval, validate_params

from sklstm.metrics._common import MULTIOUTPUT, SAMPLE_WEIGHT, average_samples, check_targets

__all__ = ["COVERAGE", "interval_coverage", "interval_score"]

COVERAGE: list[Any] = [Interval(Real, 0, 1, closed="neither")]

_BOUNDS = {
    "y_true": ["array-like"],
    "lower": ["array-like"],
    "upper": ["array-like"],
    "sample_weight": SAMPLE_WEIGHT,
    "multioutput": MULTIOUTPUT,
}


@validate_params(_BOUNDS, prefer_skip_nested_validation=True)
def interval_coverage(
    y_true: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    multioutput: Any = "uniform_average",
) -> Any:
    """Fraction of true values that lie within their intervals, bounds included.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values.
    lower, upper : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The bounds of the intervals.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        Whether to return the fraction of each output, or their average, with weights if given.

    Returns
    -------
    coverage : float, or ndarray of shape (n_outputs,)
        The fraction; the best value is that which the intervals promise.

    Raises
    ------
    ValueError
        If a lower bound lies above its upper bound.

    See Also
    --------
    interval_score : Judges coverage and width together.

    Examples
    --------
    >>> from sklstm.metrics import interval_coverage
    >>> interval_coverage([1.0, 2.0, 3.0], lower=[0.0, 2.0, 4.0], upper=[2.0, 3.0, 5.0])
    0.66...
    """
    true, low, high, weight, output_weight = _check_intervals(
        y_true, lower, upper, sample_weight, multioutput
    )
    inside = (low <= true) & (true <= high)
    return average_samples(inside, weight, output_weight)


@validate_params(_BOUNDS | {"coverage": COVERAGE}, prefer_skip_nested_validation=True)
def interval_score(
    y_true: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    coverage: float,
    sample_weight: ArrayLike | None = None,
    multioutput: Any = "uniform_average",
) -> Any:
    r"""Interval score of Winkler: the smaller, the better.

    It is the mean width of the intervals, plus :math:`2 / \alpha` times the distance of each true
    value that lies outside, where :math:`\alpha` is one minus the coverage. On average, it is
    smallest for the true quantiles :math:`\alpha / 2` and :math:`1 - \alpha / 2`.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The true values.
    lower, upper : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The bounds of the intervals.
    coverage : float
        The fraction of true values that the intervals promise to hold, in (0, 1), such as 0.8.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        Whether to return the score of each output, or their average, with weights if given.

    Returns
    -------
    score : float, or ndarray of shape (n_outputs,)
        The score, in units of y; the best value is 0.

    Raises
    ------
    ValueError
        If a lower bound lies above its upper bound.

    See Also
    --------
    interval_coverage : How many true values lie within the intervals.
    sklearn.metrics.mean_pinball_loss : Judges one quantile. The interval score is the sum of the
        losses of both bounds, times 2 / alpha.

    References
    ----------
    .. [1] R. L. Winkler, "A decision-theoretic approach to interval estimation", Journal of the
       American Statistical Association 67, 1972, pages 187-191.
       https://doi.org/10.1080/01621459.1972.10481224
    .. [2] T. Gneiting and A. E. Raftery, "Strictly proper scoring rules, prediction, and
       estimation", Journal of the American Statistical Association 102, 2007, pages 359-378,
       section 6.2. https://doi.org/10.1198/016214506000001437

    Examples
    --------
    >>> from sklstm.metrics import interval_score
    >>> interval_score([1.0, 5.0], lower=[0.0, 2.0], upper=[2.0, 4.0], coverage=0.5)
    4.0
    """
    true, low, high, weight, output_weight = _check_intervals(
        y_true, lower, upper, sample_weight, multioutput
    )
    outside = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    scores = (high - low) + 2 / (1 - coverage) * outside
    return average_samples(scores, weight, output_weight)


def _check_intervals(y_true, lower, upper, sample_weight, multioutput):
    """Return arrays of shape (n_samples, n_outputs), weights, and `multioutput`."""
    bounds = []
    for name, bound in (("lower", lower), ("upper", upper)):
        try:
            true, bound, weight, output_weight = check_targets(
                y_true, bound, sample_weight, multioutput
            )
        except ValueError as error:
            raise ValueError(str(error).replace("y_pred", name)) from None
        bounds.append(bound)
    n_crossed = np.count_nonzero(bounds[0] > bounds[1])
    if n_crossed:
        raise ValueError(
            f"{n_crossed} of the {bounds[0].size} intervals have a lower bound above their upper "
            "bound. Pass the lower bounds first, and sort quantiles that cross."
        )
    return true, *bounds, weight, output_weight
