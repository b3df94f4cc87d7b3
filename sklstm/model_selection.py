"""Cross-validation of forecasts without a look into the future."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    validate_parameter_constraints,
)
from sklearn.utils.validation import _num_samples

from sklstm._validation import check_finite, check_index_of_groups
from sklstm._warnings import warn

__all__ = ["PurgedTimeSeriesSplit"]

_DURATIONS = (timedelta, np.timedelta64)

# Spans of time may differ by this part of the smallest step between origins: 3 * 0.1 > 0.3.
_TOLERANCE = 1e-3


class PurgedTimeSeriesSplit(BaseCrossValidator):
    """Time series cross-validator that keeps training targets out of the test period.

    As in :class:`~sklearn.model_selection.TimeSeriesSplit`, each fold tests on a block of
    successive windows and trains on windows before it. A window is in the training part only
    if its last target is no later than the origin of the first test window, the last row that
    this window holds.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits. Must be at least 2.

    horizon : float or timedelta, default=None
        Time from a window's origin, its last step, to its last target, in the units of the
        origin times: a number of steps, or a timedelta where `groups` holds datetimes.
        ``None`` takes the number of columns of the `y` that :meth:`split` is given, or 1 if
        `y` has one dimension or is not given. With several targets, pass it: `y` then has
        as many columns for each target, and ``None`` keeps more time free than is needed.
        0 is for windows labelled by their last row.

    test_size : int, default=None
        Number of distinct origin times in each test part. Defaults to
        ``n_times // (n_splits + 1)``.

    max_train_size : int, default=None
        Largest number of distinct origin times in a training part; the latest are kept.

    embargo : float or timedelta, default=0
        Time to keep free between the last training target and the first test origin, in
        the units of `horizon`.

    See Also
    --------
    sklstm.make_windows : Cuts the windows, and returns their origins.

    Notes
    -----
    A window with origin ``o`` is in the training part for a test part that begins at origin
    ``t`` if ``o < t`` and ``o + horizon + embargo <= t``. For the windows of one series with
    stride 1 this is ``TimeSeriesSplit(gap=horizon - 1)``. Windows of several series with the
    same origin time lie in the same part of a fold, so no series tells the future of another.

    Floats hold no exact 0.1. Where origins are floats, those that rounding alone keeps apart are
    the same time; and where they, `horizon` or `embargo` are, ``o + horizon + embargo`` may
    exceed ``t`` by a thousandth of the smallest step between two origins.

    References
    ----------
    .. [1] M. López de Prado, "Advances in Financial Machine Learning", chapter 7,
       "Cross-Validation in Finance", Wiley, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.model_selection import PurgedTimeSeriesSplit
    >>> from sklstm.windowing import make_windows
    >>> X, Y = make_windows(np.arange(12), lookback=2, horizon=3)
    >>> cv = PurgedTimeSeriesSplit(n_splits=2, test_size=2)
    >>> for train, test in cv.split(X, Y):  # three columns of Y: a horizon of 3
    ...     print(train, test)
    [0 1] [4 5]
    [0 1 2 3] [6 7]

    Two series over the same days share their folds:

    >>> days = np.array(["2024-01-01", "2024-01-02", "2024-01-03"], dtype="datetime64[D]")
    >>> cv = PurgedTimeSeriesSplit(n_splits=2, horizon=np.timedelta64(1, "D"))
    >>> for train, test in cv.split(np.zeros((6, 2, 1)), groups=np.tile(days, 2)):
    ...     print(train, test)
    [0 3] [1 4]
    [0 1 3 4] [2 5]
    """

    # Origin times are asked for by default when metadata routing is enabled.
    __metadata_request__split = {"groups": True}

    _parameter_constraints: dict[str, list[Any]] = {
        "n_splits": [Interval(Integral, 2, None, closed="left")],
        "horizon": [*_DURATIONS, Interval(Real, 0, None, closed="left"), None],
        "test_size": [Interval(Integral, 1, None, closed="left"), None],
        "max_train_size": [Interval(Integral, 1, None, closed="left"), None],
        "embargo": [*_DURATIONS, Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_splits: int = 5,
        *,
        horizon: Any = None,
        test_size: int | None = None,
        max_train_size: int | None = None,
        embargo: Any = 0,
    ) -> None:
        self.n_splits = n_splits
        self.horizon = horizon
        self.test_size = test_size
        self.max_train_size = max_train_size
        self.embargo = embargo
        self._validate_params()

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups : object
            Always ignored, exist for API compatibility.

        Returns
        -------
        n_splits : int
            Number of splits.
        """
        return self.n_splits

    def split(
        self, X: ArrayLike, y: Any = None, groups: ArrayLike | None = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Generate indices to split windows into training and test parts.

        Parameters
        ----------
        X : array-like of shape (n_windows, ...)
            The windows, of which only the number matters.

        y : array-like of shape (n_windows,) or (n_windows, n_targets), default=None
            The targets, whose columns are the steps of the horizon, for one target after
            another. Their values do not matter.

        groups : array-like of shape (n_windows,), default=None
            Origin times of the windows, numbers or datetimes, in any order. Defaults to
            their positions, which are the times of one series with stride 1; windows of
            several series need their times. A Series must have the index of `X` and `y`,
            where these are pandas objects.

        Yields
        ------
        train : ndarray
            The training set indices for that split, ascending.

        test : ndarray
            The testing set indices for that split, ascending.

        Raises
        ------
        ValueError
            If there are too few distinct origin times for the splits, a training part is
            left empty, `horizon` and `embargo` do not fit the kind of `groups`, or `groups`
            has another index than `X` or `y`.

        Warns
        -----
        UserWarning
            If `horizon` is a number of steps, other than 0, that is smaller than the number
            of columns of `y` and does not divide it, as it would with several targets: some
            targets of the training windows lie in the test period.
        """
        n_windows = _num_samples(X)
        origins = np.arange(n_windows) if groups is None else _origin_times(groups, n_windows)
        check_index_of_groups(groups, X=X, y=y)
        times, moments = _distinct(origins)
        blocks = self._test_blocks(len(times))
        horizon = self.horizon
        if horizon is None and times.dtype.kind not in "mM":
            horizon = _n_columns(y)
        reach = self._reach(horizon, times, by_position=groups is None)
        if times.dtype.kind in "iu":
            _warn_if_short(horizon, _n_columns(y))
        for fold, (start, stop) in enumerate(blocks):
            train_stop = np.count_nonzero(times[start] - times[:start] >= reach)
            if train_stop == 0:
                raise ValueError(
                    f"Fold {fold} of {self.n_splits} has no training window: none has its last "
                    f"target by {times[start]}, the first test origin, with "
                    f"horizon={horizon!r} and embargo={self.embargo!r}. Use fewer n_splits, "
                    "a smaller test_size, or a smaller horizon or embargo."
                )
            train_start = max(0, train_stop - (self.max_train_size or train_stop))
            yield (
                np.flatnonzero((train_start <= moments) & (moments < train_stop)),
                np.flatnonzero((start <= moments) & (moments < stop)),
            )

    def _validate_params(self):
        params = {name: getattr(self, name) for name in self._parameter_constraints}
        name = type(self).__name__
        validate_parameter_constraints(self._parameter_constraints, params, caller_name=name)
        for param in ("horizon", "embargo"):
            value = params[param]
            if isinstance(value, _DURATIONS) and value != abs(value):
                raise InvalidParameterError(
                    f"The {param!r} parameter of {name} must not be a negative or missing "
                    f"duration. Got {value!r} instead."
                )

    def _test_blocks(self, n_times):
        """Return start and stop, in distinct times, of the test part of each fold."""
        if n_times <= self.n_splits:
            raise ValueError(
                f"n_splits={self.n_splits} needs at least {self.n_splits + 1} distinct origin "
                f"times, got {n_times}. Use fewer n_splits or a longer series."
            )
        size = self.test_size or n_times // (self.n_splits + 1)
        first = n_times - self.n_splits * size
        if first <= 0:
            raise ValueError(
                f"n_splits={self.n_splits} test parts of test_size={size} need more than "
                f"{self.n_splits * size} distinct origin times, got {n_times}. Use fewer n_splits "
                "or a smaller test_size."
            )
        return [(start, start + size) for start in range(first, n_times, size)]

    def _reach(self, horizon, times, by_position):
        """Return the least time from a training origin to the first test origin."""
        horizon_span = self._span("horizon", horizon, times, by_position)
        embargo_span = self._span("embargo", self.embargo, times, by_position)
        try:
            reach = horizon_span + embargo_span
            if times.dtype.kind in "mM":
                _ = times[0] - reach
        except TypeError:
            raise ValueError(
                f"horizon={horizon!r} and embargo={self.embargo!r} do not fit groups of dtype "
                f"{times.dtype}: months and years have no fixed length. Give a number of days."
            ) from None
        if times.dtype.kind == "f" or not isinstance(reach, Integral | np.timedelta64):
            reach = reach - _tolerance(times)
        return reach

    def _span(self, name, value, times, by_position):
        """Return `horizon` or `embargo` in the kind of units that the times have."""
        is_duration = isinstance(value, _DURATIONS)
        if times.dtype.kind not in "mM":
            if is_duration:
                origins = "positions, as groups=None" if by_position else "numbers"
                raise ValueError(
                    f"{name}={value!r} is a duration, but the origin times are {origins}. Pass "
                    f"datetimes as groups, such as df.index[origins], or {name} as a number."
                )
            return value
        if is_duration:
            return _as_timedelta64(value)
        if value == 0:
            return times[0] - times[0]
        kind = "counts steps" if value is None else "is a number"
        raise ValueError(
            f"{name}={value!r} {kind}, but groups holds datetimes. Pass {name} as a duration, such "
            "as datetime.timedelta(hours=1)."
        )


def _n_columns(y):
    """Return the number of columns of y, which is 1 for one dimension or None."""
    shape = y.shape if hasattr(y, "shape") else np.shape(y)
    return shape[1] if len(shape) == 2 else 1


def _warn_if_short(horizon, n_columns):
    """Warn of a horizon in steps that the columns of the targets exceed."""
    is_of_several_targets = horizon > 0 and horizon % 1 == 0 and n_columns % horizon == 0
    if 0 < horizon < n_columns and not is_of_several_targets:
        warn(
            f"horizon={horizon!r} is less than the {n_columns} columns of y, so targets of the "
            f"training windows lie in the test period. Set horizon={n_columns}, or None to take "
            "it from y; or the horizon of each target if y holds several; or 0 if y labels the "
            "last row of each window. If the windows were cut with a stride, pass their origins "
            "as groups.",
        )


def _distinct(origins):
    """Return the distinct times, and the number of that of each origin."""
    times, moments = np.unique(origins, return_inverse=True)
    if times.dtype.kind == "f" and len(times) > 0:
        is_new = np.r_[True, np.diff(times) > _rounding(times)]
        times, moments = times[is_new], (np.cumsum(is_new) - 1)[moments]
    return times, moments


def _rounding(times):
    """Return how far floats that mean the same time may lie apart."""
    return 2 * np.spacing(np.abs(times).max())


def _tolerance(times):
    """Return by how much the spans between times may be rounded."""
    step = float(np.diff(times).min())
    return max(_TOLERANCE * step, min(step / 2, 2 * float(_rounding(times))))


def _origin_times(groups, n_windows):
    """Return groups as an array of long integers, floats, datetimes or durations."""
    dtype = getattr(groups, "dtype", None)
    utc = f"datetime64[{dtype.unit}]" if getattr(dtype, "tz", None) is not None else None
    origins = np.asarray(groups, dtype=utc)
    if origins.shape != (n_windows,):
        raise ValueError(
            f"groups must hold one origin time for each of the {n_windows} windows in X, got shape "
            f"{origins.shape}. Take the origins that make_windows returns."
        )
    if origins.dtype.kind not in "iufmM":
        raise ValueError(
            f"groups must hold the origin times of the windows, numbers or datetimes, got dtype "
            f"{origins.dtype}. Convert text with pandas.to_datetime, and periods with "
            ".to_timestamp()."
        )
    check_finite(origins, "groups", "Leave out the windows without an origin time.", source=groups)
    longest = {"i": np.int64, "u": np.uint64}.get(origins.dtype.kind, origins.dtype)
    return origins.astype(longest)


def _as_timedelta64(duration):
    """Convert a duration of Python, NumPy or pandas, which keeps its nanoseconds."""
    if hasattr(duration, "to_timedelta64"):
        return duration.to_timedelta64()
    return np.timedelta64(duration)
