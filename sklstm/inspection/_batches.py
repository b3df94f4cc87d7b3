"""An estimator that predicts shuffled lazy windows a batch at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline

from sklstm.inspection._shuffling import ShuffledWindows

__all__ = ["InBatches", "default_scorer"]

_RESPONSES = "predict", "decision_function"


class InBatches:
    """Behaves like a fitted estimator; its predictions of shuffled windows are made in batches.

    Parameters
    ----------
    estimator : estimator
        A fitted one, whose predictions of a sample do not depend on the others.
    """

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._estimator, name)
        return _in_batches(value) if name.startswith(_RESPONSES) and callable(value) else value


def _in_batches(response: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(response)  # scikit-learn's scorers know responses by their names
    def respond(X: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(X, ShuffledWindows):
            return response(X, *args, **kwargs)
        # Copies: a response that is a view would keep its batch in memory.
        answers = [np.array(response(batch, *args, **kwargs)) for batch in X.batches()]
        return np.concatenate(answers)

    return respond


def default_scorer(estimator: Any) -> Any:
    """Return the scorer that equals the estimator's own score, which knows nothing of batches."""
    inner = estimator
    while isinstance(inner, Pipeline):
        inner = inner[-1]
    scorer = getattr(inner, "scorer_", None)  # of a search
    if callable(scorer):
        return scorer
    if isinstance(scorer, dict):
        return scorer[inner.refit]
    if is_classifier(inner):
        return get_scorer("accuracy")
    if is_regressor(inner):
        return get_scorer("r2")
    raise ValueError(
        f"scoring=None needs a classifier or a regressor, got {estimator!r}. Pass scoring."
    )
