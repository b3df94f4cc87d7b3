"""What forecasts of a backtest are scored by: metrics of the forecasts, and scorers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics as sklearn_metrics
from sklearn.metrics import check_scoring as _make_multimetric_scorer
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.metrics._scorer import _BaseScorer

from sklstm.metrics import (
    symmetric_mean_absolute_percentage_error,
    weighted_absolute_percentage_error,
)

__all__ = ["METRICS", "Scoring", "check_scoring"]

METRICS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        sklearn_metrics.mean_absolute_error,
        sklearn_metrics.mean_squared_error,
        sklearn_metrics.root_mean_squared_error,
        sklearn_metrics.median_absolute_error,
        sklearn_metrics.mean_absolute_percentage_error,
        symmetric_mean_absolute_percentage_error,
        weighted_absolute_percentage_error,
    )
}


@dataclass(frozen=True)
class Scoring:
    """Metrics of forecasts, and scorers of estimators, by name, in the order of `names`."""

    names: tuple[str, ...]
    metrics: Mapping[str, Callable[..., Any]]
    scorer: Any  # of several scores in one, or None

    @property
    def greater_is_better(self) -> dict[str, bool]:
        """Whether greater is better, by name: for scorers, and metrics whose names say so."""
        return {
            name: name not in self.metrics or _name_of(self.metrics[name]).endswith("_score")
            for name in self.names
        }

    def score(
        self, estimator: Any, X: Any, y: Any, y_true: np.ndarray, y_pred: np.ndarray, params: Any
    ) -> dict[str, float]:
        """Return the scores of a fold by name, given its test part and the forecasts of it."""
        scores = self.scorer(estimator, X, y, **params) if self.scorer else {}
        scores |= {name: metric(y_true, y_pred) for name, metric in self.metrics.items()}
        return {name: float(scores[name]) for name in self.names}

    def score_steps(self, y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, np.ndarray]:
        """Return by name what each metric makes of each output alone."""
        return {
            name: np.array([metric(*outputs) for outputs in zip(y_true.T, y_pred.T, strict=True)])
            for name, metric in self.metrics.items()
        }


def check_scoring(scoring: Any) -> Scoring:
    """Return what the argument `scoring` of a backtest stands for."""
    named = _by_name(scoring)
    found = {name: _find(value) for name, value in named.items()}
    scorers = {name: value for name, value in found.items() if isinstance(value, _BaseScorer)}
    metrics = {name: value for name, value in found.items() if name not in scorers}
    scorer = _make_multimetric_scorer(scoring=scorers) if scorers else None
    return Scoring(tuple(named), metrics, scorer)


def _by_name(scoring):
    """Return `scoring` as a dict from names to metrics, scorers or names of them."""
    if isinstance(scoring, Mapping):
        named = dict(scoring)
    elif isinstance(scoring, str) or callable(scoring):
        named = {_name_of(scoring): scoring}
    else:
        named = {_name_of(value): value for value in scoring}
        if len(named) < len(scoring):
            raise ValueError(f"scoring={scoring!r} holds a name twice. Give names with a dict.")
    if not named or "" in named:
        raise ValueError(
            f"scoring={scoring!r} must name what is scored. Pass a dict from names to metrics or "
            "scorers."
        )
    return named


def _name_of(value):
    """Return a name, that of a function or that of a scorer's function; or ""."""
    if isinstance(value, str):
        return value
    if isinstance(value, _BaseScorer):
        return value._score_func.__name__
    return getattr(value, "__name__", "")


def _find(value):
    """Return a metric or a scorer, given itself or its name."""
    if callable(value):
        return value
    if value in METRICS:
        return METRICS[value]
    if value in get_scorer_names():
        return get_scorer(value)
    raise ValueError(
        f"scoring={value!r} is the name of no metric. Use one of {sorted(METRICS)}, the name of a "
        "scorer of scikit-learn such as 'neg_mean_absolute_error', a function (y_true, y_pred), or "
        "a scorer such as those of sklstm.metrics."
    )
