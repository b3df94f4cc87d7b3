"""Raw series whose future is forecast: their last windows, and what is known ahead."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sklstm._validation import index_of
from sklstm.windowing import last_window
from sklstm.windowing._future import known_of_series
from sklstm.windowing._groups import rows_of_groups

__all__ = ["Pasts", "check_pasts", "names_of_columns"]


class Pasts(NamedTuple):
    """The ends of series, and what is known of the time after them."""

    windows: np.ndarray  # (n_series, n_timesteps, n_columns)
    known: np.ndarray  # (n_series, n_known, n_future)
    ahead: np.ndarray  # (n_future,), the columns that are known
    labels: list[Any] | None  # of the series, in groups
    rows: list[np.ndarray]  # of each series
    index: Any


def check_pasts(
    series: Any,
    n_timesteps: int,
    groups: Any,
    future: Any,
    future_columns: Any,
    future_groups: Any,
) -> Pasts:
    """Return the ends of series, checked as :func:`~sklstm.windowing.last_window` does."""
    windows = last_window(series, n_timesteps, groups=groups)
    if groups is None:
        labels, rows = None, [np.arange(len(series))]
    else:
        by_label = rows_of_groups(groups, len(series), series=series)
        labels, rows = list(by_label), list(by_label.values())
    known, ahead = np.empty((len(windows), 0, 0)), np.empty(0, dtype=int)
    if future is not None:
        last_rows = np.stack([numbers[-n_timesteps:] for numbers in rows])
        known, ahead = known_of_series(
            windows.shape[2], series, last_rows, labels, future, future_columns, future_groups
        )
    return Pasts(windows, known, ahead, labels, rows, index_of(series))


def names_of_columns(series: Any, feature_names: list[Any] | None, n_columns: int) -> list[str]:
    """Return the names of the columns of raw data, or such that number them.

    Raises
    ------
    ValueError
        If the columns have other names than `feature_names`, of which there may be more.
    """
    if hasattr(series, "columns"):
        names = list(series.columns)
    elif getattr(series, "name", None) is not None:
        names = [series.name]
    elif feature_names is not None:
        names = feature_names[:n_columns]
    else:
        names = [f"x{number}" for number in range(n_columns)]
    if feature_names is not None and names != feature_names[:n_columns]:
        raise ValueError(
            f"series has the columns {names}, but the features of the windows "
            f"begin with {feature_names[:n_columns]}. Pass the columns that the windows were cut "
            "from, in their order."
        )
    return names
