"""What all metrics do as scikit-learn's do: checks, and averages over samples and outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics._regression import _check_reg_targets
from sklearn.utils._param_validation import StrOptions

__all__ = ["MULTIOUTPUT", "SAMPLE_WEIGHT", "average_outputs", "average_samples", "check_targets"]

SAMPLE_WEIGHT: list[Any] = ["array-like", None]
MULTIOUTPUT: list[Any] = [StrOptions({"raw_values", "uniform_average"}), "array-like"]


def check_targets(
    y_true: Any, y_pred: Any, sample_weight: Any, multioutput: Any
) -> tuple[Any, ...]:
    """Return targets as float64 of shape (n_samples, n_outputs), and checked weights."""
    _, *checked = _check_reg_targets(y_true, y_pred, sample_weight, multioutput, dtype=np.float64)
    return tuple(checked)


def average_samples(losses: np.ndarray, sample_weight: Any, multioutput: Any) -> Any:
    """Average losses of shape (n_samples, n_outputs) over samples, and then over outputs."""
    return average_outputs(np.average(losses, axis=0, weights=sample_weight), multioutput)


def average_outputs(losses: np.ndarray, multioutput: Any) -> Any:
    """Average losses of shape (n_outputs,), unless ``multioutput="raw_values"``."""
    if isinstance(multioutput, str):
        if multioutput == "raw_values":
            return losses
        multioutput = None
    return float(np.average(losses, weights=multioutput))
