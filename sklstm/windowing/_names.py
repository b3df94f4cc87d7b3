"""Names of features: those of a DataFrame, of windows, and of what becomes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import _check_feature_names, _check_n_features

from sklstm._validation import names_of
from sklstm._warnings import warn

__all__ = ["check_features", "check_names", "names_after"]


def names_after(transformer: Any, names: list[str] | None, n_features: int) -> list[str] | None:
    """Return the names that a fitted transformer gives to what becomes of features, or None.

    It need not tell them: some have no method for it, and in others a step within has none.
    """
    if names is None or not hasattr(transformer, "get_feature_names_out"):
        return None
    try:
        after = [str(name) for name in transformer.get_feature_names_out(names)]
    except (AttributeError, ValueError):
        return None
    return after if len(after) == n_features else None


def check_names(estimator: Any, X: Any, *, reset: bool) -> None:
    """Set or check ``feature_names_in_``, as scikit-learn does for DataFrames.

    Parameters
    ----------
    estimator : estimator
    X : array-like
        Windows, rows or sequences, as the user passed them.
    reset : bool
        Whether to set the attribute, in fit, or to check X against it.

    Raises
    ------
    ValueError
        If X has other names than in fit, or the same in another order.
    """
    if _has_no_names(X) and not hasattr(estimator, "feature_names_in_"):
        return
    names = names_of(X)
    if names is None:
        _check_feature_names(estimator, X, reset=reset)
    elif reset:
        estimator.feature_names_in_ = np.array(names, dtype=object)
    elif not hasattr(estimator, "feature_names_in_"):
        warn(
            f"X has feature names, but {type(estimator).__name__} was fitted without feature names"
        )
    elif list(estimator.feature_names_in_) != names:
        raise ValueError(
            "The feature names should match those that were passed during fit. X has the features "
            f"{names}, but {type(estimator).__name__} was fitted on "
            f"{list(estimator.feature_names_in_)}. Cut windows from these columns, in this order."
        )


def _has_no_names(X):
    """Return whether X is an array of numbers: scikit-learn takes longer to find that out."""
    return type(X) is np.ndarray and X.dtype != object


def check_features(estimator: Any, X: Any, rows: Any, *, reset: bool) -> None:
    """Set or check the names of features, which `X` carries, and their number, that of `rows`."""
    check_names(estimator, X, reset=reset)
    _check_n_features(estimator, rows, reset=reset)
