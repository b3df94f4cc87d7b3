"""The times that follow those of series."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from sklstm.windowing._time_index import as_times, times_in_groups

__all__ = ["times_after"]

_FEWEST = 3  # times that tell their frequency


def times_after(
    index: Any, rows_of_series: list[np.ndarray], n_timesteps: int, n_steps: int, *, in_groups: bool
) -> Any:
    """Return the times of the steps that follow each series.

    Parameters
    ----------
    index : Index or None
        The index of the rows of all series. Times and numbers are continued. Where there are none,
        or groups have no times, steps are numbered on from the rows of each series.
    rows_of_series : list of ndarray of int
        The rows of each series.
    n_timesteps : int
        Number of rows of each, the last, that are known to be evenly spaced.
    n_steps : int
        Number of steps to go on.
    in_groups : bool
        Whether the series are groups.

    Returns
    -------
    Index of length n_series * n_steps
        All steps after the first series, then all after the second, and so on.
    """
    pd = sys.modules["pandas"]
    times = times_in_groups(index) if in_groups else index
    if times is None or as_times(times[:1]) is None:
        first = np.array([len(rows) for rows in rows_of_series])
        numbers = first[:, np.newaxis] + np.arange(n_steps)
        return pd.Index(numbers.ravel(), name=getattr(times, "name", None))
    known: dict[Any, Any] = {}  # series that end together go on together
    parts = []
    for rows in rows_of_series:
        past = _last(times, rows, max(n_timesteps, _FEWEST))
        key = past[0], past[-1], len(past)
        if key not in known:
            known[key] = _after(as_times(past), n_steps)
        parts.append(known[key])
    following = parts[0].append(parts[1:]) if len(parts) > 1 else parts[0]
    return following.rename(times.name)


def _last(times: Any, rows: np.ndarray, n_rows: int) -> Any:
    """Return the times of the last rows; a slice where possible, which keeps the freq."""
    last = rows[-n_rows:]
    if last[-1] - last[0] == len(last) - 1:
        return times[last[0] : last[-1] + 1]
    return times[last]


def _after(past: Any, n_steps: int) -> Any:
    """Return the times that follow, as an index of their kind."""
    pd = sys.modules["pandas"]
    if isinstance(past, pd.PeriodIndex):
        step = past[-1] - past[-2] if len(past) > 1 else past.freq
        return pd.PeriodIndex([past[-1] + k * step for k in range(1, n_steps + 1)])
    if isinstance(past, pd.DatetimeIndex):
        return pd.date_range(past[-1], periods=n_steps + 1, freq=_frequency(past))[1:]
    if len(past) == 1:
        raise _unknown_step(past)
    return past[-1] + (past[-1] - past[-2]) * pd.Index(np.arange(1, n_steps + 1))


def _frequency(past: Any) -> Any:
    """Return the frequency of dates: as pandas knows or finds it, or by their last step."""
    pd = sys.modules["pandas"]
    if past.freq is not None:
        return past.freq
    if len(past) == 1:
        raise _unknown_step(past)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas tells of a change of type, of which both will do
        found = pd.infer_freq(past) if len(past) >= _FEWEST else None
    if found is not None:
        return found
    step = past[-1] - past[-2]
    if step < pd.Timedelta(days=27):
        return step
    months = (past[-1].year - past[-2].year) * 12 + past[-1].month - past[-2].month
    return pd.DateOffset(months=months)


def _unknown_step(past: Any) -> ValueError:
    return ValueError(
        f"The series has a single time, {past[-1]}, from which it is not known which comes next. "
        "Pass more rows, or an index with a freq."
    )
