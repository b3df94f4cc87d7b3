"""Rows of a series and their targets: arrays of numbers or labels, or errors that say why not."""

from __future__ import annotations

import numpy as np

from sklstm._validation import check_labels, check_numbers

__all__ = ["IF_INFINITE", "check_rows", "check_series", "check_targets"]

# Options of check_array. The shapes are checked in this module, for better messages.
_ANY_SHAPE = {"ensure_2d": False, "ensure_min_samples": 0}

# What to do about arguments that are refused.
_IF_NOT_NUMBERS = "Encode what is no number, or leave it out; times belong in the index."
_IF_NO_TARGET = "Labels of rows go with horizon=0, and names of columns with a DataFrame X."
_IF_MISSING = (
    "Interpolate what is missing; or keep it with make_windows(..., allow_nan=True), and fill in "
    "the windows with WindowImputer; or make each stretch without gaps a group of its own with "
    "groups=."
)
_IF_TARGETS_ARE_MISSING = (
    "Interpolate what is missing; or leave out the windows that lack a target with "
    "make_windows(..., allow_nan=True); or make each stretch without gaps a group of its own with "
    "groups=."
)
IF_INFINITE = "Replace infinity by NaN, and masked values with .filled(np.nan)."  # NaN is allowed
_IF_LABELS_ARE_MISSING = (
    "Label these rows, leave out the windows that lack a label with make_windows(..., "
    "allow_nan=True), or make each stretch with labels a group of its own with groups=."
)


def check_rows(X, ensure_all_finite=True):
    """Return X as an array of shape (T, F), of numbers; some may be missing with "allow-nan"."""
    remedy = IF_INFINITE if ensure_all_finite == "allow-nan" else _IF_MISSING
    rows = check_series(X, "X", remedy, ensure_all_finite)
    if rows.ndim not in (1, 2):
        raise ValueError(
            f"X must be a series of shape (T,) or (T, F), got shape {rows.shape}. Windows that "
            "are cut already need no cutting."
        )
    return rows[:, np.newaxis] if rows.ndim == 1 else rows


def check_series(values, name, if_missing, ensure_all_finite=True):
    """Return values as an array of numbers, of any shape."""
    return check_numbers(
        values,
        name,
        **_ANY_SHAPE,
        if_not_numbers=_IF_NOT_NUMBERS,
        if_missing=if_missing,
        ensure_all_finite=ensure_all_finite,
    )


def check_targets(y, rows, horizon, allow_nan=False):
    """Return y as an array of shape (T,), or (T, K) for K > 1 columns."""
    if y is None:
        return _only_column(rows, horizon)
    if horizon == 0:
        targets = check_labels(y, "y", _IF_LABELS_ARE_MISSING, allow_missing=allow_nan)
    else:
        targets = check_numbers(
            y,
            "y",
            **_ANY_SHAPE,
            if_not_numbers=_IF_NO_TARGET,
            if_missing=IF_INFINITE if allow_nan else _IF_TARGETS_ARE_MISSING,
            ensure_all_finite="allow-nan" if allow_nan else True,
        )
    n_rows = rows.shape[0]
    if targets.ndim not in (1, 2) or len(targets) != n_rows or targets.shape[1:] == (0,):
        raise ValueError(
            f"y must hold a value for every row of X, of shape ({n_rows},), or ({n_rows}, K) for "
            f"K columns to forecast; got shape {targets.shape}. Select the same rows as in X."
        )
    return targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets


def _only_column(rows, horizon):
    """Return the column of X that y=None stands for."""
    if horizon == 0:
        raise ValueError("horizon=0 asks for labels: pass y, the label of every row of X.")
    if rows.shape[1] != 1:
        raise ValueError(
            f"y=None stands for the only column of X, but X has {rows.shape[1]}. Pass the "
            "series to forecast as y, such as y=X[:, 0] or the name of a column."
        )
    return rows[:, 0]
