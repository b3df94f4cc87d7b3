"""Columns of a series by name or position: those to forecast, and those known ahead."""

from __future__ import annotations

import sys
from numbers import Integral

import numpy as np

__all__ = ["columns_of_names", "positions_of_columns", "refuse_known_targets"]


def columns_of_names(X, y, horizon):
    """Return the columns of X that y names, or y itself if it holds no names."""
    if isinstance(y, str):
        if not hasattr(X, "columns"):
            raise ValueError(
                f"y={y!r} names a column, but X has no names of columns: it is of type "
                f"{type(X).__name__}. Pass the series to forecast itself as y, or a DataFrame as X."
            )
        _check_name(y, list(X.columns), "y", "or the series to forecast itself")
        if horizon == 0:
            raise ValueError(
                f"y={y!r} is a column of X, so that with horizon=0 every window would hold its "
                f"own label. Pass the labels themselves, y=X[{y!r}], and leave them out of X."
            )
        return X[y]
    if horizon > 0 and hasattr(X, "columns") and _are_names(y):
        names = list(y)
        for name in names:
            _check_name(name, list(X.columns), "y", "or the series to forecast themselves")
        _refuse_duplicates(names, "y")
        return X[names]
    return y


def positions_of_columns(X, columns, n_features, argument):
    """Return the positions in X of columns given by name, or by position if X has no names.

    `columns` is one of them or a list, and `argument` what it was passed as.
    """
    columns = [columns] if isinstance(columns, str | Integral) else list(columns)
    if hasattr(X, "columns"):
        names = list(X.columns)
        for name in columns:
            _check_name(name, names, argument)
        positions = [names.index(name) for name in columns]
    else:
        for position in columns:
            _check_position(position, n_features, argument)
        positions = [int(position) for position in columns]
    _refuse_duplicates(columns, argument)
    return positions


def refuse_known_targets(X, y, rows, targets, positions):
    """Raise if a target is among the columns of X at some positions, which are known ahead."""
    names = list(getattr(X, "columns", range(rows.shape[1])))
    named = [y] if isinstance(y, str) else list(y) if _are_names(y) else []
    for position in positions:
        column = rows[:, position]
        is_target = names[position] in named or any(
            _tells(column, target) for target in targets.reshape(len(targets), -1).T
        )
        if is_target:
            raise ValueError(
                f"future holds the column {names[position]!r} of X, which is what y asks to "
                "forecast: the windows would hold the answer. Leave it out of future; its past "
                "stays among the features."
            )


def _tells(column, target):
    """Return whether a column is the target; two that never change are no answer."""
    return np.array_equal(column, target, equal_nan=True) and bool((column != column[0]).any())


def _are_names(y):
    pd = sys.modules.get("pandas")
    is_list = isinstance(y, list | tuple) or (pd is not None and isinstance(y, pd.Index))
    return is_list and len(y) > 0 and all(isinstance(name, str) for name in y)


def _check_name(name, names, argument, alternative=""):
    """Raise unless a name is that of one column."""
    count = names.count(name)
    alternative = f", {alternative}" if alternative else ""
    if count == 0:
        raise ValueError(
            f"{argument}={name!r} is no column of X, which has the columns {names}. Pass one of "
            f"these{alternative}."
        )
    if count > 1:
        raise ValueError(
            f"{argument}={name!r} is the name of {count} columns of X. Give each column a name of "
            f"its own{alternative and ' or pass' + alternative.removeprefix(', or')}."
        )


def _check_position(position, n_features, argument):
    is_position = isinstance(position, Integral) and not isinstance(position, bool | np.bool_)
    if not is_position or not 0 <= position < n_features:
        raise ValueError(
            f"{argument} must hold positions of columns, ints from 0 to {n_features - 1}, as X has "
            f"no names of columns; got {position!r}. Pass positions, or a DataFrame as X."
        )


def _refuse_duplicates(columns, argument):
    if len(set(columns)) < len(columns):
        raise ValueError(
            f"{argument}={columns!r} holds a column more than once. Pass each column once."
        )
