"""Pipeline steps that work on windows."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import check_array, get_tags
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from sklstm._representation import RepresentationMixin

__all__ = ["SlidingWindow", "TimeDistributedTransformer"]


class _WindowTransformer(RepresentationMixin, TransformerMixin, BaseEstimator):
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
        return values if self.lookback is None else values[:, -self.lookback :]

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
