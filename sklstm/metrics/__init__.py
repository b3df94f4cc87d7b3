"""Errors of forecasts and of their intervals, beside those of scikit-learn."""

from sklstm.metrics._errors import (
    mean_absolute_scaled_error,
    naive_scale,
    symmetric_mean_absolute_percentage_error,
    weighted_absolute_percentage_error,
)
from sklstm.metrics._intervals import interval_coverage, interval_score
from sklstm.metrics._scorers import (
    CoverageScorer,
    IntervalScorer,
    MASEScorer,
    smape_scorer,
    wape_scorer,
)

__all__ = [
    "CoverageScorer",
    "IntervalScorer",
    "MASEScorer",
    "interval_coverage",
    "interval_score",
    "mean_absolute_scaled_error",
    "naive_scale",
    "smape_scorer",
    "symmetric_mean_absolute_percentage_error",
    "wape_scorer",
    "weighted_absolute_percentage_error",
]
