"""Architectures compared with each other, fold by fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklstm.plotting._drawing import COLORS, GREY, MARKERS, draw_legend, find_lstm, get_axes

_COST_NAMES = {"fit_time": "mean time of a fit in s", "parameters": "weights"}


class ArchitectureComparisonDisplay:
    """Scores of the architectures in every fold, plotted against the cost of each architecture.

    A line joins the scores of a fold: folds usually differ more than architectures do, so
    architectures are best compared within a fold. Use ``from_search`` to create the display.

    Parameters
    ----------
    scores : dict of str to array-like of shape (n_folds,)
        The score in each fold, by architecture.
    costs : dict of str to float
        The cost of each architecture, such as the time of a fit.
    cost_name, score_name : str
        Labels of the axes.
    baseline : float, array-like of shape (n_folds,) or dict of str to these, default=None
        Scores of something simpler; a dict gives each baseline a name.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where the display is drawn.
    fold_lines_ : list of Line2D
        One line per fold, through the scores of the architectures.
    mean_points_ : dict of str to Line2D
        The mean score of each architecture.
    baseline_lines_ : dict of str to Line2D
        The mean score of each baseline.

    Examples
    --------
    >>> from sklstm.plotting import ArchitectureComparisonDisplay
    >>> scores = {"vanilla": [0.7, 0.9], "stacked": [0.6, 0.8]}
    >>> display = ArchitectureComparisonDisplay(scores, {"vanilla": 1.0, "stacked": 3.0})
    >>> len(display.plot().fold_lines_)
    2
    """

    def __init__(
        self,
        scores: Mapping[str, Any],
        costs: Mapping[str, float],
        *,
        cost_name: str = "cost",
        score_name: str = "score",
        baseline: Any = None,
    ) -> None:
        self.scores = scores
        self.costs = costs
        self.cost_name = cost_name
        self.score_name = score_name
        self.baseline = baseline

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        against: str = "fit_time",
        X: Any = None,
        y: Any = None,
        metric: str = "score",
        baseline: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Compare the best candidate of each architecture in a search.

        Parameters
        ----------
        search : GridSearchCV, RandomizedSearchCV or similar
            A fitted search over ``arch``, alone or among other parameters.
        against : {"fit_time", "parameters"}, default="fit_time"
            The cost: the mean time of a fit in seconds, or the number of weights, which needs `X`
            and `y`.
        X, y : array-like, default=None
            Data of the search, for ``against="parameters"``. A few rows are enough, as long as
            every class is among them.
        metric : str, default="score"
            The metric to show, for a search with several.
        baseline : float, array-like of shape (n_folds,) or dict of str to these, default=None
            Scores of something simpler, in the same metric and folds; a dict gives each baseline
            a name.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        ArchitectureComparisonDisplay
            The display, drawn.
        """
        check_is_fitted(search, "cv_results_")
        _check_metric(metric, search.cv_results_)
        if against not in _COST_NAMES:
            raise ValueError(f"against={against!r} must be 'fit_time' or 'parameters'.")
        best = _find_best_candidates(search.cv_results_, metric)
        if against == "fit_time":
            costs = _fit_times(search, best)
        else:
            costs = _weight_counts(search, best, X, y)
        scorer = search.scoring if isinstance(search.scoring, str) else metric
        display = cls(
            _fold_scores(search, best, metric),
            costs,
            cost_name=_COST_NAMES[against],
            score_name=scorer.replace("_", " "),
            baseline=baseline,
        )
        return display.plot(**kwargs)

    def plot(self, ax: Any = None) -> Self:
        """Draw the comparison.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; new Axes by default.

        Returns
        -------
        ArchitectureComparisonDisplay
            This display.
        """
        self.figure_, (self.ax_,) = get_axes(ax, 1, height=3.8, width=8.4)
        names = sorted(self.scores, key=self.costs.__getitem__)
        costs = np.array([self.costs[name] for name in names])
        scores = np.array([np.asarray(self.scores[name], dtype=float) for name in names])
        self._plot_folds(costs, scores.T)
        self._plot_means(names, costs, scores.mean(axis=1))
        self._plot_baselines()
        if costs.min() > 0 and costs.max() > 10 * costs.min():
            self._use_log_scale()
        self.ax_.set(xlabel=self.cost_name, ylabel=self.score_name)
        self.ax_.grid(alpha=0.3)
        draw_legend(self.ax_, beside=True)
        return self

    def _plot_folds(self, costs: np.ndarray, folds: np.ndarray) -> None:
        """Join the scores of each fold by a line."""
        style = dict(color=GREY, linewidth=0.8, marker=".", markersize=5, alpha=0.7)
        self.fold_lines_ = []
        for number, scores in enumerate(folds):
            label = "one fold" if number == 0 else None
            self.fold_lines_ += self.ax_.plot(costs, scores, label=label, **style)

    def _plot_means(self, names: Sequence[str], costs: np.ndarray, means: np.ndarray) -> None:
        self.mean_points_: dict[str, Any] = {}
        for name, cost, mean in zip(names, costs, means, strict=True):
            number = list(self.scores).index(name)  # the same colour whatever it costs
            (self.mean_points_[name],) = self.ax_.plot(
                [cost],
                [mean],
                MARKERS[number % len(MARKERS)],
                color=COLORS[number % len(COLORS)],
                markersize=9,
                markeredgecolor="white",
                zorder=3,
                label=f"{name}, mean {mean:.3g}",
            )

    def _plot_baselines(self) -> None:
        self.baseline_lines_: dict[str, Any] = {}
        for number, (name, scores) in enumerate(self._named_baselines().items()):
            mean = float(np.mean(scores))
            self.baseline_lines_[name] = self.ax_.axhline(
                mean,
                color="black",
                linestyle=("--", ":", "-.")[number % 3],
                linewidth=1.2,
                label=f"{name}, mean {mean:.3g}",
            )

    def _named_baselines(self) -> Mapping[str, Any]:
        if self.baseline is None:
            return {}
        return self.baseline if isinstance(self.baseline, Mapping) else {"baseline": self.baseline}

    def _use_log_scale(self) -> None:
        from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

        self.ax_.set_xscale("log")
        self.ax_.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        self.ax_.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        self.ax_.xaxis.set_minor_formatter(NullFormatter())


def _check_metric(metric: str, results: Mapping[str, Any]) -> None:
    if f"mean_test_{metric}" not in results:
        prefix = "mean_test_"
        known = [key.removeprefix(prefix) for key in results if key.startswith(prefix)]
        raise ValueError(
            f"metric={metric!r} was not scored by the search. Choose one that was: {known!r}."
        )


def _find_best_candidates(results: Mapping[str, Any], metric: str) -> dict[str, int]:
    """Return the index of each architecture's best candidate, in the order of the grid."""
    candidates = results["params"]
    name = _find_arch_parameter(candidates)
    best: dict[str, int] = {}
    for candidate in np.argsort(-results[f"mean_test_{metric}"], kind="stable"):
        if name in candidates[candidate]:  # in a list of grids, some may not search over it
            best.setdefault(candidates[candidate][name], int(candidate))
    in_grid_order = dict.fromkeys(params.get(name) for params in candidates)
    return {arch: best[arch] for arch in in_grid_order if arch in best}


def _find_arch_parameter(candidates: Sequence[Mapping[str, Any]]) -> str:
    searched = {name for params in candidates for name in params}
    found = next((name for name in searched if name.split("__")[-1] == "arch"), None)
    if found is None:
        raise ValueError(
            f"The search did not compare architectures: its parameters are {sorted(searched)}. "
            "Search over 'arch' (in a pipeline 'lstm__arch')."
        )
    return found


def _fold_scores(search: Any, best: Mapping[str, int], metric: str) -> dict[str, np.ndarray]:
    folds = [search.cv_results_[f"split{fold}_test_{metric}"] for fold in range(search.n_splits_)]
    return {
        arch: np.array([scores[candidate] for scores in folds]) for arch, candidate in best.items()
    }


def _fit_times(search: Any, best: Mapping[str, int]) -> dict[str, float]:
    times = search.cv_results_["mean_fit_time"]
    return {arch: float(times[candidate]) for arch, candidate in best.items()}


def _weight_counts(search: Any, best: Mapping[str, int], X: Any, y: Any) -> dict[str, float]:
    if X is None or y is None:
        raise ValueError(
            "against='parameters' needs X and y of the search, got None. A few rows are enough."
        )
    _check_all_classes(search, y)
    candidates = search.cv_results_["params"]
    return {
        arch: _count_weights(search, candidates[candidate], X, y)
        for arch, candidate in best.items()
    }


def _check_all_classes(search: Any, y: Any) -> None:
    """Refuse a y without some of the classes: the network's output would be smaller."""
    if not hasattr(search, "classes_") or np.ndim(y) != 1:
        return
    missing = set(search.classes_.tolist()).difference(np.asarray(y).tolist())
    if missing:
        raise ValueError(
            f"y lacks the classes {sorted(missing, key=str)}, so the networks would be smaller "
            "than the fitted ones. Pass X and y with samples of all classes."
        )


def _count_weights(search: Any, params: Mapping[str, Any], X: Any, y: Any) -> float:
    """Count the weights of a candidate by building its network."""
    estimator = clone(search.estimator).set_params(**params)
    if isinstance(estimator, Pipeline):
        steps, estimator = estimator[:-1], estimator[-1]
        X = steps.fit_transform(X, y) if len(steps) else X
    estimator.set_params(early_stopping=False)  # nothing is trained, so hold nothing out
    return float(find_lstm(estimator.initialize(X, y)).model_.count_params())
