"""Which features of windows are forecast."""

from __future__ import annotations

from numbers import Integral
from typing import Any

__all__ = ["check_target_columns"]


def check_target_columns(target: Any, n_features: int) -> list[int]:
    """Return the numbers of the features that are forecast, counted from the first.

    Parameters
    ----------
    target : int or sequence of int
        The argument of this name: a feature of the windows, or several. Negative numbers count
        from the last.
    n_features : int
        Number of features of the windows.

    Raises
    ------
    ValueError
        If a number is that of no feature, or the same feature is named twice.
    """
    columns = [target] if isinstance(target, Integral) else list(target)
    if not columns:
        raise ValueError(f"target={target!r} names no feature to forecast. Name at least one.")
    if not all(_is_column(column, n_features) for column in columns):
        raise ValueError(
            f"target={target!r} must be the number of a feature of the windows, or a list of such: "
            f"ints from 0 to {n_features - 1}, as X has {n_features} feature(s)."
        )
    numbers = [int(column) % n_features for column in columns]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"target={target!r} names a feature twice. Name each feature once.")
    return numbers


def _is_column(column, n_features):
    is_number = isinstance(column, Integral) and not isinstance(column, bool)
    return is_number and -n_features <= column < n_features
