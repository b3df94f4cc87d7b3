"""What speaks for the prediction of each sample, by integrated gradients."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_params
from sklearn.utils.validation import check_is_fitted

from sklstm._sequences import Sequences, check_sequences
from sklstm._warnings import warn
from sklstm.inspection._affine import Chain, find_chain, run_step
from sklstm.inspection._explained import choose_explained
from sklstm.inspection._inputs import Rows, mean_baseline, read_baseline, read_rows
from sklstm.inspection._names import name_features, name_steps
from sklstm.inspection._path import integrate
from sklstm.windowing import SlidingWindow

__all__ = ["integrated_gradients"]


@validate_params(
    {
        "quantile": [Interval(Real, 0, 1, closed="neither"), None],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "feature_names": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def integrated_gradients(
    estimator: Any,
    X: Any,
    *,
    target: Any = None,
    quantile: float | None = None,
    baseline: Any = "mean",
    n_steps: int = 16,
    tol: float = 1e-3,
    feature_names: Any = None,
) -> Bunch:
    """Share a prediction out among the time steps and features of its sequence.

    The gradient of the prediction is integrated on the straight path from a baseline, a sequence
    that stands for no information, to the sequence. The shares, or attributions, sum to what the
    prediction of the sequence differs from that of the baseline by.

    Parameters
    ----------
    estimator : LSTMRegressor, LSTMClassifier, Pipeline or search
        A fitted network, or a pipeline that ends with one. The steps before it must be linear: a
        :class:`~sklstm.TimeDistributedTransformer` of a scaler or a PCA,
        :class:`~sklstm.SlidingWindow`, scalers of rows.

    X : array-like of shape (n_samples, n_timesteps, n_features) or (n_samples, n_timesteps), list \
            of array-like of shape (n_timesteps_i, n_features), or Windows
        What the estimator predicts from. Of rows, of which a pipeline makes windows, the windows
        are explained.

    target : int, label or array-like of shape (n_samples,), default=None
        For a classifier, the class whose probability is explained, one for all samples or one
        each; None: the predicted class of each. For a regressor, the number of the output; None
        will do if there is one.

    quantile : float, default=None
        For a regressor with ``quantiles``, which of them is explained; None: the median, as
        ``predict`` gives it.

    baseline : "mean", float or array-like, default="mean"
        Where paths begin, in units of X: the mean of each feature over X, a number, one number for
        each feature, a sequence of shape (n_timesteps, n_features), or one for each sample, in the
        form of X. For few samples, pass the mean of the training data.

    n_steps : int, default=16
        Points of the quadrature on each piece of a path. A piece on which it is not accurate
        enough is cut in two.

    tol : float, default=1e-3
        By how much the attributions of a sample may miss what they should sum to: in units of
        probability, or in standard deviations of the targets.

    feature_names : list of str, default=None
        Names of the features. None: those of the estimator, or "x0", "x1", ...

    Returns
    -------
    result : :class:`~sklearn.utils.Bunch`
        With the attributes

        attributions : ndarray of shape (n_samples, n_timesteps, n_features), or list of ndarray
            In units of the prediction: probability, or units of y. Sequences of unequal length get
            a list of arrays, or an array that is padded with NaN, as X is.
        predictions, baseline_predictions : ndarray of shape (n_samples,)
            The explained number, of sequences and baselines.
        completeness_error : ndarray of shape (n_samples,)
            By how much attributions miss the difference of these two.
        target : ndarray of shape (n_samples,)
            The class, or output, that was explained.
        feature_names, step_names : list of str
            What features and steps are called. The last step is "t", the one before "t-1"; where
            lengths differ they are those of the longest sequence.

    Raises
    ------
    ValueError
        If there is no network to be found, a step before it is not linear, or an argument does not
        fit.

    Warns
    -----
    UserWarning
        If attributions do not sum up within `tol`.

    See Also
    --------
    permutation_importance : Importance for a score; for any estimator.
    sklstm.plotting.AttributionDisplay : Draws the result.

    Notes
    -----
    Attributions say what the network makes of a sequence, beside its baseline: features that have
    the value of the baseline get nothing. Compare several baselines before you trust a picture.
    Where neighbouring steps are alike, which of them the network reads is a matter of its seed;
    their sum means more than each of them.

    A step before the network counts as linear if moving one feature at a time tells what it does
    with X and the baseline. A logarithm, a spline or a clipped scaler is refused. Transform X
    with it first, and explain the rest.

    Of :class:`~sklstm.Forecaster`, whose windows have units of their own, use
    :func:`permutation_importance`.

    References
    ----------
    M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm import LSTMRegressor
    >>> from sklstm.inspection import integrated_gradients
    >>> X = np.random.default_rng(0).normal(size=(64, 5, 2))
    >>> model = LSTMRegressor(units=4, epochs=2, random_state=0).fit(X, X[:, -1, 0])
    >>> result = integrated_gradients(model, X[:3], baseline=0.0)
    >>> result.attributions.shape
    (3, 5, 2)
    >>> total = result.attributions.sum(axis=(1, 2)) + result.baseline_predictions
    >>> bool(np.allclose(total, model.predict(X[:3]), atol=1e-3))
    True
    """
    chain = find_chain(estimator)
    check_is_fitted(chain.network)
    rows, steps = read_rows(X), chain.steps
    of_rows = chain.window_of_rows is not None
    if _is_mean(baseline):
        baseline = mean_baseline(rows, by_column=of_rows)
    if of_rows:
        rows, steps = _windows_of_rows(rows, chain)
    starts = rows.over(read_baseline(baseline, rows))
    ends, begins, maps = _run(steps, rows, starts)
    last = _as_network_reads(chain, X, ends)
    first = Sequences(begins.sequences().astype(np.float32), last.lengths)
    explained = choose_explained(chain.network, target, quantile, chain.network._outputs(last))
    integral = integrate(chain.network, explained, first, last, n_steps=n_steps, tol=float(tol))

    gradients = ends.rows_of(integral.gradients)
    for each in reversed(maps):
        gradients = each.pull(gradients)
    shares = gradients * (rows.values - starts.values) * explained.scale
    predictions = explained.predictions(integral.last)
    before = explained.predictions(integral.first)
    sums = np.add.reduceat(shares.sum(axis=1), rows.ragged.starts)
    error = sums - (predictions - before)
    _warn_if_incomplete(error, tol * explained.scale)
    sequences = rows.sequences()
    return Bunch(
        attributions=rows.like_input(shares),
        predictions=predictions,
        baseline_predictions=before,
        completeness_error=error,
        target=explained.names,
        feature_names=name_features(estimator, X, sequences.shape[2], feature_names),
        step_names=name_steps(sequences.shape[1]),
    )


def _is_mean(baseline: Any) -> bool:
    if isinstance(baseline, str) and baseline != "mean":
        raise ValueError(f"baseline={baseline!r} must be 'mean', a number or an array.")
    return isinstance(baseline, str)


def _windows_of_rows(rows: Rows, chain: Chain) -> tuple[Rows, list[Any]]:
    """Cut the windows that a pipeline makes of rows, and return them and its other steps.

    Those that transform each row for itself may as well come after.
    """
    step = chain.window_of_rows
    windows = SlidingWindow(lookback=step.lookback).fit_transform(rows.values)
    others = [each for each in chain.steps if each is not step]
    return replace(read_rows(windows), columns=rows.columns), others


def _run(steps: list[Any], rows: Rows, starts: Rows) -> tuple[Rows, Rows, list[Any]]:
    """Run sequences and baselines through steps; return also the maps that these are."""
    maps = []
    for step in steps:
        each, rows, starts = run_step(step, rows, starts)
        maps += [] if each is None else [each]
    return rows, starts, maps


def _as_network_reads(chain: Chain, X: Any, ends: Rows) -> Sequences:
    """Return the input of the network; refuse steps that do more than they seemed to."""
    for step in chain.steps:
        X = step.transform(X)
    true = check_sequences(chain.network, X, reset=False)
    values, found = np.asarray(true.values), ends.sequences()
    if values.shape != found.shape or not np.allclose(
        values, found, rtol=1e-4, atol=1e-5 * float(abs(values).max())
    ):
        raise ValueError(
            f"integrated_gradients cannot look through the steps {chain.steps!r}: one of them does "
            "not transform each time step for itself. Transform X with them, and explain the "
            "network alone; or use permutation_importance."
        )
    return Sequences(values, true.lengths)


def _warn_if_incomplete(error: np.ndarray, allowed: float) -> None:
    worst = abs(error).max()
    if worst > allowed:
        sample = abs(error).argmax()
        warn(
            f"The attributions of sample {sample} miss what they should sum to by {worst:.2g}, "
            f"more than the {allowed:.2g} that tol allows. Raise n_steps, or choose a baseline "
            "closer to the samples.",
        )
