"""Windows and lists of sequences that carry the names of their features."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklstm.windowing._lazy_keys import key_by_axis

__all__ = ["NamedSequences", "NamedWindows", "with_names"]


class NamedWindows(np.ndarray):
    """An array of windows that knows the names of its features, the last axis.

    Choosing windows, time steps or features keeps the names, and so do copies and pickles.
    Whatever else is done gives plain arrays, and so does ``numpy.asarray``. It is made by
    :func:`with_names`.
    """

    # The plain array that this is a view of. It is always the same object, by which joblib knows
    # what it has written for its workers. Parts are taken of it, so that no array refers to itself.
    _array: np.ndarray | None
    _names: tuple[str, ...] | None

    def __array_finalize__(self, obj: Any) -> None:
        self._array, self._names = None, None

    @property
    def feature_names(self) -> list[str] | None:
        """The names of the features."""
        return None if self._names is None else list(self._names)

    def _plain(self) -> np.ndarray:
        return self.view(np.ndarray) if self._array is None else self._array

    def __getitem__(self, key: Any) -> Any:
        part = self._plain()[key]
        is_part = self._names is not None and isinstance(part, np.ndarray) and part.ndim == 3
        return with_names(part, self._names_at(key)) if is_part else part

    def _names_at(self, key):
        """Return the names of the features that an index chooses, or None where it is unclear."""
        axes = key_by_axis(key)
        return None if axes is None else np.array(self._names, dtype=object)[axes[2]].tolist()

    # --- copies --------------------------------------------------------------------------------

    def copy(self, order: Any = "C") -> Any:
        """Return a copy with these names."""
        return with_names(self._plain().copy(order), self._names)

    def astype(self, *args: Any, **kwargs: Any) -> Any:
        """Return the values in another dtype, with these names."""
        return with_names(self._plain().astype(*args, **kwargs), self._names)

    def __copy__(self) -> Any:
        return self.copy("K")

    def __deepcopy__(self, memo: Any) -> Any:
        return with_names(copy.deepcopy(self._plain(), memo), self._names)

    def __reduce__(self) -> Any:
        return with_names, (self._plain(), self._names)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.__reduce__()

    def __repr__(self) -> str:
        return repr(self._plain())

    # --- what is no longer windows -------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if out is not None:
            kwargs["out"] = tuple(map(_plain, out))
        result = getattr(ufunc, method)(*map(_plain, inputs), **kwargs)
        return result if out is None else out[0] if len(out) == 1 else out

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        result = _without_names(super().__array_function__(func, types, args, kwargs))
        if func is np.concatenate:
            axis = args[1] if len(args) > 1 else kwargs.get("axis", 0)
            return with_names(result, _common_names(args[0]) if axis in (0, 1) else None)
        return result


class NamedSequences(list[Any]):
    """A list of sequences that knows the names of their features. So does a slice of it."""

    def __init__(self, sequences: Any, feature_names: Sequence[str]) -> None:
        super().__init__(sequences)
        self.feature_names = list(feature_names)

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return NamedSequences(part, self.feature_names) if isinstance(key, slice) else part

    def __reduce__(self) -> Any:
        return NamedSequences, (list(self), self.feature_names)


def _method(name: str) -> Any:
    def method(self, *args, **kwargs):
        return getattr(self._plain(), name)(*args, **kwargs)

    method.__name__, method.__doc__ = name, f"Return what numpy.ndarray.{name} does, plain."
    return method


def _attribute(name: str) -> Any:
    return property(lambda windows: getattr(windows._plain(), name))


for _name in (
    *("argmax", "argmin", "argpartition", "argsort", "byteswap", "choose", "compress", "conj"),
    *("conjugate", "cumprod", "cumsum", "diagonal", "dot", "flatten", "ravel", "repeat"),
    *("reshape", "round", "searchsorted", "squeeze", "swapaxes", "take", "trace", "transpose"),
):
    setattr(NamedWindows, _name, _method(_name))
for _name in ("T", "imag", "mT", "real"):
    setattr(NamedWindows, _name, _attribute(_name))


def with_names(windows: Any, names: Sequence[str] | None) -> Any:
    """Return windows, or a list of sequences, that carry names, without a copy.

    Parameters
    ----------
    windows : ndarray or LazyWindows of shape (N, lookback, F), or list of ndarray
    names : sequence of F str, or None
        None leaves the windows without names.

    Returns
    -------
    NamedWindows, ndarray, LazyWindows, NamedSequences or list
        Without names an array or a list is plain.
    """
    if isinstance(windows, list):
        return windows if names is None else NamedSequences(windows, names)
    if not isinstance(windows, np.ndarray):
        return windows._with_names(names) if hasattr(windows, "_with_names") else windows
    windows = _plain(windows)
    if names is None:
        return windows
    view = windows.view(NamedWindows)
    view._array, view._names = windows, tuple(names)
    return view


def _plain(array):
    return array._plain() if isinstance(array, NamedWindows) else array


def _common_names(arrays):
    """Return the names of arrays that all have the same, or None."""
    names = {getattr(array, "_names", None) for array in arrays}
    return names.pop() if len(names) == 1 else None


def _without_names(result):
    """Return plain arrays: NumPy's functions may have put features into another order."""
    if type(result) in (list, tuple):
        return type(result)(map(_without_names, result))
    return _plain(result)
