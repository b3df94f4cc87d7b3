"""Ridge regression on more rows than memory holds, with the penalty that misses least."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["LinearModel", "fit_ridge_by_parts"]

Part = tuple[np.ndarray, np.ndarray, np.ndarray]  # rows (n, p), goals (n, k), weights (n,)


class LinearModel(NamedTuple):
    """A fitted linear regression, with the attributes of scikit-learn's."""

    coef_: np.ndarray  # (k, p)
    intercept_: np.ndarray  # (k,)
    alpha_: float

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Return what is predicted for rows (n, p), of shape (n, k)."""
        return rows @ self.coef_.T + self.intercept_


class _Moments(NamedTuple):
    """Sums over all rows, about the means."""

    weight: float
    mean: np.ndarray  # (p,)
    mean_goal: np.ndarray  # (k,)
    gram: np.ndarray  # (p, p)
    with_goals: np.ndarray  # (p, k)


def fit_ridge_by_parts(parts: Callable[[], Iterable[Part]], alphas: Sequence[float]) -> LinearModel:
    """Fit what :class:`sklearn.linear_model.RidgeCV` fits, in two passes over parts of the rows.

    Each row in turn is left out: with the eigenvectors of the rows' moments, what the others
    predict for it follows for all penalties at once.

    Parameters
    ----------
    parts : callable
        Returns an iterable of the parts, each time it is called.
    alphas : sequence of float
        Penalties to choose from.
    """
    moments = _moments(parts())
    eigenvalues, axes = np.linalg.eigh(moments.gram)
    shrinkage = 1 / (np.maximum(eigenvalues, 0)[:, np.newaxis] + np.asarray(alphas))  # (p, a)
    goals = axes.T @ moments.with_goals
    coefs = (shrinkage[:, :, np.newaxis] * goals[:, np.newaxis]).reshape(len(goals), -1)
    errors = np.zeros(len(alphas))
    for rows, goal, weight in parts():
        along = (rows - moments.mean) @ axes
        leverage = weight[:, np.newaxis] * (1 / moments.weight + np.square(along) @ shrinkage)
        predicted = (along @ coefs).reshape(len(rows), len(alphas), -1)  # (n, a, k)
        missed = (goal - moments.mean_goal)[:, np.newaxis] - predicted
        unseen = missed / (1 - leverage[:, :, np.newaxis])
        errors += weight @ np.square(unseen).sum(axis=2)
    best = int(errors.argmin())
    coef = axes @ (shrinkage[:, best, np.newaxis] * goals)
    return LinearModel(coef.T, moments.mean_goal - moments.mean @ coef, float(alphas[best]))


def _moments(parts: Iterable[Part]) -> _Moments:
    total: Any = 0.0
    sums: Any = 0.0
    goal_sums: Any = 0.0
    gram: Any = 0.0
    with_goals: Any = 0.0
    for rows, goal, weight in parts:
        weighted = rows.T * weight
        total += weight.sum()
        sums += weighted.sum(axis=1)
        goal_sums += weight @ goal
        gram += weighted @ rows
        with_goals += weighted @ goal
    mean, mean_goal = sums / total, goal_sums / total
    return _Moments(
        total,
        mean,
        mean_goal,
        gram - total * np.outer(mean, mean),
        with_goals - total * np.outer(mean, mean_goal),
    )
