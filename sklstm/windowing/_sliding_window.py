"""A pipeline step that trims windows, or makes windows from rows."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from sklstm._ragged import Ragged
from sklstm._validation import check_finite, check_numbers, names_of, string_names
from sklstm.windowing._base import WindowTransformer, is_windows, read_only
from sklstm.windowing._lazy import Windows
from sklstm.windowing._lazy_array import LazyWindows
from sklstm.windowing._named import with_names
from sklstm.windowing._names import check_features
from sklstm.windowing._steps import read_list, read_padded, refuse

__all__ = ["SlidingWindow"]

_IF_MISSING = (
    "Interpolate what is missing, fill it in with a WindowImputer before this step, or leave out "
    "the windows that hold it."
)


class SlidingWindow(WindowTransformer):
    """Give every sample the window of its last `lookback` time steps.

    On windows, it keeps the last `lookback` steps of each: the look-back becomes a
    hyperparameter like any other, and all its values are scored on the same targets. On
    rows, it gives each row the window that ends with it: as many samples as rows.

    Parameters
    ----------
    lookback : int, default=None
        Number of time steps that a window keeps. ``None`` keeps whole windows; rows need
        a number. Of sequences of unequal length, those that are shorter stay as they are.

    Attributes
    ----------
    n_features_in_ : int
        Number of features per time step seen during :term:`fit`.

    n_timesteps_in_ : int
        Number of time steps of the windows seen during :term:`fit`, or of the longest sequence;
        not set on rows.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where `X` was a DataFrame with names that are all strings, or
        windows of one.

    See Also
    --------
    make_windows : Cuts a series into windows.

    Notes
    -----
    Use windows for model selection: each holds its own past, in whichever fold it lies. On
    rows, the first row stands for all rows before it, so the first ``lookback - 1`` windows
    of a fold repeat it where the true past would be. :meth:`transform` returns read-only
    windows: those of `X` are a view of it, and those of rows share their memory. Lazy
    :class:`Windows` stay lazy.

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

    def fit(self, X: Any, y: Any = None) -> SlidingWindow:
        """Check the parameters and note the features.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features), or \
                list of array-like of shape (n_timesteps_i, n_features)
            Windows, rows or sequences of unequal length.

        y : Ignored
            Not used, exists for compatibility with pipelines.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self._validate_params()
        values, ragged = self._check_input(X, reset=True)
        self._fitted_on_ragged = ragged is not None
        if ragged is not None:
            self.n_timesteps_in_ = ragged.n_padded
        elif is_windows(values):
            self.n_timesteps_in_ = values.shape[1]
        elif hasattr(self, "n_timesteps_in_"):
            del self.n_timesteps_in_
        return self

    def transform(self, X: Any) -> NDArray[Any] | list[NDArray[Any]]:
        """Return the last `lookback` time steps of every window, or before every row.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features), or \
                list of array-like of shape (n_timesteps_i, n_features)
            Windows, also of unequal length, or rows, whichever :meth:`fit` saw.

        Returns
        -------
        windows : ndarray of shape (n_windows or n_rows, lookback, n_features), or list of ndarray \
                of shape (min(n_timesteps_i, lookback), n_features)
            The trimmed windows, a view where possible; or the windows that end with each
            row. They are read-only: copy them to change them. Of sequences of unequal length, the
            last steps as a list of copies, or as an array that is padded where `X` is.
        """
        check_is_fitted(self)
        values, ragged = self._check_input(X, reset=False)
        if ragged is not None:
            return with_names(_last_steps(ragged, self.lookback or ragged.n_padded), names_of(X))
        if not is_windows(values):
            return with_names(_windows_before_rows(values, self.lookback), string_names(X))
        trimmed = values if self.lookback is None else values[:, -self.lookback :]
        return with_names(read_only(trimmed), names_of(X))

    def _check_input(self, X, *, reset):
        """Return X as an array, or as sequences of unequal length."""
        if isinstance(X, LazyWindows):
            if isinstance(X, Windows):  # others would have to be computed; who trains looks
                X.refuse_missing(_IF_MISSING)
            self._check_windows(X, X, reset)
            return X, None
        values, ragged = None, read_list(X)
        if ragged is None:
            values = check_numbers(
                X,
                "X",
                convert_objects=True,
                ensure_2d=False,
                ensure_all_finite=False,
                estimator=self,
                if_not_numbers="Encode what is no number, or leave it out.",
                if_missing=_IF_MISSING,
            )
            ragged = read_padded(values, "auto")
        if ragged is not None:
            bad = ~np.isfinite(ragged.rows)
            refuse(ragged, bad, "NaN or infinity", _IF_MISSING, names_of(X))
            check_features(self, X, ragged.rows, reset=reset)
            self._check_kind("sequences", reset)
            return None, ragged
        check_finite(values, "X", _IF_MISSING, source=X)
        if is_windows(values):
            self._check_windows(X, values, reset)
            return values, None
        check_features(self, X, values, reset=reset)
        self._check_kind("rows", reset, f", of shape {values.shape}")
        self._check_lookback(values, windows=False)
        return values, None

    def _check_windows(self, X, windows, reset):
        check_features(self, X, windows[0], reset=reset)
        self._check_kind("windows", reset, f", of shape {windows.shape}")
        self._check_lookback(windows, windows=True)

    def _check_kind(self, kind, reset, shape=""):
        """Raise if fit has seen rows, and these are none, or the other way around."""
        seen = "windows" if hasattr(self, "n_timesteps_in_") else "rows"
        if not reset and (kind == "rows") != (seen == "rows"):
            raise ValueError(
                f"X holds {kind}{shape}, but SlidingWindow was fitted on {seen}. Pass {seen}, or "
                "fit it anew."
            )

    def _check_lookback(self, values, windows):
        if not windows and self.lookback is None:
            raise ValueError(
                f"lookback=None keeps whole windows, but X holds rows, of shape {values.shape}. "
                "Set lookback to a number of time steps, or cut X with make_windows first."
            )
        of_any_length = getattr(self, "_fitted_on_ragged", False)  # files of 0.1.0 lack it
        too_long = self.lookback is not None and windows and self.lookback > values.shape[1]
        if too_long and not of_any_length:
            raise ValueError(
                f"lookback={self.lookback} is longer than the windows of X, which have "
                f"{values.shape[1]} time steps. Use a smaller lookback, or cut longer windows "
                "with make_windows."
            )


def _windows_before_rows(rows, lookback):
    """Return the window that ends with each row, the first row standing for all before it."""
    padded = np.concatenate([np.repeat(rows[:1], lookback - 1, axis=0), rows])
    return sliding_window_view(padded, lookback, axis=0).swapaxes(1, 2)


def _last_steps(ragged, lookback):
    """Return the last steps of sequences, of which some may be shorter, as they came."""
    lengths = np.minimum(ragged.lengths, lookback)
    first = np.repeat(ragged.starts + ragged.lengths - lengths, ragged.lengths)
    rows = ragged.rows[np.arange(len(ragged.rows)) >= first]
    n_padded = min(ragged.n_padded, lookback)
    return Ragged(rows, lengths, ragged.padding, n_padded).like_input(rows)
