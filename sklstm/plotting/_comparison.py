"""Architectures against each other, fold by fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklstm.plotting._drawing import COLORS, GREY, MARKERS, draw_legend, get_axes, network_of


class ArchitectureComparisonDisplay:
    """Scores of the architectures in every fold, against what each of them costs.

    Scores of one fold are joined by a line: folds differ more than architectures do, and it is
    within a fold that these compare. Use ``from_search``.

    Parameters
    ----------
    scores : dict of str to array-like of shape (n_folds,)
        The score in each fold, by architecture.
    costs : dict of str to float
        What each architecture costs.
    cost_name, score_name : str
        What the axes are called.
    baseline : float, array-like of shape (n_folds,) or dict of str to these, default=None
        Scores of something simpler.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    fold_lines_ : list of Line2D
        One for each fold, through the architectures' scores.
    mean_points_ : dict of str to Line2D
        The mean of each architecture.
    baseline_lines_ : dict of str to Line2D
        The mean of each baseline.

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
        search : GridSearchCV, RandomizedSearchCV or alike
            Fitted, over ``arch`` among other arguments.
        against : {"fit_time", "parameters"}, default="fit_time"
            The mean seconds of a fit, or the number of weights, for which `X` and `y` are needed.
        X, y : array-like, default=None
            Data of the search; a few rows do, with all classes among them.
        metric : str, default="score"
            For a search with several metrics, the name of one.
        baseline : float, array-like of shape (n_folds,) or dict of str to these, default=None
            Scores of something simpler, in the same metric and folds.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        ArchitectureComparisonDisplay
            The display, drawn.
        """
        check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        if f"mean_test_{metric}" not in results:
            known = [key.removeprefix("mean_test_") for key in results if key[:10] == "mean_test_"]
            raise ValueError(f"metric={metric!r} was not scored by the search, but {known!r} were.")
        if against not in ("fit_time", "parameters"):
            raise ValueError(f"against={against!r} must be 'fit_time' or 'parameters'.")
        best = _best_candidates(results["params"], results[f"mean_test_{metric}"])
        folds = [results[f"split{fold}_test_{metric}"] for fold in range(search.n_splits_)]
        scores = {arch: np.array([fold[c] for fold in folds]) for arch, c in best.items()}
        if against == "fit_time":
            costs = {arch: float(results["mean_fit_time"][c]) for arch, c in best.items()}
        else:
            costs = {
                arch: _count_parameters(search, results["params"][c], X, y)
                for arch, c in best.items()
            }
        scorer = search.scoring if isinstance(search.scoring, str) else metric
        display = cls(
            scores,
            costs,
            cost_name={"fit_time": "mean time of a fit in s", "parameters": "weights"}[against],
            score_name=scorer.replace("_", " "),
            baseline=baseline,
        )
        return display.plot(**kwargs)

    def plot(self, ax: Any = None) -> Self:
        """Draw the comparison.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; a new one by default.

        Returns
        -------
        ArchitectureComparisonDisplay
            This display.
        """
        self.figure_, (self.ax_,) = get_axes(ax, 1, height=3.8, width=8.4)
        from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

        names = sorted(self.scores, key=self.costs.__getitem__)
        costs = np.array([self.costs[name] for name in names])
        folds = np.array([np.asarray(self.scores[name], dtype=float) for name in names]).T
        self.fold_lines_ = [
            self.ax_.plot(
                costs,
                scores,
                color=GREY,
                linewidth=0.8,
                marker=".",
                markersize=5,
                alpha=0.7,
                label=None if number else "one fold",
            )[0]
            for number, scores in enumerate(folds)
        ]
        self.mean_points_ = {}
        for name, cost, scores in zip(names, costs, folds.T, strict=True):
            number = list(self.scores).index(name)  # the same colour whatever it costs
            (self.mean_points_[name],) = self.ax_.plot(
                [cost],
                [scores.mean()],
                MARKERS[number % len(MARKERS)],
                color=COLORS[number % len(COLORS)],
                markersize=9,
                markeredgecolor="white",
                zorder=3,
                label=f"{name}, mean {scores.mean():.3g}",
            )
        self.baseline_lines_ = {}
        for number, (name, score) in enumerate(self._baselines().items()):
            mean = float(np.mean(score))
            self.baseline_lines_[name] = self.ax_.axhline(
                mean,
                color="black",
                linestyle=("--", ":", "-.")[number % 3],
                linewidth=1.2,
                label=f"{name}, mean {mean:.3g}",
            )
        if costs.min() > 0 and costs.max() > 10 * costs.min():
            self.ax_.set_xscale("log")
            self.ax_.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            self.ax_.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
            self.ax_.xaxis.set_minor_formatter(NullFormatter())
        self.ax_.set(xlabel=self.cost_name, ylabel=self.score_name)
        self.ax_.grid(alpha=0.3)
        draw_legend(self.ax_, beside=True)
        return self

    def _baselines(self) -> Mapping[str, Any]:
        if self.baseline is None:
            return {}
        return self.baseline if isinstance(self.baseline, Mapping) else {"baseline": self.baseline}


def _best_candidates(candidates: Sequence[Mapping[str, Any]], scores: Any) -> dict[str, int]:
    """Find the best candidate of each architecture; architectures in the order of the grid."""
    searched = {name for params in candidates for name in params}
    arch_name = next((name for name in searched if name.split("__")[-1] == "arch"), None)
    if arch_name is None:
        raise ValueError(
            f"The search did not compare architectures: its parameters are {sorted(searched)}. "
            "Search over 'arch' (in a pipeline 'lstm__arch')."
        )
    best: dict[str, int] = {}
    for candidate in np.argsort(-scores, kind="stable"):
        if arch_name in candidates[candidate]:  # a list of grids may search other things besides
            best.setdefault(candidates[candidate][arch_name], int(candidate))
    named = dict.fromkeys(params.get(arch_name) for params in candidates)
    return {arch: best[arch] for arch in named if arch in best}


def _count_parameters(search: Any, params: Mapping[str, Any], X: Any, y: Any) -> float:
    """Count the weights of a candidate of a search by building its network."""
    if X is None or y is None:
        raise ValueError("against='parameters' needs X and y of the search; a few rows do.")
    if hasattr(search, "classes_") and np.ndim(y) == 1:
        missing = set(search.classes_.tolist()).difference(np.asarray(y).tolist())
        if missing:
            raise ValueError(
                f"y lacks the classes {sorted(missing, key=str)}, so that the networks would be "
                "smaller than the fitted ones. Pass X and y with samples of all classes."
            )
    network = clone(search.estimator).set_params(**params)
    if isinstance(network, Pipeline):
        before, network = network[:-1], network[-1]
        X = before.fit_transform(X, y) if len(before) else X
    network.set_params(early_stopping=False)  # nothing is trained, so nothing need be held out
    return float(network_of(network.initialize(X, y)).model_.count_params())
