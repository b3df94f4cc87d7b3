"""Windows over time series, and pipeline steps that work on windows."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import assert_all_finite, check_array, get_tags
from sklearn.utils._param_validation import HasMethods, Interval, validate_params
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["SlidingWindow", "TimeDistributedTransformer", "last_window", "make_windows"]

_POSITIVE = Interval(Integral, 1, None, closed="left")
_NOT_NEGATIVE = Interval(Integral, 0, None, closed="left")

# Steps of a regular time index may differ by this part of a step: time stamps get rounded.
_STEP_TOLERANCE = 1e-3


@validate_params(
    {
        "lookback": [_POSITIVE],
        "horizon": [_NOT_NEGATIVE],
        "stride": [_POSITIVE],
        "return_origins": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_windows(
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    lookback: int,
    horizon: int = 1,
    stride: int = 1,
    groups: ArrayLike | None = None,
    return_origins: bool = False,
) -> tuple[NDArray[Any], ...]:
    """Cut time series into windows, each with the values that follow it.

    Parameters
    ----------
    X : array-like of shape (T,) or (T, F)
        The series: T rows at even distances in time, of F features each. A time index
        (of pandas) must be sorted, without duplicates and regular; a calendar month,
        quarter or year is a regular step.

    y : array-like of shape (T,) or (T, 1), default=None
        The series to forecast; with ``horizon=0``, the label of every row, of any dtype.
        ``None`` means the only column of `X`.

    lookback : int
        Number of time steps that a window holds.

    horizon : int, default=1
        Number of time steps to forecast after the window; 0 asks for the label of the
        last row of each window instead.

    stride : int, default=1
        Number of rows between the starts of successive windows.

    groups : array-like of shape (T,), default=None
        The series that every row belongs to, where there are several; no window crosses
        from one into another. Rows of a group are taken in their order, whether or not
        they lie together. Groups too short for a window give none, with a warning.

    return_origins : bool, default=False
        Whether to return the row of each window's last step as well.

    Returns
    -------
    windows : ndarray of shape (N, lookback, F)
        The windows, in the dtype of `X`. For one series N is
        ``(T - lookback - horizon) // stride + 1``; with `groups`, windows are ordered by
        the first appearance of their group.

    targets : ndarray of shape (N, horizon), or (N,) with ``horizon=0``
        The values of `y` after each window, or the label of its last row.

    origins : ndarray of shape (N,)
        The integer row of each window's last step, so that ``df.index[origins]`` are the
        times at which the forecasts are made. Only with ``return_origins=True``.

    Raises
    ------
    ValueError
        If a series is too short, holds NaN or infinity, has a time index that is
        unsorted, duplicate or irregular, or if lengths or indexes differ.

    See Also
    --------
    last_window : The window that a forecast of the future starts from.
    SlidingWindow : Trims windows within a pipeline.

    Notes
    -----
    Windows and targets are read-only. Without `groups` they are views of `X` and `y`, and
    take no memory of their own; with `groups` they are copies.

    Nothing is padded: every window and every target lies wholly within its series. Steps
    of a time index count as even if they differ by less than a thousandth.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.windowing import make_windows
    >>> X, Y, origins = make_windows(
    ...     np.arange(10), lookback=4, horizon=2, return_origins=True
    ... )
    >>> X.shape, Y.shape
    ((5, 4, 1), (5, 2))
    >>> X[0].ravel(), Y[0], origins[0]
    (array([0, 1, 2, 3]), array([4, 5]), np.int64(3))
    """
    rows = _check_rows(X)
    target = _check_target(y, rows, horizon)
    index = _common_index(X, y)
    n_needed = lookback + horizon
    if groups is None:
        if len(rows) < n_needed:
            raise ValueError(
                f"X has {len(rows)} rows, but lookback={lookback} and horizon={horizon} need at "
                f"least {n_needed}. Use a longer series, or a smaller lookback or horizon."
            )
        _check_time_index(index, remedy="pass groups= to tell its series apart")
        members = [range(len(rows))]
        windows = _cut(rows, target, lookback, horizon, stride)
    else:
        members = _members_of_groups(groups, len(rows), n_needed)
        times = _times_in_groups(index)
        for member in members:
            _check_time_index(times if times is None else times[member])
        windows = _cut_groups(rows, target, members, lookback, horizon, stride)
    if not return_origins:
        return windows
    last_steps = [member[lookback - 1 : len(member) - horizon : stride] for member in members]
    return *windows, np.concatenate(last_steps)


@validate_params({"lookback": [_POSITIVE]}, prefer_skip_nested_validation=True)
def last_window(X: ArrayLike, lookback: int) -> NDArray[Any]:
    """Return the last window of a series, which a forecast of its future starts from.

    Parameters
    ----------
    X : array-like of shape (T,) or (T, F)
        The series, which meets the same conditions as in :func:`make_windows`.

    lookback : int
        Number of time steps that the window holds.

    Returns
    -------
    window : ndarray of shape (1, lookback, F)
        The last rows of `X`, a read-only view.

    Raises
    ------
    ValueError
        If `X` is shorter than `lookback`, or :func:`make_windows` would refuse it.

    Examples
    --------
    >>> from sklstm.windowing import last_window
    >>> last_window([1.0, 2.0, 3.0], lookback=2)
    array([[[2.],
            [3.]]])
    """
    rows = _check_rows(X)
    if len(rows) < lookback:
        raise ValueError(
            f"X has {len(rows)} rows, but lookback={lookback} needs at least {lookback}. "
            "Use a longer series."
        )
    _check_time_index(_index_of(X), remedy="take one series at a time, such as X.loc[key]")
    return _read_only(rows[np.newaxis, -lookback:])


def _cut(rows, target, lookback, horizon, stride):
    """Return windows of one series, and their targets, as read-only views."""
    last_origin = len(rows) - horizon
    windows = sliding_window_view(rows[:last_origin], lookback, axis=0)[::stride]
    if horizon == 0:
        targets = _read_only(target[lookback - 1 :: stride])
    else:
        targets = sliding_window_view(target[lookback:], horizon)[::stride]
    return windows.swapaxes(1, 2), targets


def _cut_groups(rows, target, members, lookback, horizon, stride):
    """Return windows of several series, and their targets, as read-only copies."""
    cuts = [_cut(rows[member], target[member], lookback, horizon, stride) for member in members]
    windows, targets = (_read_only(np.concatenate(parts)) for parts in zip(*cuts, strict=True))
    return windows, targets


def _read_only(array):
    array.flags.writeable = False
    return array


def _members_of_groups(groups, n_rows, n_needed):
    """Return the rows of every group long enough, by first appearance of the groups."""
    groups = np.asarray(groups)
    if groups.shape != (n_rows,):
        raise ValueError(
            f"groups must hold one label for every row of X, in an array of shape ({n_rows},); "
            f"got shape {groups.shape}."
        )
    assert_all_finite(groups, input_name="groups")
    numbers: dict[Any, int] = {}
    codes = np.array([numbers.setdefault(label, len(numbers)) for label in groups.tolist()], int)
    by_group = np.argsort(codes, kind="stable")
    members = np.split(by_group, np.cumsum(np.bincount(codes))[:-1])
    enough = [member for member in members if len(member) >= n_needed]
    if not enough:
        raise ValueError(
            f"No group has the lookback + horizon = {n_needed} rows that a window needs: the "
            f"longest has {max(map(len, members))}. Use a smaller lookback or horizon."
        )
    if len(enough) < len(members):
        warnings.warn(
            f"{len(members) - len(enough)} of {len(members)} groups gave no window: they have "
            f"fewer than the lookback + horizon = {n_needed} rows that a window needs.",
            UserWarning,
            stacklevel=4,
        )
    return enough


def _check_rows(X):
    """Return X as an array of shape (T, F), of finite numbers."""
    rows = _check_numbers(X, "X")
    if rows.ndim not in (1, 2):
        raise ValueError(
            f"X must be a series of shape (T,) or (T, F), got shape {rows.shape}. Windows that "
            "are cut already need no cutting."
        )
    return rows[:, np.newaxis] if rows.ndim == 1 else rows


def _check_target(y, rows, horizon):
    """Return y as an array of shape (T,)."""
    if y is None:
        if horizon == 0:
            raise ValueError("horizon=0 asks for labels: pass y, the label of every row of X.")
        if rows.shape[1] != 1:
            raise ValueError(
                f"y=None stands for the only column of X, but X has {rows.shape[1]}. Pass the "
                "series to forecast as y, such as y=X[:, 0]."
            )
        return rows[:, 0]
    if horizon == 0:
        target = np.asarray(y)
        assert_all_finite(target, input_name="y")
    else:
        target = _check_numbers(y, "y", hint=" Labels of rows go with horizon=0.")
    n_rows = len(rows)
    if target.shape not in {(n_rows,), (n_rows, 1)}:
        raise ValueError(
            f"y must be one series with a value for every row of X, of shape ({n_rows},) or "
            f"({n_rows}, 1); got shape {target.shape}. Select one column, and the same rows."
        )
    return target if target.ndim == 1 else target[:, 0]


def _check_numbers(values, name, hint=""):
    """Return values as an array of finite real numbers, without a copy where possible."""
    hint = hint or " Encode what is no number, or leave it out; times belong in the index."
    if hasattr(values, "columns"):
        dtypes = zip(values.columns, values.dtypes, strict=True)
        others = [column for column, dtype in dtypes if not _is_numeric(dtype)]
        if others:
            raise ValueError(f"{name} must hold numbers, but its columns {others} do not.{hint}")
    array = check_array(
        values,
        dtype=None,
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,
        ensure_all_finite=False,
        input_name=name,
    )
    if not _is_numeric(array.dtype):
        raise ValueError(f"{name} must hold numbers, got dtype {array.dtype}.{hint}")
    assert_all_finite(array, input_name=name)
    return array


def _is_numeric(dtype):
    if hasattr(dtype, "kind"):
        return dtype.kind in "biuf"
    return dtype.is_numeric() or str(dtype) == "Boolean"  # a dtype of polars


def _index_of(data):
    """Return the index of a pandas object, or None."""
    pd = sys.modules.get("pandas")
    return data.index if pd is not None and isinstance(data, (pd.Series, pd.DataFrame)) else None


def _common_index(X, y):
    """Return the index of X or y, which must be the same where both have one."""
    index, other = _index_of(X), _index_of(y)
    if index is None or other is None:
        return other if index is None else index
    if not index.equals(other):
        raise ValueError(
            "X and y must have the same index, but theirs differ. Take both from one DataFrame, "
            "or align them with X.align(y, join='inner', axis=0)."
        )
    return index


def _times_in_groups(index):
    """Return the part of an index that tells the time within groups, or None."""
    pd = sys.modules.get("pandas")
    if index is None or (isinstance(index, pd.RangeIndex) and index.step > 0):
        return None  # mere row numbers, which skip where groups interleave
    if isinstance(index, pd.MultiIndex):
        kinds = (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)
        levels = [i for i, level in enumerate(index.levels) if isinstance(level, kinds)]
        return index.get_level_values(levels[0]) if len(levels) == 1 else None
    return index


def _check_time_index(index, remedy=""):
    """Raise unless the labels of an index, where they are times or numbers, run evenly."""
    if index is None:
        return
    pd = sys.modules["pandas"]
    if isinstance(index, pd.MultiIndex):
        raise ValueError(f"The rows have a MultiIndex, of levels {list(index.names)}: {remedy}.")
    if isinstance(index, pd.PeriodIndex) or index.dtype.kind in "iufmM":
        _check_increasing(index)
        _check_regular(index)


def _check_increasing(index):
    """Raise unless every label is greater than the one before."""
    if index.hasnans:
        raise ValueError("The time index holds missing labels. Drop these rows or fill them in.")
    steps = np.diff(_ordinals(index))
    if (steps > 0).all():
        return
    place = np.argmax(steps <= 0)
    earlier, label = index[place], index[place + 1]
    if steps[place] == 0:
        raise ValueError(
            f"The time index must be strictly increasing, but {label} is a duplicate. Drop "
            "duplicates, as by df[~df.index.duplicated()], or pass groups= if the rows belong "
            "to several series."
        )
    raise ValueError(
        f"The time index must be strictly increasing, but is unsorted: {label} comes after "
        f"{earlier}. Sort the rows with .sort_index()."
    )


def _check_regular(index):
    """Raise unless all labels are the same step apart by one of the clocks."""
    if len(index) < 3 or (getattr(index, "freq", None) is not None and index.dtype.kind in "mM"):
        return  # pandas vouches for the freq of dates
    fewest = None
    for clock in _clocks(index):
        uneven, usual = _uneven_steps(_ordinals(clock))
        if uneven.size == 0:
            return
        if fewest is None or uneven.size <= fewest[1].size:
            fewest = clock, uneven, usual
    clock, uneven, usual = fewest
    gap = uneven[0]
    raise ValueError(
        f"The time index must be regular, but between {index[gap]} and {index[gap + 1]} lies a "
        f"step of {clock[gap + 1] - clock[gap]}, where the usual step is "
        f"{clock[usual + 1] - clock[usual]}. Fill gaps with .asfreq() or .reindex() and "
        ".interpolate(); or make each stretch a group of its own with groups=; or call "
        ".reset_index(drop=True) if the rows are evenly spaced after all."
    )


def _clocks(index) -> Iterator[Any]:
    """Yield the index, and other clocks by which its labels may be regular."""
    yield index
    pd = sys.modules["pandas"]
    if isinstance(index, pd.DatetimeIndex):
        local = index.tz_localize(None)
        if index.tz is not None:
            yield local  # days last 23 or 25 hours when summer time begins or ends
        months = local.to_period("M")
        after_start, before_end = local.day, local.days_in_month - local.day
        spread = min(np.ptp(after_start.to_numpy()), np.ptp(before_end.to_numpy()))
        if spread <= 3 and months.is_unique:  # one label a month, up to weekends
            yield months


def _uneven_steps(ordinals):
    """Return the places of uneven steps, and that of a step of the usual (median) size."""
    steps = np.diff(ordinals)
    usual = np.argsort(steps, kind="stable")[(len(steps) - 1) // 2]
    tolerance = _STEP_TOLERANCE * steps[usual]
    if ordinals.dtype.kind == "f":
        tolerance = max(tolerance, 2 * np.spacing(np.abs(ordinals).max()))
    return np.flatnonzero(np.abs(steps - steps[usual]) > tolerance), usual


def _ordinals(index):
    """Return the labels as numbers that grow with time."""
    return index.to_numpy() if index.dtype.kind == "f" else index.astype("int64").to_numpy()


class _WindowTransformer(TransformerMixin, BaseEstimator):
    """Base of transformers whose output, being three-dimensional, fits no DataFrame."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def set_output(self, *, transform=None):
        """Do nothing: the output is always an array.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored, exists for compatibility with pipelines.

        Returns
        -------
        self : object
            The transformer itself.
        """
        return self

    def __sklearn_tags__(self):
        """Accept windows as well as rows."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _is_windows(X):
    """Return whether X holds windows, three-dimensional, rather than rows."""
    if len(X.shape) not in (2, 3):
        raise ValueError(
            "X must be windows of shape (n_windows, n_timesteps, n_features) or rows of shape "
            f"(n_rows, n_features), got shape {X.shape}. Reshape your data, with "
            "X.reshape(-1, 1) if it is a single feature."
        )
    return len(X.shape) == 3


class SlidingWindow(_WindowTransformer):
    """Give every sample the window of its last `lookback` time steps.

    On windows, it keeps the last `lookback` steps of each: the look-back becomes a
    hyperparameter like any other, and all its values are scored on the same targets. On
    rows, it gives each row the window that ends with it: as many samples as rows.

    Parameters
    ----------
    lookback : int, default=None
        Number of time steps that a window keeps. ``None`` keeps whole windows; rows need
        a number.

    Attributes
    ----------
    n_features_in_ : int
        Number of features per time step seen during :term:`fit`.

    n_timesteps_in_ : int
        Number of time steps of the windows seen during :term:`fit`; not set on rows.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where `X` was a DataFrame with names that are all strings.

    See Also
    --------
    make_windows : Cuts a series into windows.

    Notes
    -----
    Windows are the way for model selection: each carries its own past into every fold. On
    rows, what lies before the first row is taken to be like the first row, so the first
    ``lookback - 1`` windows of a fold know less than they might. :meth:`transform` gives
    read-only windows where it need not copy.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.windowing import SlidingWindow, make_windows
    >>> X, Y = make_windows(np.arange(10), lookback=4)
    >>> SlidingWindow(lookback=2).fit_transform(X)[0].ravel()
    array([2, 3])
    >>> rows = np.array([[1.0], [2.0], [3.0]])
    >>> SlidingWindow(lookback=2).fit_transform(rows)[:, :, 0]
    array([[1., 1.],
           [1., 2.],
           [2., 3.]])
    """

    _parameter_constraints: dict[str, list[Any]] = {"lookback": [_POSITIVE, None]}

    def __init__(self, lookback: int | None = None) -> None:
        self.lookback = lookback

    def fit(self, X: ArrayLike, y: Any = None) -> SlidingWindow:
        """Check the parameters and note the features.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features)
            Windows or rows.

        y : Ignored
            Not used, exists for compatibility with pipelines.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self._validate_params()
        values = self._check_input(X, reset=True)
        if _is_windows(values):
            self.n_timesteps_in_ = values.shape[1]
        elif hasattr(self, "n_timesteps_in_"):
            del self.n_timesteps_in_
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return the last `lookback` time steps of every window, or before every row.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features)
            Windows or rows, whichever :meth:`fit` saw.

        Returns
        -------
        windows : ndarray of shape (n_windows or n_rows, lookback, n_features)
            The trimmed windows, a view where possible; or the windows that end with each
            row.
        """
        check_is_fitted(self)
        values = self._check_input(X, reset=False)
        if not _is_windows(values):
            return _windows_before_rows(values, self.lookback)
        return values if self.lookback is None else values[:, : self.lookback]

    def _check_input(self, X, *, reset):
        values = check_array(X, ensure_2d=False, allow_nd=True, estimator=self, input_name="X")
        windows = _is_windows(values)
        validate_data(self, values[0] if windows else X, reset=reset, skip_check_array=True)
        if not reset and windows != hasattr(self, "n_timesteps_in_"):
            got, seen = ("windows", "rows") if windows else ("rows", "windows")
            raise ValueError(
                f"X holds {got}, of shape {values.shape}, but SlidingWindow was fitted on {seen}. "
                f"Pass {seen}, or fit it anew."
            )
        if not windows and self.lookback is None:
            raise ValueError(
                f"lookback=None keeps whole windows, but X holds rows, of shape {values.shape}. "
                "Set lookback to a number of time steps, or cut X with make_windows first."
            )
        if windows and self.lookback is not None and self.lookback > values.shape[1]:
            raise ValueError(
                f"lookback={self.lookback} is longer than the windows of X, which have "
                f"{values.shape[1]} time steps. Use a smaller lookback, or cut longer windows "
                "with make_windows."
            )
        return values


def _windows_before_rows(rows, lookback):
    """Return the window that ends with each row, the first row standing for all before it."""
    padded = np.concatenate([np.repeat(rows[:1], lookback - 1, axis=0), rows])
    return sliding_window_view(padded, lookback, axis=0).swapaxes(1, 2)


def _can_invert(estimator):
    transformer = getattr(estimator, "transformer_", estimator.transformer)
    return hasattr(transformer, "inverse_transform")


class TimeDistributedTransformer(_WindowTransformer):
    """Apply a transformer of rows to all time steps of all windows.

    Parameters
    ----------
    transformer : estimator
        Any transformer of two-dimensional input, such as a scaler or a PCA. It is cloned,
        and fitted on the time steps of all windows together.

    Attributes
    ----------
    transformer_ : estimator
        The fitted transformer.

    n_features_in_ : int
        Number of features per time step seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where `X` was a DataFrame with names that are all strings.

    See Also
    --------
    SlidingWindow : Trims windows within a pipeline.

    Notes
    -----
    Rows go to the transformer as they are, so a ``ColumnTransformer`` may name the columns
    of a DataFrame; on windows it selects features by integers. Whatever the transformer
    returns (a DataFrame, a sparse matrix) is made a dense array.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from sklstm.windowing import TimeDistributedTransformer, make_windows
    >>> X, Y = make_windows(np.array([0.0, 2.0, 4.0, 8.0, 6.0]), lookback=3)
    >>> TimeDistributedTransformer(MinMaxScaler()).fit_transform(X)[:, :, 0]
    array([[0.  , 0.25, 0.5 ],
           [0.25, 0.5 , 1.  ]])
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "transformer": [HasMethods(["fit", "transform"])]
    }

    def __init__(self, transformer: BaseEstimator) -> None:
        self.transformer = transformer

    def fit(self, X: ArrayLike, y: Any = None) -> TimeDistributedTransformer:
        """Fit a clone of the transformer on all time steps.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features)
            Windows or rows.

        y : array-like of shape (n_rows,), default=None
            Passed on for rows; ignored for windows, which have no target per time step.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self._validate_params()
        rows, n_windows = _time_steps(X)
        validate_data(self, rows, reset=True, skip_check_array=True)
        y = y if n_windows is None else None
        self.transformer_ = clone(self.transformer).fit(rows, y)
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Transform every time step.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features)
            Windows or rows.

        Returns
        -------
        X_out : ndarray of shape (n_windows, n_timesteps, n_out) or (n_rows, n_out)
            The transformed time steps.
        """
        check_is_fitted(self)
        rows, n_windows = _time_steps(X)
        validate_data(self, rows, reset=False, skip_check_array=True)
        return _regroup(self.transformer_.transform(rows), n_windows)

    @available_if(_can_invert)
    def inverse_transform(self, X: ArrayLike) -> NDArray[Any]:
        """Undo the transformation of every time step, if the transformer can.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_out) or (n_rows, n_out)
            Transformed windows or rows.

        Returns
        -------
        X_in : ndarray of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features)
            The time steps before the transformation.
        """
        check_is_fitted(self)
        rows, n_windows = _time_steps(X)
        return _regroup(self.transformer_.inverse_transform(rows), n_windows)

    def __sklearn_tags__(self):
        """Take over the tags of the transformer, for windows as well."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.transformer)
        tags.input_tags = inner.input_tags
        tags.input_tags.three_d_array = True
        tags.target_tags = inner.target_tags
        tags.transformer_tags = inner.transformer_tags
        return tags


def _time_steps(X):
    """Return all time steps as rows, and the number of windows (None if X holds rows)."""
    X = X if hasattr(X, "shape") else np.asarray(X)
    if not _is_windows(X):
        return X, None
    X = np.asarray(X)
    return X.reshape(X.shape[0] * X.shape[1], X.shape[2]), len(X)


def _regroup(rows, n_windows):
    """Return transformed rows as a dense array, put back into their windows."""
    rows = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
    if n_windows is None:
        return rows
    return rows.reshape(n_windows, len(rows) // max(n_windows, 1), rows.shape[1])
