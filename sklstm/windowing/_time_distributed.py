"""A pipeline step that applies a transformer of rows to the time steps of windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklstm._validation import check_missing_times, names_of
from sklstm.windowing._base import WindowTransformer, is_windows, read_only
from sklstm.windowing._lazy import Windows
from sklstm.windowing._lazy_transformed import (
    dense,
    fit_by_blocks,
    needs_blocks,
    transform_lazily,
)
from sklstm.windowing._named import with_names
from sklstm.windowing._names import check_features, names_after
from sklstm.windowing._steps import find_padding, read_list, read_padded

__all__ = ["TimeDistributedTransformer"]


def _can_invert(estimator):
    transformer = getattr(estimator, "transformer_", estimator.transformer)
    return hasattr(transformer, "inverse_transform")


class TimeDistributedTransformer(WindowTransformer):
    """Apply a transformer of rows to all time steps of all windows.

    Parameters
    ----------
    transformer : estimator
        Any transformer of two-dimensional input, such as a scaler or a PCA. It is cloned,
        and fitted on the time steps of all windows together.

    warm_start : bool, default=False
        Whether a second :meth:`fit` keeps the fitted `transformer_`, and with it the scale of
        the first data, instead of fitting anew. Number and names of the features must agree.
        A clone starts afresh.

    Attributes
    ----------
    transformer_ : estimator
        The fitted transformer.

    n_features_in_ : int
        Number of features per time step seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where `X` was a DataFrame with names that are all strings, or
        windows of one. What comes out carries the names that the transformer gives to its
        output, where it tells them.

    See Also
    --------
    SlidingWindow : Trims windows within a pipeline.

    Notes
    -----
    Rows go to the transformer as they are, so a ``ColumnTransformer`` may name the columns
    of a DataFrame; on windows it selects features by integers. Whatever the transformer
    returns (a DataFrame, a sparse matrix) is made a dense array, which is read-only where it
    shares memory with `X`, as that of a transformer which changes nothing does. Masked values
    and NaT are refused, as most transformers take them for numbers; NaN is left to the
    transformer, but for padding.

    Sequences of unequal length are a list of arrays, and come back as a list; or they are padded
    with steps of NaN at one end, and stay so. The transformer sees their own steps alone. Windows
    count as padded if, in :meth:`fit`, some begin or some end with NaN in all features, but not
    both: then they are windows of a series with gaps, whose NaN goes to the transformer.

    Of lazy :class:`Windows`, the transformer sees each row that they cover once, in :meth:`fit`
    as in :meth:`transform`, and not once for each window that holds it. What is
    returned are `Windows` over the transformed rows. Where these would take more than a quarter
    of the memory, the transformer learns block by block with its ``partial_fit``, which it needs
    to have, and rows are transformed when they are read. Rows that no window covers, as
    those of other folds, teach nothing. As every row counts once, the mean of a scaler
    differs a little from that of the windows as an array, in which rows at both ends of the series
    are held by fewer windows than others.

    Set ``warm_start=True`` in a :class:`~sklearn.pipeline.Pipeline` whose network goes on
    training, with a ``warm_start=True`` of its own. Each fit of the pipeline fits all its
    steps: a scaler fitted anew on new data changes its scale, and the network, trained on
    the old scale, sees other numbers for the same values. In a pipeline with ``memory``,
    which clones the steps before it fits them, a warm start has no effect.

    To train the network further with ``partial_fit``, which pipelines lack, transform the new
    data without a fit, ``pipeline[-1].partial_fit(pipeline[:-1].transform(X), y)``, or with
    steps that have ``warm_start=True``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from sklstm.windowing import TimeDistributedTransformer, make_windows
    >>> X, Y = make_windows(np.array([0.0, 2.0, 4.0, 8.0, 6.0]), lookback=3)
    >>> TimeDistributedTransformer(MinMaxScaler()).fit_transform(X)[:, :, 0]
    array([[0.  , 0.25, 0.5 ],
           [0.25, 0.5 , 1.  ]])

    A warm start keeps the scale of the first data, here from 0 to 8:

    >>> step = TimeDistributedTransformer(MinMaxScaler(), warm_start=True).fit(X)
    >>> step.fit_transform([[[16.0], [8.0]]])
    array([[[2.],
            [1.]]])
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "transformer": [HasMethods(["fit", "transform"])],
        "warm_start": ["boolean"],
    }

    def __init__(self, transformer: BaseEstimator, *, warm_start: bool = False) -> None:
        self.transformer = transformer
        self.warm_start = warm_start

    def fit(self, X: ArrayLike, y: Any = None) -> TimeDistributedTransformer:
        """Fit a clone of the transformer on all time steps, or keep that of a warm start.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features), or \
                list of array-like of shape (n_timesteps_i, n_features)
            Windows, rows or sequences of unequal length.

        y : array-like of shape (n_rows,), default=None
            Passed on for rows; ignored for windows, which have no target per time step.

        Returns
        -------
        self : object
            The transformer itself.
        """
        self._validate_params()
        keep = self.warm_start and hasattr(self, "transformer_")
        if needs_blocks(X):
            return self._fit_lazily(X, keep)
        rows, _, of_sequences = self._time_steps(X, reset=not keep)
        check_features(self, X, rows, reset=not keep)
        if not keep:
            y = None if of_sequences else y
            self.transformer_ = clone(self.transformer).fit(rows, y)
        return self

    def transform(self, X: Any) -> Any:
        """Transform every time step.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features), or \
                list of array-like of shape (n_timesteps_i, n_features)
            Windows, rows or sequences of unequal length.

        Returns
        -------
        X_out : ndarray of shape (n_windows, n_timesteps, n_out) or (n_rows, n_out), or list of \
                ndarray of shape (n_timesteps_i, n_out)
            The transformed time steps.
        """
        check_is_fitted(self)
        if needs_blocks(X):
            check_features(self, X, X[0], reset=False)
            transformed = transform_lazily(X, self.transformer_.transform)
        else:
            rows, regroup, _ = self._time_steps(X)
            check_features(self, X, rows, reset=False)
            transformed = regroup(dense(self.transformer_.transform(rows)))
        names = names_of(X)
        if names is None:
            return transformed
        n_out = transformed[0].shape[-1]
        return with_names(transformed, names_after(self.transformer_, names, n_out))

    @available_if(_can_invert)
    def inverse_transform(self, X: Any) -> Any:
        """Undo the transformation of every time step, if the transformer can.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_out) or (n_rows, n_out), or list of \
                array-like of shape (n_timesteps_i, n_out)
            Transformed windows, rows or sequences.

        Returns
        -------
        X_in : ndarray of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features), or \
                list of ndarray of shape (n_timesteps_i, n_features)
            The time steps before the transformation.
        """
        check_is_fitted(self)
        if needs_blocks(X):
            original = transform_lazily(X, self.transformer_.inverse_transform)
        else:
            rows, regroup, _ = self._time_steps(X)
            original = regroup(dense(self.transformer_.inverse_transform(rows)))
        if names_of(X) is None:
            return original
        return with_names(original, getattr(self, "feature_names_in_", None))

    def _fit_lazily(self, windows, keep):
        """Fit on windows whose rows memory cannot hold, or which have none."""
        check_features(self, windows, windows[0], reset=not keep)
        if not keep:
            self._padding = None
            self.transformer_ = fit_by_blocks(clone(self.transformer), windows)
        return self

    def _time_steps(self, X, *, reset=False):
        """Return all time steps as rows, what regroups transformed ones, and whether X is 3-D."""
        if isinstance(X, Windows):
            if reset:
                self._padding = None
            covered = X.compact()
            return covered.rows, lambda rows: covered.over(_protected(rows, covered.rows)), True
        ragged = read_list(X)
        if ragged is None:
            check_missing_times(X, "X", "Fill in what is missing, or leave out what holds it.")
            X = X if hasattr(X, "shape") else np.asarray(X)
            if not is_windows(X):
                return X, lambda rows: _protected(rows, X), False
            windows = np.asarray(X)
        if reset:
            self._padding = find_padding(windows) if ragged is None else "auto"
        if ragged is None:
            ragged = read_padded(windows, getattr(self, "_padding", None))  # files of 0.1.0 lack it
        if ragged is not None:
            return ragged.rows, ragged.like_input, True
        n_windows, n_timesteps, n_features = windows.shape
        rows = windows.reshape(n_windows * n_timesteps, n_features)
        return (
            rows,
            lambda out: _protected(out.reshape(n_windows, n_timesteps, out.shape[1]), windows),
            True,
        )

    def __setstate__(self, state):
        super().__setstate__({"warm_start": False, **state})  # files of 0.1.0 lack it

    def __sklearn_tags__(self):
        """Take over the tags of the transformer, for windows as well."""
        tags = super().__sklearn_tags__()
        inner = get_tags(self.transformer)
        tags.input_tags = inner.input_tags
        tags.input_tags.three_d_array = True
        tags.target_tags = inner.target_tags
        tags.transformer_tags = inner.transformer_tags
        return tags


def _protected(array, X):
    """Return an array, read-only if to write to it would change X."""
    return read_only(array) if np.may_share_memory(array, X) else array
