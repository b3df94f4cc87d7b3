"""What lazy windows have in common: they look like an array, and become one when they have to."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from sklstm.windowing._lazy_keys import ALL, is_all, kept_steps, key_by_axis
from sklstm.windowing._lazy_rows import check_size
from sklstm.windowing._named import with_names

__all__ = ["LazyWindows", "parts_of"]

_PART_BYTES = 2**23  # of windows that are gathered at once, as float64


class LazyWindows(NDArrayOperatorsMixin):
    """Windows of shape (N, lookback, F) that are gathered when they are needed.

    The first axis is indexed as NumPy does, and what comes of it is lazy unless the index is an
    integer; so is what comes of a slice of successive time steps. All else gives arrays.
    """

    _names: tuple[str, ...] | None = None

    # --- what an array tells -------------------------------------------------------------------

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int, int]:
        """Number of windows, time steps and features."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the values."""

    @property
    def ndim(self) -> int:
        """Always 3."""
        return 3

    @property
    def size(self) -> int:
        """Number of values that the windows would hold as an array."""
        return int(np.prod([float(length) for length in self.shape]))

    @property
    def feature_names(self) -> list[str] | None:
        """The names of the features, where the windows came from a DataFrame; or None."""
        return None if self._names is None else list(self._names)

    def _with_names(self, names: Sequence[str] | None) -> LazyWindows:
        """Return the same windows with other names of features, or with none."""
        windows = copy.copy(self)
        windows._names = None if names is None else tuple(names)
        return windows

    def __len__(self) -> int:
        return self.shape[0]

    # --- what the kinds of windows differ in ---------------------------------------------------

    @abstractmethod
    def _gathered(self, numbers: NDArray[np.integer]) -> NDArray[Any]:
        """Return a copy of windows, of shape (*numbers.shape, lookback, F)."""

    @abstractmethod
    def _taken(self, samples: Any) -> LazyWindows:
        """Return the windows that a slice, a mask or numbers choose."""

    @abstractmethod
    def _trimmed(self, first: int, last: int) -> LazyWindows:
        """Return the windows without the steps before `first` and from `last` on."""

    @abstractmethod
    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the windows as an array."""

    @abstractmethod
    def refuse_missing(self, remedy: str) -> None:
        """Raise if a window holds NaN or infinity, and say where; `remedy` ends the error."""

    # --- indexing ------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        axes = key_by_axis(key)
        if axes is None:
            return np.asarray(self)[key]
        samples, steps, features = axes
        if isinstance(samples, int):
            if not -len(self) <= samples < len(self):
                raise IndexError(f"index {samples} is out of bounds for {len(self)} windows")
            return self._gathered(np.array([samples]))[0, steps, features]
        if isinstance(samples, np.ndarray) and samples.ndim > 1:
            return self._gathered(samples)
        windows = self._taken(samples)
        first, last, is_trimmed = kept_steps(steps, self.shape[1])
        if is_trimmed:
            windows = windows._trimmed(first, last)
            steps = 0 if isinstance(steps, int) else ALL
        if is_all(steps) and is_all(features):
            return windows._with_names(self._names)
        return with_names(np.asarray(windows), self._names)[:, steps, features]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__":
            check_size(self.shape, self.dtype)
        arrays = [np.asarray(item) if isinstance(item, LazyWindows) else item for item in inputs]
        return getattr(ufunc, method)(*arrays, **kwargs)

    def parts(self) -> Iterator[NDArray[Any]]:
        """Yield the windows as arrays, a few megabytes at a time.

        Yields
        ------
        part : ndarray of shape (n_windows, lookback, F)
            Successive windows.
        """
        for part in parts_of(self.shape):
            yield np.asarray(self[part])


def parts_of(shape: tuple[int, ...]) -> Iterator[slice]:
    """Cut windows of a shape into slices of a few megabytes each."""
    n_windows = shape[0]
    size = max(1, _PART_BYTES // max(1, 8 * shape[1] * shape[2]))
    for begin in range(0, n_windows, size):
        yield slice(begin, min(begin + size, n_windows))
