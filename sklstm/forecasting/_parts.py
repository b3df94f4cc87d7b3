"""Windows by parts, so that what is computed of them on the way takes little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sklstm.windowing._lazy_array import parts_of

__all__ = ["by_part", "parts"]


def parts(windows: Any) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield which windows, an array or lazy ones, and these as an array, part by part."""
    for part in parts_of(windows.shape):
        yield part, np.asarray(windows[part])


def by_part(
    function: Callable[..., np.ndarray], windows: Any, *others: np.ndarray, axis: int = 0
) -> np.ndarray:
    """Return what a function makes of windows, and of what belongs to them, part by part.

    Parameters
    ----------
    function : callable
        Takes an array of windows and parts of the others, and returns an array.
    windows : ndarray or LazyWindows of shape (n_windows, n_timesteps, n_features)
        Windows, not empty.
    *others : ndarray of shape (n_windows, ...)
        What belongs to them.
    axis : int
        That of the windows in what the function returns.
    """
    results = [function(array, *(each[at] for each in others)) for at, array in parts(windows)]
    return results[0] if len(results) == 1 else np.concatenate(results, axis=axis)
