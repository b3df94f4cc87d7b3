"""What the calendar tells of the future: features of dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils._optional_dependencies import check_pandas_support
from sklearn.utils._param_validation import validate_params

__all__ = ["calendar_features"]

# Parts of a date: what pandas calls it, its first value, and how many values it takes.
_PARTS: dict[str, tuple[str, int, Any]] = {
    "second": ("second", 0, lambda times: 60),
    "minute": ("minute", 0, lambda times: 60),
    "hour": ("hour", 0, lambda times: 24),
    "day_of_week": ("day_of_week", 0, lambda times: 7),
    "day_of_month": ("day", 1, lambda times: times.days_in_month),
    "day_of_year": ("day_of_year", 1, lambda times: 365 + times.is_leap_year),
    "month": ("month", 1, lambda times: 12),
    "quarter": ("quarter", 1, lambda times: 4),
}
_NAMES = [*_PARTS, "is_weekend"]

_OF_DAYS = ["day_of_week", "is_weekend", "day_of_month", "day_of_year"]

# What "auto" stands for, by the least number of days between two dates.
_BY_STEP = [
    (300.0, []),  # years: all dates have the same place in the calendar
    (27.0, ["month"]),  # months and quarters
    (6.0, ["day_of_month", "day_of_year"]),  # weeks
    (0.99, _OF_DAYS),
    (0.99 / 24, ["hour", *_OF_DAYS]),
    (0.99 / 1440, ["minute", "hour", *_OF_DAYS]),
    (0.0, ["second", "minute", "hour", *_OF_DAYS]),
]


@validate_params(
    {"features": [str, "array-like"], "cyclic": ["boolean"]}, prefer_skip_nested_validation=True
)
def calendar_features(
    index: Any, features: str | Sequence[str] = "auto", *, cyclic: bool = True
) -> Any:
    """Return what the calendar tells of dates, which is known of the future as of the past.

    Parameters
    ----------
    index : DatetimeIndex or PeriodIndex of length T
        The dates. Those with a time zone count in local time; periods count from their start.

    features : "auto", str or list of str, default="auto"
        One or several of ``"second"``, ``"minute"``, ``"hour"``, ``"day_of_week"`` (Monday is
        0), ``"day_of_month"``, ``"day_of_year"``, ``"month"``, ``"quarter"`` and
        ``"is_weekend"`` (1 on Saturday and Sunday). ``"auto"`` chooses by the step from one
        date to the next: the ``freq`` of `index` or, without one, the median step.

        - years: nothing; quarters and months: the month;
        - weeks: the days of the month and of the year;
        - days: these, the day of the week and the weekend;
        - hours, minutes and seconds: these as well, down to the step.

    cyclic : bool, default=True
        Whether to give each part of a date as the sine and the cosine of its place in its
        cycle, so that the end of a cycle lies beside its beginning; otherwise as a number,
        as pandas counts. ``"is_weekend"`` is always 0 or 1.

    Returns
    -------
    features : DataFrame of shape (T, n_features), of floats
        The features, on `index`: for ``"month"`` the columns ``"month_sin"`` and
        ``"month_cos"``, or ``"month"`` with ``cyclic=False``.

    Raises
    ------
    TypeError
        If `index` is no index of dates or periods.

    ValueError
        If dates are missing, if `features` holds an unknown name or one twice, or if it is
        ``"auto"`` and `index` has neither a ``freq`` nor two different dates.

    See Also
    --------
    sklstm.make_windows : Takes the names of columns that are known ahead as ``future=``.
    sklstm.last_window : Takes the rows that are known after the end of a series.

    Notes
    -----
    Each row follows from its own date alone: no row depends on where `index` begins or ends.
    Only the choice of ``"auto"`` depends on the step; a few future dates without a ``freq`` are
    best given the same names. Months and years have the length that they have: the last day of
    February lies as close to the first of March as that of any month to the next.

    The choice of features by frequency follows GluonTS (``time_features_from_frequency_str``)
    [1]_, and their form as sine and cosine the datetime attributes of darts.

    References
    ----------
    .. [1] A. Alexandrov et al., "GluonTS: Probabilistic and neural time series modeling in
       Python", Journal of Machine Learning Research 21 (116), 1-6, 2020.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklstm.windowing import calendar_features
    >>> months = pd.date_range("2024-01-01", periods=4, freq="MS")
    >>> calendar_features(months).round(2)
                month_sin  month_cos
    2024-01-01       0.00       1.00
    2024-02-01       0.50       0.87
    2024-03-01       0.87       0.50
    2024-04-01       1.00       0.00

    They are columns like others, whose future is known:

    >>> df = pd.DataFrame({"load": [5.0, 6.0, 7.0, 8.0]}, index=months)
    >>> calendar = calendar_features(df.index)
    >>> from sklstm import make_windows
    >>> X, Y = make_windows(
    ...     df.join(calendar), y="load", lookback=2, future=list(calendar.columns)
    ... )
    >>> X.shape  # the load, its calendar, and the calendar a step ahead
    (2, 2, 5)
    """
    pd = check_pandas_support("calendar_features")
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        raise TypeError(
            f"index must be a DatetimeIndex or a PeriodIndex, got {type(index).__name__}. Pass "
            "df.index, df.index.get_level_values(level), or pandas.to_datetime(dates)."
        )
    if index.hasnans:
        raise ValueError(
            f"index must hold dates, but is missing one in row {index.isna().argmax()}. Drop this "
            "row, or fill it in."
        )
    is_auto = isinstance(features, str) and features == "auto"
    names = _features_by_step(index) if is_auto else _check_names(features)
    times = index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index
    columns: dict[str, Any] = {}
    for name in names:
        columns |= _columns(times, name, cyclic)
    return pd.DataFrame(columns, index=index, dtype=float)


def _check_names(features):
    """Return the names of features as a list."""
    names = [features] if isinstance(features, str) else list(features)
    unknown = [name for name in names if name not in _NAMES]
    if unknown or len(set(names)) < len(names):
        raise ValueError(
            f"features={features!r} must be 'auto', or hold names of {_NAMES}, each once. "
            f"{f'Unknown: {unknown}.' if unknown else 'Some are there more than once.'}"
        )
    return names


def _features_by_step(index):
    """Return the names of the features that tell apart dates of one step."""
    days = _step_in_days(index)
    return next(names for least, names in _BY_STEP if days >= least)


def _step_in_days(index):
    """Return the step of an index, that of its freq or the usual one between its dates."""
    pd = check_pandas_support("calendar_features")
    if index.freq is not None:
        first = pd.Timestamp("2001-01-01") + index.freq
        return (first + index.freq - first) / pd.Timedelta(days=1)
    steps = np.diff(index.unique().sort_values().tz_localize(None).to_numpy())
    if len(steps) == 0:
        raise ValueError(
            "features='auto' chooses by the step from one date to the next, but index has no freq "
            "and no two different dates. Pass the names of features, such as "
            "features=['month']."
        )
    return np.median(steps / np.timedelta64(1, "D"))


def _columns(times, name, cyclic):
    """Return a dict of the columns of one feature."""
    if name == "is_weekend":
        return {name: np.asarray(times.day_of_week) >= 5}
    attribute, first, length_of = _PARTS[name]
    values = np.asarray(getattr(times, attribute))
    if not cyclic:
        return {name: values}
    angle = 2 * np.pi * (values - first) / np.asarray(length_of(times))
    return {f"{name}_sin": np.sin(angle), f"{name}_cos": np.cos(angle)}
