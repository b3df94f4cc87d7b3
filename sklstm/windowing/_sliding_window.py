"""A pipeline step that trims windows, or makes windows from rows."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data

from sklstm._validation import check_numbers
from sklstm.windowing._base import WindowTransformer, is_windows, read_only

__all__ = ["SlidingWindow"]


class SlidingWindow(WindowTransformer):
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
    Use windows for model selection: each holds its own past, in whichever fold it lies. On
    rows, the first row stands for all rows before it, so the first ``lookback - 1`` windows
    of a fold repeat it where the true past would be. :meth:`transform` returns read-only
    windows: those of `X` are a view of it, and those of rows share their memory.

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

    _parameter_constraints: dict[str, list[Any]] = {
        "lookback": [Interval(Integral, 1, None, closed="left"), None]
    }

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
        if is_windows(values):
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
            row. They are read-only: copy them to change them.
        """
        check_is_fitted(self)
        values = self._check_input(X, reset=False)
        if not is_windows(values):
            return _windows_before_rows(values, self.lookback)
        return read_only(values if self.lookback is None else values[:, -self.lookback :])

    def _check_input(self, X, *, reset):
        values = check_numbers(
            X,
            "X",
            convert_objects=True,
            ensure_2d=False,
            estimator=self,
            if_not_numbers="Encode what is no number, or leave it out.",
            if_missing="Interpolate what is missing, or leave out the windows that hold it.",
        )
        windows = is_windows(values)
        validate_data(self, values[0] if windows else X, reset=reset, skip_check_array=True)
        if not reset and windows != hasattr(self, "n_timesteps_in_"):
            got, seen = ("windows", "rows") if windows else ("rows", "windows")
            raise ValueError(
                f"X holds {got}, of shape {values.shape}, but SlidingWindow was fitted on {seen}. "
                f"Pass {seen}, or fit it anew."
            )
        self._check_lookback(values, windows)
        return values

    def _check_lookback(self, values, windows):
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


def _windows_before_rows(rows, lookback):
    """Return the window that ends with each row, the first row standing for all before it."""
    padded = np.concatenate([np.repeat(rows[:1], lookback - 1, axis=0), rows])
    return sliding_window_view(padded, lookback, axis=0).swapaxes(1, 2)
