"""Lazy windows of which each is changed when it is gathered."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklstm._validation import place_in_window
from sklstm.windowing._lazy_array import LazyWindows, parts_of
from sklstm.windowing._lazy_rows import check_size, first_missing
from sklstm.windowing._named import with_names

__all__ = ["MappedWindows"]

Function = Callable[[np.ndarray], np.ndarray]


class MappedWindows(LazyWindows):
    """What becomes of lazy windows that are changed one by one, computed when it is needed.

    They stand for an array, as :class:`Windows` do, but have no rows: what becomes of a row
    may depend on the window that holds it.

    Parameters
    ----------
    windows : LazyWindows of shape (N, lookback, F)
        Windows.
    function : callable
        Takes an array of some of the windows, of shape (n, lookback, F), and returns as many of
        shape (n, lookback, n_features). No window may depend on others.
    n_features : int
        Number of features that the function returns.
    dtype : dtype
        What it returns.
    """

    def __init__(
        self, windows: LazyWindows, function: Function, *, n_features: int, dtype: Any
    ) -> None:
        self._windows, self._function = windows, function
        self._n_features, self._dtype = n_features, np.dtype(dtype)
        self._steps = 0, windows.shape[1]

    def _with(self, windows, steps):
        """Return the same changes of other windows, of which some steps are kept."""
        function, n_features, dtype = self._function, self._n_features, self._dtype
        mapped = type(self)(windows, function, n_features=n_features, dtype=dtype)
        mapped._steps = steps
        return mapped

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of windows, time steps and features."""
        first, last = self._steps
        return len(self._windows), last - first, self._n_features

    @property
    def dtype(self) -> np.dtype[Any]:
        """What the function returns."""
        return self._dtype

    def __sizeof__(self) -> int:
        """Return the bytes that a copy takes, as those of :class:`Windows`."""
        return object.__sizeof__(self) + sys.getsizeof(self._windows)

    def __repr__(self) -> str:
        name = getattr(self._function, "__qualname__", repr(self._function))
        return (
            f"{type(self).__name__}(shape={self.shape}, dtype={self.dtype}, function={name}, "
            f"windows={self._windows!r})"
        )

    def _taken(self, samples):
        return self._with(self._windows[samples], self._steps)

    def _trimmed(self, first, last):
        begin = self._steps[0]
        return self._with(self._windows, (begin + first, begin + last))

    def _gathered(self, numbers):
        taken = self._taken(numbers.ravel())
        return np.asarray(taken).reshape(*numbers.shape, *self.shape[1:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("These windows are computed, so copy=False cannot be. Leave it out.")
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        check_size(self.shape, dtype)
        array = np.empty(self.shape, dtype)
        steps = slice(*self._steps)
        for part in parts_of(self._windows.shape):
            windows = np.asarray(self._windows[part])
            array[part] = self._function(with_names(windows, self._windows.feature_names))[:, steps]
        return array

    def refuse_missing(self, remedy: str) -> None:
        """Raise if a window holds NaN or infinity, and say which; `remedy` ends the error."""
        for part, values in zip(parts_of(self.shape), self.parts(), strict=True):
            found = first_missing(values)
            if found is not None:
                what, (sample, step, feature) = found
                place = place_in_window(step, feature, values.shape[1], self._names)
                raise ValueError(
                    f"Input X contains {what}. The first is in sample {part.start + sample} of X, "
                    f"{place}. {remedy}"
                )
