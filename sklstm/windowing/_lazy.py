"""Lazy windows: rows, and where in them each window starts."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklstm._validation import string_names
from sklstm.windowing._base import read_only
from sklstm.windowing._lazy_array import LazyWindows
from sklstm.windowing._lazy_rows import (
    as_rows,
    check_size,
    gather,
    joined_blocks,
    refuse_missing,
    views_of,
)

__all__ = ["Windows"]


class Windows(LazyWindows):
    """Windows over rows that are kept once, and gathered when they are needed.

    They look like an array of shape (N, lookback, F), and take the memory of the rows and of
    one number per window. :func:`make_windows` makes them with ``lazy=True``.

    Parameters
    ----------
    rows : array-like of shape (T, F) or (T,)
        The series, or several of them one below the other: an array, a
        :class:`numpy.memmap`, or any store of numbers with `shape`, `dtype` and slices of
        rows, as those of zarr and h5py. It is not copied, and must not change.

    starts : array-like of int of shape (N,), default=None
        The row with which each window starts. ``None`` stands for all rows that begin a whole
        window, as of one series.

    lookback : int
        Number of time steps that a window holds.

    Attributes
    ----------
    rows : array of shape (T, F)
        What the windows are gathered from.

    starts : ndarray of int of shape (N,)
        The row with which each window starts.

    shape : tuple of int
        ``(N, lookback, F)``.

    dtype : numpy.dtype
        That of `rows`.

    ndim : int
        Always 3.

    size : int
        Number of values that the windows would hold as an array.

    n_covered : int
        Number of rows that lie in at least one window.

    feature_names : list of str or None
        Names of the features, where the rows are, or come from, a DataFrame whose columns have
        names that are all strings. Windows, steps and features that are chosen keep theirs.

    Raises
    ------
    ValueError
        If `rows` are not of shape (T, F) or hold no numbers, or if a window does not lie within
        them.

    See Also
    --------
    make_windows : Cuts series into windows, lazy ones with ``lazy=True``.

    Notes
    -----
    Indexing takes the first axis as NumPy does: a slice, a mask or an array of numbers gives
    `Windows` of the same rows, and an integer gives one window, an array. A slice of
    successive time steps, as in ``windows[:, -24:]``, gives `Windows` with a shorter
    look-back. Every other index gives an array, and so do ``numpy.asarray``, arithmetic and
    comparisons; what the machine could not hold is refused with a ``MemoryError``. Where `rows`
    are an array and the windows are evenly spaced, ``numpy.asarray`` gives a read-only view.

    Splitters, searches and :func:`sklearn.model_selection.train_test_split` index samples, and
    so hand on `Windows`. A pickle holds the rows once, for all `Windows` in it; joblib gives its
    workers a memory map of them. Rows beyond a megabyte are shared in this way, and nothing is
    copied for a worker but the numbers of its windows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.windowing import Windows
    >>> windows = Windows(np.arange(10.0), lookback=4)
    >>> windows.shape
    (7, 4, 1)
    >>> windows[2].ravel()
    array([2., 3., 4., 5.])
    >>> windows[[0, 3], -2:]
    Windows(shape=(2, 2, 1), dtype=float64, rows=ndarray of shape (10, 1))
    >>> np.asarray(windows[[0, 3], -2:])[:, :, 0]
    array([[2., 3.],
           [5., 6.]])
    """

    def __init__(self, rows: Any, starts: Any = None, *, lookback: int) -> None:
        names = string_names(rows)
        self._names = None if names is None else tuple(names)
        rows = as_rows(rows, ensure_all_finite=False)
        self._rows, self._lookback = rows, operator.index(lookback)
        n_possible = rows.shape[0] - self._lookback + 1
        if self._lookback < 1 or n_possible < 1:
            raise ValueError(
                f"lookback must lie between 1 and the {rows.shape[0]} rows, got {lookback}. Use "
                "another lookback, or a longer series."
            )
        self._starts = range(n_possible) if starts is None else _check_starts(starts, n_possible)

    @classmethod
    def _of(cls, rows, starts, lookback):
        """Make windows of what is known to be valid."""
        windows = cls.__new__(cls)
        windows._rows, windows._starts, windows._lookback = rows, starts, lookback
        return windows

    # --- what an array tells -------------------------------------------------------------------

    @property
    def rows(self) -> Any:
        """What the windows are gathered from."""
        return self._rows

    @property
    def starts(self) -> NDArray[np.int64]:
        """The row with which each window starts."""
        return np.asarray(self._starts, dtype=np.int64)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of windows, time steps and features."""
        return len(self._starts), self._lookback, int(self._rows.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the rows."""
        return np.dtype(self._rows.dtype)

    def __sizeof__(self) -> int:
        """Return the bytes that a copy takes, by which dask knows what to send only once."""
        n_values = self._rows.shape[0] * self._rows.shape[1]
        starts = 0 if isinstance(self._starts, range) else self._starts.nbytes
        return object.__sizeof__(self) + n_values * self.dtype.itemsize + starts

    def __repr__(self) -> str:
        kind = type(self._rows).__name__
        return (
            f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype}, "
            f"rows={kind} of shape {tuple(self._rows.shape)})"
        )

    # --- indexing ------------------------------------------------------------------------------

    def _gathered(self, numbers):
        """Return a copy of windows, of shape (*numbers.shape, lookback, F)."""
        return gather(self._rows, self._starts_of(numbers), self._lookback)

    def _starts_of(self, samples):
        """Return the first rows of windows, for their numbers or a mask."""
        starts = self._starts
        if not isinstance(starts, range) or samples.dtype.kind not in "iu":
            return self.starts[samples]
        n_windows = len(starts)
        if samples.size and not -n_windows <= samples.min() <= samples.max() < n_windows:
            raise IndexError(f"an index is out of bounds for {n_windows} windows")
        numbers = samples.astype(np.int64, copy=False)
        return starts.start + starts.step * np.where(numbers < 0, numbers + n_windows, numbers)

    def _taken(self, samples):
        """Return some of the windows."""
        if isinstance(samples, slice):
            starts = self._starts[samples]
            if isinstance(starts, range) and starts.step < 0:
                starts = np.asarray(starts, dtype=np.int64)
        else:
            starts = _compact(self._starts_of(samples))
        return self._of(self._rows, starts, self._lookback)

    def _trimmed(self, first, last):
        """Return the windows without the steps before `first` and from `last` on."""
        starts = self._starts
        if isinstance(starts, range):
            starts = range(starts.start + first, starts.stop + first, starts.step)
        else:
            starts = starts + first
        return self._of(self._rows, starts, last - first)

    # --- rows ----------------------------------------------------------------------------------

    def compact(self) -> Windows:
        """Return the same windows over an array of the rows that they cover, each of them once.

        Returns
        -------
        windows : Windows
            Their `rows` are an array: a view where the rows follow one another in an array, and
            a copy otherwise.

        Examples
        --------
        >>> import numpy as np
        >>> from sklstm.windowing import Windows
        >>> last = Windows(np.arange(100), lookback=4)[-2:].compact()
        >>> last.rows.ravel(), last.starts
        (array([95, 96, 97, 98, 99]), array([0, 1]))
        """
        firsts, lasts = self._covered()
        if len(firsts) == 1:
            rows = np.asarray(self._rows[int(firsts[0]) : int(lasts[0])])
            return self._with_rows(rows, firsts, np.zeros(1, int))._with_names(self._names)
        lengths = lasts - firsts
        check_size((int(lengths.sum()), self.shape[2]), self.dtype)
        parts = [np.asarray(self._rows[a:b]) for a, b in zip(firsts, lasts, strict=True)]
        rows = np.concatenate([np.asarray(self._rows[:0]), *parts])
        return self._with_rows(rows, firsts, np.cumsum(lengths) - lengths)._with_names(self._names)

    def blocks(self) -> Iterator[NDArray[Any]]:
        """Yield the rows that the windows cover, each of them once, a few megabytes at a time.

        Yields
        ------
        rows : ndarray of shape (n_rows, F)
            A view where `rows` are an array, and many of them follow one another.
        """
        yield from joined_blocks(self._rows, self._stretches())

    def refuse_missing(self, remedy: str) -> None:
        """Raise if a window holds NaN or infinity.

        Parameters
        ----------
        remedy : str
            What to do about it. The error ends with it.

        Raises
        ------
        ValueError
            Which says where the first of them is.
        """
        refuse_missing(self._rows, self._stretches(), remedy, names=self._names)

    @property
    def n_covered(self) -> int:
        """Number of rows that the windows cover."""
        firsts, lasts = self._covered()
        return int((lasts - firsts).sum())

    def _stretches(self):
        """Return the pairs of what `_covered` returns, as ints."""
        return zip(*(ends.tolist() for ends in self._covered()), strict=True)

    def over(self, rows: Any) -> Windows:
        """Return windows that start where these do, over as many other rows.

        Parameters
        ----------
        rows : array of shape (T, F_other)
            What becomes of `rows`, row by row.

        Returns
        -------
        windows : Windows
            Of shape (N, lookback, F_other). They have no names of features.
        """
        if rows.shape[0] != self._rows.shape[0]:
            raise ValueError(
                f"rows must be as many as those of the windows, {self._rows.shape[0]}, got "
                f"{rows.shape[0]}."
            )
        return self._of(rows, self._starts, self._lookback)

    def _covered(self):
        """Return the first row of each stretch that windows cover, and the row after its last."""
        starts, lookback = self._starts, self._lookback
        if isinstance(starts, range) and starts and starts.step <= lookback:
            return np.array([starts[0]]), np.array([starts[-1] + lookback])
        starts = np.unique(self.starts)
        begins = np.flatnonzero(np.diff(starts, prepend=-lookback - 1) > lookback)
        ends = np.append(begins[1:] - 1, len(starts) - 1)[: len(begins)]
        return starts[begins], starts[ends] + lookback

    def _with_rows(self, rows, firsts, places):
        """Return the windows over other rows, where the stretches begin at some places."""
        if isinstance(self._starts, range) and len(firsts) == 1:
            shift = int(places[0] - firsts[0])
            old = self._starts
            starts = range(old.start + shift, old.stop + shift, old.step)
        else:
            stretch = np.searchsorted(firsts, self.starts, side="right") - 1
            starts = _compact(self.starts + (places - firsts)[stretch])
        return self._of(rows, starts, self._lookback)

    # --- arrays --------------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        array = self._view()
        other_dtype = dtype is not None and np.dtype(dtype) != self.dtype
        if copy is False and (array is None or other_dtype):
            raise ValueError(
                "These windows are no view of their rows, and cannot be an array without a copy. "
                "Leave out copy=False."
            )
        if array is None:
            array = gather(self._rows, self.starts, self._lookback)
        elif copy and not other_dtype:
            check_size(self.shape, self.dtype)
            return array.copy()
        if other_dtype:
            check_size(self.shape, dtype)
            return array.astype(dtype)
        return array

    def _view(self):
        """Return the windows as a read-only view of the rows, or None if they are none."""
        starts, is_array = self._starts, isinstance(self._rows, np.ndarray)
        if not (is_array and isinstance(starts, range) and len(starts) > 0):
            return None
        return views_of(self._rows, self._lookback)[starts.start : starts.stop : starts.step]


def _check_starts(starts, n_possible):
    """Return the numbers of the first rows of windows; refuse those that are none."""
    if isinstance(starts, range) and starts and 0 <= starts[0] <= starts[-1] < n_possible:
        return starts
    starts = np.asarray(starts)
    if starts.ndim != 1 or (starts.dtype.kind not in "iu" and starts.size):
        raise ValueError(
            f"starts must hold numbers of rows, ints in an array of shape (n_windows,); got dtype "
            f"{starts.dtype} and shape {starts.shape}."
        )
    if starts.size and not 0 <= starts.min() <= starts.max() < n_possible:
        raise ValueError(
            f"starts must lie between 0 and {n_possible - 1}, so that every window lies within the "
            f"rows; got numbers from {starts.min()} to {starts.max()}."
        )
    return _compact(starts.astype(np.int64))


def _compact(starts):
    """Return evenly spaced numbers as a range, and others as they are, but read-only."""
    if len(starts) == 0:
        return range(0)
    first = int(starts[0])
    step = int(starts[1]) - first if len(starts) > 1 else 1
    if step > 0 and (np.diff(starts) == step).all():
        return range(first, int(starts[-1]) + 1, step)
    return read_only(starts)
