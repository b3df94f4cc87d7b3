"""Lazy windows through a transformer of rows, which learns from them block by block."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags

from sklstm.windowing._lazy import Windows
from sklstm.windowing._lazy_array import LazyWindows
from sklstm.windowing._lazy_mapped import MappedWindows
from sklstm.windowing._lazy_rows import TransformedRows, dense, fits_in_memory

__all__ = ["fit_by_blocks", "needs_blocks", "transform_lazily"]


def needs_blocks(windows: Any) -> bool:
    """Return whether these are lazy windows of whose steps memory holds no second array."""
    if not isinstance(windows, Windows):
        return isinstance(windows, LazyWindows)
    width = windows.shape[2] * max(8, windows.dtype.itemsize)
    return not fits_in_memory(width * windows.n_covered)


def fit_by_blocks(transformer: Any, windows: LazyWindows) -> Any:
    """Fit a transformer on the rows that windows cover, or on all their steps if they have none.

    Raises
    ------
    MemoryError
        If the transformer has to see all rows at once, and they are too large.
    """
    is_frozen = isinstance(transformer, FrozenEstimator)
    blocks = iter(windows.blocks() if isinstance(windows, Windows) else _steps(windows))
    first = next(blocks)
    if is_frozen or not get_tags(transformer).requires_fit:
        return transformer.fit(first, None)
    if hasattr(transformer, "partial_fit"):
        for block in chain([first], blocks):
            transformer.partial_fit(block)
        return transformer
    if not isinstance(windows, Windows):
        return transformer.fit(np.asarray(windows).reshape(-1, windows.shape[2]))
    n_rows, n_features = windows.n_covered, windows.shape[2]
    raise MemoryError(
        f"{type(transformer).__name__} has no partial_fit, and would have to see the {n_rows} rows "
        f"of {n_features} feature(s) that the windows cover at once, "
        f"{8 * n_rows * n_features / 2**30:,.1f} GiB. Use a transformer that learns block by "
        "block, such as StandardScaler, or fit it on some of the rows and pass "
        "sklearn.frozen.FrozenEstimator(transformer)."
    )


def _steps(windows: LazyWindows) -> Iterable[np.ndarray]:
    return (part.reshape(-1, part.shape[2]) for part in windows.parts())


def transform_lazily(windows: LazyWindows, transform: Any) -> LazyWindows:
    """Return windows whose rows, or steps if they have none, are transformed when gathered."""
    if isinstance(windows, Windows):
        first = int(windows.starts[0]) if len(windows) else 0
        return windows.over(TransformedRows(windows.rows, transform, first))
    function = partial(_transform_steps, transform)
    example = function(np.asarray(windows[:1]))
    return MappedWindows(windows, function, n_features=example.shape[2], dtype=example.dtype)


def _transform_steps(transform: Any, windows: np.ndarray) -> np.ndarray:
    n_windows, n_timesteps, n_features = windows.shape
    rows = dense(transform(windows.reshape(-1, n_features)))
    return rows.reshape(n_windows, n_timesteps, -1)
