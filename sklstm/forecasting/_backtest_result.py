"""What a backtest found: forecasts and scores of every model in every fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils._optional_dependencies import check_pandas_support

__all__ = ["BacktestResult", "FoldOutcome"]


@dataclass
class FoldOutcome:
    """What an estimator did in a fold.

    Forecasts are of shape (n_test, n_outputs), `step_scores` hold one score per output.
    """

    forecasts: np.ndarray
    scores: dict[str, float]
    step_scores: dict[str, np.ndarray]
    fit_time: float
    estimator: Any = None
    fit_error: str | None = None


class BacktestResult:
    """Forecasts and scores of several models on the same folds, as :func:`backtest` returns them.

    The methods that give DataFrames need pandas.

    Parameters
    ----------
    outcomes : dict of str to list of FoldOutcome
        What each estimator did in each fold.
    folds : list of (train, test)
        Indices of the windows in the training part and the test part of each fold.
    y_true : ndarray of shape (n_windows, n_outputs)
        The true values of all windows.
    origins : ndarray of int of shape (n_windows,)
        The row of each window's last step in the series.
    greater_is_better : dict of str to bool
        For each score, whether a greater one is better.
    index : array-like of shape (n_rows,), default=None
        Labels of the rows of the series.
    groups : array-like of shape (n_windows,), default=None
        What the splitter was given.
    target_names : list of str, default=None
        Names of the series that are forecast, where there are several.

    Attributes
    ----------
    forecasts : dict of str to list of ndarray of shape (n_test, n_outputs)
        The forecasts of each estimator for the test part of each fold.
    estimators : dict of str to list of estimator
        The fitted estimators of each fold, with ``return_estimator=True``; otherwise None.

    See Also
    --------
    backtest : Makes it.
    sklstm.plotting.BacktestDisplay : Draws it.

    Examples
    --------
    The steps of the series grow, and the drift takes the last of them:

    >>> from sklstm import make_windows
    >>> from sklstm.forecasting import NaiveForecaster, backtest
    >>> X, Y = make_windows([1.0, 2.0, 4.0, 7.0, 11.0], lookback=2)
    >>> models = {"last": NaiveForecaster(), "drift": NaiveForecaster("drift")}
    >>> result = backtest(models, X, Y, cv=[([0], [1]), ([0, 1], [2])])
    >>> result.scores()["mean_absolute_error"]
    estimator  fold
    last       0       3.0
               1       4.0
    drift      0       1.0
               1       1.0
    Name: mean_absolute_error, dtype: float64
    >>> result.compare("last")
                      0     1      mean  folds_won
    estimator
    drift      0.666667  0.75  0.708333          2
    """

    def __init__(
        self,
        outcomes: Mapping[str, Sequence[FoldOutcome]],
        folds: Sequence[tuple[np.ndarray, np.ndarray]],
        y_true: np.ndarray,
        origins: np.ndarray,
        *,
        greater_is_better: Mapping[str, bool],
        index: Any = None,
        groups: Any = None,
        target_names: Sequence[str] | None = None,
    ) -> None:
        self.outcomes = outcomes
        self.folds = folds
        self.y_true = y_true
        self.origins = origins
        self.greater_is_better = greater_is_better
        self.index = index
        self.groups = groups
        self.target_names = target_names

    @property
    def forecasts(self) -> dict[str, list[np.ndarray]]:
        """The forecasts of each estimator for the test part of each fold."""
        return {
            name: [outcome.forecasts for outcome in outcomes]
            for name, outcomes in self.outcomes.items()
        }

    @property
    def estimators(self) -> dict[str, list[Any]]:
        """The fitted estimators of each fold, or None in their place."""
        return {
            name: [outcome.estimator for outcome in outcomes]
            for name, outcomes in self.outcomes.items()
        }

    @property
    def horizon(self) -> int:
        """The number of steps ahead."""
        return self.y_true.shape[1] // len(self.target_names or [0])

    def to_frame(self) -> Any:
        """Return all forecasts beside the true values.

        Returns
        -------
        DataFrame
            One row per estimator, fold, window, target and step ahead, with the columns
            ``estimator``, ``fold``, ``window`` (its number in X), ``group`` (where groups were
            given), ``origin`` (label or row of the window's last step), ``target`` (where there
            are several), ``step`` (from 1), ``time`` (label or row of the step), ``y_true`` and
            ``y_pred``.
        """
        pd = check_pandas_support("BacktestResult.to_frame")
        parts = [
            self._forecasts_of_fold(name, fold, pd)
            for name in self.outcomes
            for fold in range(len(self.folds))
        ]
        return pd.concat(parts, ignore_index=True)

    def scores(self) -> Any:
        """Return the scores of each estimator in each fold.

        Returns
        -------
        DataFrame
            One row per estimator and fold, one column per score, and ``fit_time`` in seconds.
        """
        pd = check_pandas_support("BacktestResult.scores")
        rows = {
            (name, fold): outcome.scores | {"fit_time": outcome.fit_time}
            for name, outcomes in self.outcomes.items()
            for fold, outcome in enumerate(outcomes)
        }
        index = pd.MultiIndex.from_tuples(list(rows), names=["estimator", "fold"])
        return pd.DataFrame(list(rows.values()), index=index)

    def scores_per_step(self, metric: str | None = None) -> Any:
        """Return the scores of each estimator in each fold, step by step ahead.

        Parameters
        ----------
        metric : str, default=None
            A score that is a metric of the forecasts; by default the first.

        Returns
        -------
        DataFrame
            One row per estimator and fold, one column per step ahead, from 1; where there are
            several targets, one per target and step.
        """
        pd = check_pandas_support("BacktestResult.scores_per_step")
        metric = self._check_metric(metric, per_step=True)
        scores = self.scores()
        values = [
            outcome.step_scores[metric] for name in self.outcomes for outcome in self.outcomes[name]
        ]
        steps = pd.RangeIndex(1, self.horizon + 1, name="step")
        if self.target_names is not None:
            steps = pd.MultiIndex.from_product([self.target_names, steps], names=["target", "step"])
        return pd.DataFrame(values, index=scores.index, columns=steps)

    def summary(self, baseline: str | None = None) -> Any:
        """Return the mean scores of the estimators over the folds, the best first.

        Parameters
        ----------
        baseline : str, default=None
            The name of an estimator that the others are compared with by the first score, as in
            :meth:`compare`.

        Returns
        -------
        DataFrame
            One row per estimator, sorted by the first score; a column of means and one of standard
            deviations (``_std``) per score, the mean ``fit_time`` in seconds, and with a
            `baseline` the mean ``gain`` over it and the number of ``folds_won``.
        """
        scores = self.scores()
        by_name = scores.groupby("estimator", sort=False)
        means = by_name.agg(lambda column: column.mean(skipna=False))
        deviations = by_name.agg(lambda column: column.std(skipna=False))
        summary = means.drop(columns="fit_time")
        for place, metric in enumerate(self.greater_is_better):
            summary.insert(2 * place + 1, f"{metric}_std", deviations[metric])
        summary["fit_time"] = means["fit_time"]
        if baseline is not None:
            compared = self.compare(baseline)
            summary["gain"] = compared["mean"]
            summary["folds_won"] = compared["folds_won"].astype("Int64")
        first = self._check_metric(None)
        return summary.sort_values(
            first, ascending=not self.greater_is_better[first], kind="stable"
        )

    def compare(self, baseline: str, metric: str | None = None) -> Any:
        """Return by how much each estimator beats a baseline, fold by fold.

        Parameters
        ----------
        baseline : str
            The name of an estimator that the others are compared with.
        metric : str, default=None
            The score to compare; by default the first.

        Returns
        -------
        DataFrame
            One row per other estimator, one column per fold with its gain: by which fraction of
            the baseline's score it is better (0.1: its error is 10 % smaller) or, if negative,
            worse. Then the ``mean`` gain, and ``folds_won``, the number of folds in which the
            estimator is better.
        """
        metric = self._check_metric(metric)
        if baseline not in self.outcomes:
            raise ValueError(
                f"baseline={baseline!r} is no estimator of this backtest. Choose one of "
                f"{list(self.outcomes)}."
            )
        scores = self.scores()[metric].unstack("fold").reindex(list(self.outcomes))
        others, reference = scores.drop(index=baseline), scores.loc[baseline]
        better = others - reference if self.greater_is_better[metric] else reference - others
        gains = better / reference.abs()
        gains["mean"] = gains.mean(axis=1, skipna=False)
        gains["folds_won"] = (better > 0).sum(axis=1)
        return gains.rename_axis(columns=None)

    def plot(self, **kwargs: Any) -> Any:
        """Draw the forecasts over the series, and the errors by step ahead.

        Parameters
        ----------
        **kwargs : dict
            Passed to :meth:`sklstm.plotting.BacktestDisplay.from_result`.

        Returns
        -------
        BacktestDisplay
            The display, drawn.
        """
        from sklstm.plotting import BacktestDisplay

        return BacktestDisplay.from_result(self, **kwargs)

    def __repr__(self) -> str:
        return (
            f"BacktestResult(estimators={list(self.outcomes)}, n_folds={len(self.folds)}, "
            f"scores={list(self.greater_is_better)})"
        )

    def _forecasts_of_fold(self, name: str, fold: int, pd: Any) -> Any:
        """Return the part of the frame of an estimator in a fold."""
        forecasts, (_, test) = self.outcomes[name][fold].forecasts, self.folds[fold]
        n_steps, n_outputs = self.horizon, self.y_true.shape[1]
        windows = np.repeat(test, n_outputs)
        steps = np.tile(np.arange(1, n_steps + 1), len(windows) // n_steps)
        labels = pd.RangeIndex(self.origins.max() + n_steps + 1)
        labels = labels if self.index is None else pd.Index(self.index)
        columns = {"estimator": name, "fold": fold, "window": windows}
        if self.groups is not None:
            columns["group"] = pd.Index(self.groups).take(windows)
        columns["origin"] = labels.take(self.origins[windows])
        if self.target_names is not None:
            columns["target"] = np.tile(np.repeat(self.target_names, n_steps), len(test))
        columns["step"] = steps
        columns["time"] = labels.take(self.origins[windows] + steps)
        columns["y_true"] = self.y_true[test].ravel()
        columns["y_pred"] = forecasts.ravel()
        return pd.DataFrame(columns)

    def _check_metric(self, metric: str | None, *, per_step: bool = False) -> str:
        """Return the name of a score, by default the first."""
        known = list(self.greater_is_better)
        if per_step:
            known = list(next(iter(self.outcomes.values()))[0].step_scores)
            if not known:
                raise ValueError(
                    "Scorers give no scores per step ahead. Put a metric of the forecasts into "
                    "scoring, such as 'mean_absolute_error'."
                )
        if metric is None:
            return known[0]
        if metric not in known:
            raise ValueError(f"metric={metric!r} was not scored. Choose one of {known}.")
        return metric
