"""The steps of a pipeline before the network, as maps through which gradients can be taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sklstm._ragged import Ragged
from sklstm.inspection._inputs import Rows
from sklstm.windowing import SlidingWindow
from sklstm.windowing._named import with_names

__all__ = ["Chain", "find_chain"]

TOLERANCE = 1e-5  # of what rows differ, by which a step may miss an affine map


class Chain(NamedTuple):
    """A network, and the steps that its input goes through before."""

    steps: list[Any]
    network: Any

    @property
    def window_of_rows(self) -> Any:
        """The step that makes windows of rows; None if there is none."""
        windows = [s for s in self.steps if isinstance(s, SlidingWindow)]
        return next((s for s in windows if not hasattr(s, "n_timesteps_in_")), None)


def find_chain(estimator: Any) -> Chain:
    """Find the network in a pipeline or search, and the steps before it."""
    steps: list[Any] = []
    inner = estimator
    while not hasattr(inner, "_input_gradients"):
        if isinstance(inner, Pipeline):
            steps += _flat(inner[:-1].steps)
            inner = inner[-1]
        elif hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        elif isinstance(inner, FrozenEstimator):
            inner = inner.estimator
        else:
            raise ValueError(
                "integrated_gradients needs a fitted LSTMRegressor or LSTMClassifier, alone, as "
                f"the last step of a Pipeline, or found by a search, got {estimator!r}. "
                "permutation_importance takes any estimator."
            )
    return Chain(steps, inner)


def _flat(steps: Any) -> list[Any]:
    """Return the transformers of a pipeline, those of pipelines in it one by one."""
    found: list[Any] = []
    for _, step in steps:
        if isinstance(step, FrozenEstimator):
            step = step.estimator
        if isinstance(step, Pipeline):
            found += _flat(step.steps)
        elif step is not None and not isinstance(step, str):
            found.append(step)
    return found


@dataclass(frozen=True)
class Affine:
    """Rows times a matrix, plus a constant."""

    matrix: np.ndarray  # (n_in, n_out)

    def pull(self, gradients: np.ndarray) -> np.ndarray:
        """Return gradients with respect to what goes in."""
        return gradients @ self.matrix.T


@dataclass(frozen=True)
class Trim:
    """Some of the rows are kept."""

    kept: np.ndarray  # of bool, (n_rows,)

    def pull(self, gradients: np.ndarray) -> np.ndarray:
        """Return gradients with respect to what goes in: none, where rows are left out."""
        before = np.zeros((len(self.kept), gradients.shape[1]))
        before[self.kept] = gradients
        return before


def run_step(step: Any, rows: Rows, others: Rows) -> tuple[Any, Rows, Rows]:
    """Run a step on rows, and on others at the same places.

    Returns
    -------
    map : Affine, Trim or None
        What the step does; None: nothing.
    rows, others : Rows
        What comes out.
    """
    if isinstance(step, SlidingWindow):
        return _trimmed(step, rows, others)
    both = np.concatenate([rows.values, others.values]).astype(np.float64)
    out = _transform(step, both, rows)
    matrix = _matrix(step, both, out, rows)
    ends, starts = np.split(out, 2)
    return Affine(matrix), _renamed(rows.over(ends)), _renamed(others.over(starts))


def _renamed(rows: Rows) -> Rows:
    return replace(rows, columns=None)


def _trimmed(step: SlidingWindow, rows: Rows, others: Rows) -> tuple[Any, Rows, Rows]:
    """Keep the last steps of each sequence."""
    ragged = rows.ragged
    if step.lookback is None:
        return None, rows, others
    lengths = np.minimum(ragged.lengths, step.lookback)
    ends = np.repeat(ragged.starts + ragged.lengths, ragged.lengths)
    kept = np.arange(len(ragged.rows)) >= ends - np.repeat(lengths, ragged.lengths)

    def keep(old: Rows) -> Rows:
        trimmed = Ragged(old.values[kept], lengths, ragged.padding, int(lengths.max()))
        return replace(old, ragged=trimmed)

    return Trim(kept), keep(rows), keep(others)


def _transform(step: Any, values: np.ndarray, rows: Rows) -> np.ndarray:
    """Transform rows, each as a sequence of one step; those of 2-D data as they are."""
    if rows.columns is not None:
        import pandas as pd

        out = step.transform(pd.DataFrame(values, columns=rows.columns))
    elif rows.form == "flat":
        out = step.transform(values)
    else:
        out = _of_single_steps(step, values)
    out = out.toarray() if hasattr(out, "toarray") else np.asarray(out, dtype=np.float64)
    if out.ndim == 3 and out.shape[1] == 1:
        out = out[:, 0]
    if out.ndim != 2 or len(out) != len(values):
        raise _refusal(step, "it does not transform each time step for itself")
    return out


def _of_single_steps(step: Any, values: np.ndarray) -> Any:
    names = getattr(step, "feature_names_in_", None)  # those of X are checked with X itself
    known = names is not None and len(names) == values.shape[1]
    try:
        return step.transform(with_names(values[:, np.newaxis], names if known else None))
    except NotFittedError:
        raise
    except ValueError as error:
        reason = f"it does not transform each time step for itself ({error})"
        raise _refusal(step, reason) from error


def _matrix(step: Any, values: np.ndarray, out: np.ndarray, rows: Rows) -> np.ndarray:
    """Return the matrix of a step, found by moving one feature at a time; refuse what has none."""
    middle = values.mean(axis=0)
    spread = values.std(axis=0)
    spread = np.where(spread > 0, spread, np.maximum(abs(middle), 1.0))
    moved = _transform(step, np.vstack([middle, middle + np.diag(spread)]), rows)
    matrix = (moved[1:] - moved[0]) / spread[:, np.newaxis]
    size = np.maximum(abs(out - moved[0]).max(), np.finfo(float).tiny)
    missed = abs(moved[0] + (values - middle) @ matrix - out).max() / size
    if not missed <= TOLERANCE:
        raise _refusal(step, f"it is not linear: it misses a linear map by {missed:.2g}")
    return matrix


def _refusal(step: Any, reason: str) -> ValueError:
    return ValueError(
        f"integrated_gradients cannot look through the step {step!r}: {reason}. Transform X with "
        "this step and those before it, and explain the pipeline of the steps after it; or use "
        "permutation_importance."
    )
