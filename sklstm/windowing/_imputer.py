"""A pipeline step that fills in what windows, sequences or rows miss."""

from __future__ import annotations

import copy
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from sklstm._validation import check_finite, check_numbers, names_of
from sklstm.windowing._base import WindowTransformer, is_windows
from sklstm.windowing._filling import Gaps
from sklstm.windowing._lazy_array import LazyWindows
from sklstm.windowing._lazy_mapped import MappedWindows
from sklstm.windowing._named import with_names
from sklstm.windowing._names import check_features
from sklstm.windowing._rows import IF_INFINITE
from sklstm.windowing._steps import (
    Steps,
    blocks_of_steps,
    find_padding,
    median_of,
    read_list,
    read_padded,
    refuse,
)

__all__ = ["WindowImputer"]


class WindowImputer(WindowTransformer):
    """Fill in missing values of windows, sequences or rows, without a look into the future.

    A missing value is filled in from its own window, and from statistics that :meth:`fit` has
    learnt; windows know nothing of each other. Padding of sequences is left alone.

    Parameters
    ----------
    strategy : {"ffill", "linear", "mean", "median", "constant"}, default="ffill"
        What fills gaps.

        - "ffill": the last value seen before in the window. Before the first, the mean.
        - "linear": lines between the values around a gap. After the last value of the window,
          that value; before the first, the first. Not for rows.
        - "mean", "median": of the feature, over all time steps of :meth:`fit`.
        - "constant": `fill_value`.

    fill_value : float or array-like of shape (n_features,), default=None
        What "constant" fills in, and "ffill" and "linear" where a window tells nothing. ``None``
        is 0 for "constant", and the mean for these two.

    add_indicator : bool, default=False
        Whether to add a feature for each, that is 1 where a value was missing, and 0 otherwise.

    add_elapsed : bool, default=False
        Whether to add a feature for each, that counts the time steps since its last value: 0
        where there is one, and 1 at the first step of a gap. A gap at the start of a window
        counts from there, as if the value just before had been seen.

    padding : {"auto", "end", "begin"} or None, default="auto"
        Where windows are padded: steps of NaN in all features at this end are no missing values,
        and stay. ``None``: nowhere. ``"auto"`` decides in :meth:`fit`: at the one end at which some
        windows have such steps; nowhere, if none has, or if there are some at both ends, as
        windows of a series with gaps have. Sequences in a list are never padded.

    Attributes
    ----------
    statistics_ : ndarray of shape (`n_features_in_`,)
        What fills in each feature where its window tells nothing.

    padding_ : {"end", "begin", "auto"} or None
        Where windows are padded. Only after a fit on a list of sequences it is "auto" still, and
        each array that comes later tells for itself.

    n_features_in_ : int
        Number of features per time step seen during :term:`fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where `X` was a DataFrame with names that are all strings, or
        windows of one.

    See Also
    --------
    make_windows : With ``allow_nan=True`` windows keep the gaps of a series.
    pad_sequences : Puts sequences of unequal length into one array.
    sklearn.impute.SimpleImputer : Fills in rows that know nothing of each other.

    Notes
    -----
    Within a window, "linear" looks ahead, but never beyond its end: when a forecast is made, or a
    sequence is classified, the whole window is known. Rows are one series, and "linear" is refused
    for them: the values of a row would tell of later ones, as those do which
    :meth:`pandas.Series.interpolate` fills in before a series is split. Rows are filled in from
    the rows before them in the same call.

    Mean and median are those of all values that :meth:`fit` gets; windows that overlap hold
    the same steps several times, as they do for :class:`TimeDistributedTransformer`.

    Output features are all features, filled in, then their indicators, then elapsed steps. These
    three are the input of GRU-D [1]_, whose indicator is 1 where there is a value, and which
    counts from the value before where there is one. Their number does not depend on what was
    missing in :meth:`fit`. Scale elapsed steps before they enter a network: put the scaler behind
    this step.

    Add features where gaps are common and tell something. A linear model, such as the baseline of
    :class:`~sklstm.Forecaster`, learns nothing of features that are nearly always 0, and errs where
    they are not: for a series with few gaps, leave them out.

    If all windows of :meth:`fit` are complete, or none begins or ends with a gap in all features,
    ``padding="auto"`` takes the gaps of later windows for missing values. Pass ``padding=None`` for
    windows of one series: the only gap might lie at an end of it, which looks like padding.

    What fills in a gap depends on where its window begins, so lazy :class:`Windows` do not become
    `Windows` over other rows, but other lazy windows, which are filled in when they are gathered.
    Estimators and steps of sklstm take them as they are. The median alone needs all values of a
    feature at once; if the machine could not hold them, a ``MemoryError`` says how many they are.

    References
    ----------
    .. [1] Z. Che, S. Purushotham, K. Cho, D. Sontag and Y. Liu, "Recurrent Neural Networks for
       Multivariate Time Series with Missing Values", Scientific Reports 8, 6085, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.windowing import WindowImputer, make_windows
    >>> level = np.array([1.0, 2.0, np.nan, np.nan, 5.0, 6.0, 7.0])
    >>> X, Y = make_windows(level, lookback=5, allow_nan=True)
    >>> WindowImputer(padding=None).fit_transform(X)[:, :, 0]
    array([[1., 2., 2., 2., 5.],
           [2., 2., 2., 5., 6.]])
    >>> WindowImputer("linear", padding=None).fit_transform(X)[:, :, 0]
    array([[1., 2., 3., 4., 5.],
           [2., 3., 4., 5., 6.]])
    >>> step = WindowImputer(add_indicator=True, add_elapsed=True, padding=None)
    >>> step.fit_transform(X)[0].T
    array([[1., 2., 2., 2., 5.],
           [0., 0., 1., 1., 0.],
           [0., 0., 1., 2., 0.]])

    Padding stays, and sequences may be of any length:

    >>> WindowImputer().fit_transform([[[1.0], [np.nan], [3.0]], [[4.0]]])
    [array([[1.],
           [1.],
           [3.]]), array([[4.]])]
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "strategy": [StrOptions({"ffill", "linear", "mean", "median", "constant"})],
        "fill_value": [Real, "array-like", None],
        "add_indicator": ["boolean"],
        "add_elapsed": ["boolean"],
        "padding": [StrOptions({"auto", "end", "begin"}), None],
    }

    def __init__(
        self,
        strategy: str = "ffill",
        *,
        fill_value: float | ArrayLike | None = None,
        add_indicator: bool = False,
        add_elapsed: bool = False,
        padding: str | None = "auto",
    ) -> None:
        self.strategy = strategy
        self.fill_value = fill_value
        self.add_indicator = add_indicator
        self.add_elapsed = add_elapsed
        self.padding = padding

    def fit(self, X: Any, y: Any = None) -> WindowImputer:
        """Learn the statistics of all features, and where windows are padded.

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

        Raises
        ------
        ValueError
            If X holds infinity, or anything else than numbers; if a sequence is all padding; if a
            feature has no value at all, but its mean or median is asked for; or if `strategy`
            is "linear" and X holds rows.
        """
        self._validate_params()
        if isinstance(X, LazyWindows):
            self._note_windows(X, reset=True)
            self.padding_ = find_padding(X) if self.padding == "auto" else self.padding
        else:
            X = self._read(X, reset=True).values
        self.statistics_ = self._learn(X)
        return self

    def transform(self, X: Any) -> NDArray[np.floating] | list[NDArray[np.floating]]:
        """Fill in what is missing.

        Parameters
        ----------
        X : array-like of shape (n_windows, n_timesteps, n_features) or (n_rows, n_features), or \
                list of array-like of shape (n_timesteps_i, n_features)
            Windows, rows or sequences of unequal length. The number of time steps need not be
            that of :meth:`fit`.

        Returns
        -------
        X_out : ndarray of shape (n_windows, n_timesteps, n_out) or (n_rows, n_out), or list of \
                ndarray of shape (n_timesteps_i, n_out)
            The same with nothing missing, but padding, where there are `n_out` features:
            `n_features_in_`, and as many for each of `add_indicator` and `add_elapsed`. Floats
            keep their precision, and integers become float64.
        """
        check_is_fitted(self)
        if isinstance(X, LazyWindows):
            return self._transform_lazily(X)
        steps = self._read(X, reset=False)
        *shape, n_features = steps.values.shape
        filled = np.empty((*shape, n_features * self._n_outputs_each()), steps.values.dtype)
        for part, lengths in steps.parts():
            self._fill(steps.values[part], lengths, filled[part])
        return with_names(steps.like_input(filled), self._names_out(X))

    def _names_out(self, X):
        """Return the names of the features that come out, if those of X are known."""
        names = names_of(X)
        return None if names is None else list(self.get_feature_names_out(names))

    def _transform_lazily(self, windows):
        """Return lazy windows, which are filled in when they are gathered."""
        self._note_windows(windows, reset=False)
        mapped = MappedWindows(
            windows,
            copy.copy(self).transform,  # what is learnt later is of no concern
            n_features=windows.shape[2] * self._n_outputs_each(),
            dtype=windows.dtype if windows.dtype.kind == "f" else np.float64,
        )
        return with_names(mapped, self._names_out(windows))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the output features.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features,), default=None
            Names of the features. ``None`` takes those of :meth:`fit`, or "x0", "x1" and so on.

        Returns
        -------
        names : ndarray of str of shape (n_out,)
            Those names, then "missingindicator_x0" and "elapsed_x0" and so on, where these
            features are added.
        """
        check_is_fitted(self)
        names = list(_check_feature_names_in(self, input_features))
        indicators = [f"missingindicator_{name}" for name in names if self.add_indicator]
        elapsed = [f"elapsed_{name}" for name in names if self.add_elapsed]
        return np.array(names + indicators + elapsed, dtype=object)

    def _n_outputs_each(self):
        return 1 + bool(self.add_indicator) + bool(self.add_elapsed)

    # --- what comes in ---------------------------------------------------------------------

    def _read(self, X, *, reset):
        """Return the time steps of X, as floats, without padding."""
        ragged = read_list(X)
        if ragged is not None:
            self._check_sequences(X, ragged, reset)
            array = None
        else:
            array = self._check_array(X, reset)
        is_list = ragged is not None or isinstance(X, list | tuple)
        if reset:
            undecided = self.padding == "auto" and not is_list
            self.padding_ = find_padding(array) if undecided else self.padding
        if not is_list:
            ragged = read_padded(array, self.padding_)
        steps = Steps.of_array(array) if ragged is None else Steps.of_ragged(ragged)
        if steps.values.dtype.kind != "f":
            steps = steps._replace(values=steps.values.astype(np.float64))
        return steps

    def _check_array(self, X, reset):
        array = check_numbers(
            X,
            "X",
            convert_objects=True,
            ensure_2d=False,
            ensure_all_finite="allow-nan",
            estimator=self,
            if_not_numbers="Encode what is no number, or leave it out.",
            if_missing=IF_INFINITE,
        )
        windows = is_windows(array)
        if windows:
            self._note_windows(array, reset, X)
        else:
            check_features(self, X, array, reset=reset)
            self._refuse_empty(array)
        if self.strategy == "linear" and not windows:
            raise ValueError(
                "strategy='linear' draws lines between values before and after a gap. In rows, of "
                f"shape {array.shape}, this would look into the future of earlier rows. Cut them "
                "with make_windows(..., allow_nan=True) first, or pass strategy='ffill'."
            )
        return array

    def _note_windows(self, windows, reset, source=None):
        """Note or check the features of windows, an array or lazy ones, made from a source."""
        self._refuse_empty(windows)
        source = windows if source is None else source
        check_features(self, source, windows[0], reset=reset)

    def _refuse_empty(self, array):
        if 0 in array.shape:
            raise ValueError(
                f"X has the shape {array.shape}, but {type(self).__name__} needs at least one time "
                "step of one feature."
            )

    def _check_sequences(self, X, ragged, reset):
        check_features(self, X, ragged.rows, reset=reset)
        refuse(ragged, np.isinf(ragged.rows), "infinity", IF_INFINITE, names_of(X))

    # --- what is learnt and filled in ------------------------------------------------------

    def _learn(self, values):
        """Return what fills in each feature where its window tells nothing."""
        n_features = values.shape[-1]
        if self.fill_value is not None and self.strategy not in ("mean", "median"):
            return self._given(n_features)
        if self.strategy == "constant":
            return np.zeros(n_features)
        counts, sums = np.zeros(n_features), np.zeros(n_features)
        for block in blocks_of_steps(values):
            if isinstance(values, LazyWindows):
                check_finite(block, "X", IF_INFINITE, allow_nan=True)
            steps = block.reshape(-1, n_features)
            counts += (~np.isnan(steps)).sum(axis=0)
            sums += np.nansum(steps, axis=0, dtype=np.float64)
        self._check_counts(counts)
        if self.strategy == "median":
            return np.array([median_of(values, feature) for feature in range(n_features)])
        return sums / counts

    def _given(self, n_features):
        value = np.asarray(self.fill_value)
        if value.dtype.kind not in "biuf" or not np.isfinite(value).all():
            raise ValueError(f"fill_value must be finite numbers, got {self.fill_value!r}.")
        if value.shape not in ((), (n_features,)):
            raise ValueError(
                f"fill_value must be a number, or one for each of the {n_features} feature(s) of "
                f"X; got shape {value.shape}."
            )
        return np.full(n_features, value, dtype=np.float64)

    def _check_counts(self, counts):
        if not counts.all():
            feature = counts.argmin()
            name = getattr(self, "feature_names_in_", range(len(counts)))[feature]
            statistic = "median" if self.strategy == "median" else "mean"
            raise ValueError(
                f"Feature {name!r} of X has no value at all, so its {statistic} is not known. "
                "Leave it out, or pass a fill_value with strategy='ffill', 'linear' or 'constant'."
            )

    def _fill(self, values, lengths, filled):
        """Fill in values of shape (..., n_features), and put them where they go."""
        *shape, n_features = values.shape
        for k in range(n_features):
            column = values[..., k].flatten()
            gaps = Gaps.find(column, lengths)
            if self.strategy == "ffill":
                gaps.fill_forward(column, self.statistics_[k])
            elif self.strategy == "linear":
                gaps.interpolate(column, self.statistics_[k])
            else:
                column[gaps.missing] = self.statistics_[k]
            features = [column]
            if self.add_indicator:
                features.append(gaps.missing)
            if self.add_elapsed:
                features.append(gaps.elapsed)
            for block, feature in enumerate(features):
                filled[..., k + block * n_features] = feature.reshape(shape)

    def __sklearn_tags__(self):
        """Accept missing values, in windows as well."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
