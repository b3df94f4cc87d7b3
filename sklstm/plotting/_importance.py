"""Importance of features and time steps."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklstm.inspection import permutation_importance
from sklstm.plotting._drawing import BLUE, COLORS, LEGEND_FONT_SIZE, count_back, get_axes

_MAX_STEP_LABELS = 10
_LINE_STYLES = "-", "--", "-.", ":"


class ImportanceDisplay:
    """Importance of features, of time steps, or of both.

    Features are drawn as bars, the most important on top; steps and blocks of steps as bars in the
    order of time; both together as a heat map, on request below a sequence. The lines at the ends
    of bars are the standard deviation over the repeats. Use ``from_estimator`` or
    ``from_importances`` to create the display.

    Parameters
    ----------
    importances : Bunch
        What :func:`~sklstm.inspection.permutation_importance` returned.
    sequence : array-like of shape (n_timesteps, n_features), default=None
        A sequence to draw above a heat map: a typical one, or the mean of all.
    score_name : str, default="score"
        What falls, in the labels.

    Attributes
    ----------
    axes_ : ndarray of Axes
        Where the display is drawn: one Axes, or two, of which the upper shows the sequence.
    ax_, figure_ : Axes, Figure
        The Axes of the importances, and their figure.
    bars_ : BarContainer
        The bars; None for a heat map.
    image_ : QuadMesh
        The heat map; None for bars.
    colorbar_ : Colorbar
        That of the heat map; None for bars.
    sequence_lines_ : list of Line2D
        One per feature of the sequence.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklstm.plotting import ImportanceDisplay
    >>> X = np.random.default_rng(0).normal(size=(50, 3))
    >>> model = LinearRegression().fit(X, X[:, 1])
    >>> display = ImportanceDisplay.from_estimator(model, X, X[:, 1], random_state=0)
    >>> display.ax_.get_yticklabels()[-1].get_text()
    'x1'
    """

    def __init__(self, importances: Any, *, sequence: Any = None, score_name: str = "score"):
        self.importances = importances
        self.sequence = sequence
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        sequence: Any = None,
        scoring: Any = None,
        ax: Any = None,
        max_features: int = 20,
        **kwargs: Any,
    ) -> Self:
        """Shuffle and draw.

        Parameters
        ----------
        estimator : estimator
            A fitted one.
        X, y : array-like
            Data to predict, best such that the estimator was not fitted on.
        sequence : array-like of shape (n_timesteps, n_features), default=None
            A sequence to draw above a heat map.
        scoring : str or callable, default=None
            One scorer.
        ax : Axes or array-like of Axes, default=None
            Where to draw.
        max_features : int, default=20
            Number of features to show as bars: the most important ones.
        **kwargs : dict
            Passed to :func:`~sklstm.inspection.permutation_importance`, such as
            ``by="feature_and_step"``.

        Returns
        -------
        ImportanceDisplay
            The display, drawn.
        """
        importances = permutation_importance(estimator, X, y, scoring=scoring, **kwargs)
        return cls.from_importances(
            importances,
            sequence=sequence,
            score_name=scoring if isinstance(scoring, str) else "score",
            ax=ax,
            max_features=max_features,
        )

    @classmethod
    def from_importances(
        cls, importances: Any, *, sequence: Any = None, score_name: str = "score", **kwargs: Any
    ) -> Self:
        """Draw what ``permutation_importance`` returned.

        Parameters
        ----------
        importances : Bunch
            Its result, with one scorer; of several, pass one, such as ``result["r2"]``.
        sequence : array-like of shape (n_timesteps, n_features), default=None
            A sequence to draw above a heat map.
        score_name : str, default="score"
            What falls, in the labels.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        ImportanceDisplay
            The display, drawn.
        """
        if "importances_mean" not in importances:
            raise ValueError(
                f"importances holds the scores {list(importances)}, and this display shows one. "
                "Select one."
            )
        return cls(importances, sequence=sequence, score_name=score_name).plot(**kwargs)

    def plot(self, ax: Any = None, *, max_features: int = 20) -> Self:
        """Draw the importances.

        Parameters
        ----------
        ax : Axes or array-like of 2 Axes, default=None
            Where to draw, two with a sequence; new Axes by default.
        max_features : int, default=20
            Number of features to show as bars: the most important ones.

        Returns
        -------
        ImportanceDisplay
            This display.
        """
        self.bars_, self.image_, self.colorbar_ = None, None, None
        self.sequence_lines_: list[Any] = []
        n_axes = 1 if self.sequence is None else 2
        height = max(self._height() / n_axes, 2.0)
        self.figure_, self.axes_ = get_axes(ax, n_axes, height=height, width=7.5)
        self.ax_ = self.axes_[-1]
        if self.importances.step_names is None:
            self._plot_features(max_features)
        elif self.importances.feature_names is None:
            self._plot_steps()
        else:
            self._plot_both()
        if self.sequence is not None:
            self._plot_sequence(self.axes_[0])
        return self

    def _height(self) -> float:
        names = self.importances.feature_names
        return 2.6 if names is None else float(np.clip(0.35 * len(names) + 0.9, 2.2, 6.0))

    def _label(self) -> str:
        return f"fall of the {self.score_name.replace('_', ' ')}"

    def _plot_features(self, max_features: int) -> None:
        mean, spread = self.importances.importances_mean, self.importances.importances_std
        shown = np.argsort(mean, kind="stable")[-max_features:]
        self.bars_ = self.ax_.barh(
            [self.importances.feature_names[k] for k in shown],
            mean[shown],
            xerr=spread[shown],
            color=BLUE,
            height=0.7,
            capsize=3,
        )
        self.ax_.set_xlabel(self._label())
        self.ax_.axvline(0, color="black", linewidth=0.8)
        self.ax_.grid(axis="x", alpha=0.3)

    def _plot_steps(self) -> None:
        edges = self.importances.step_edges
        width = np.diff(edges)
        self.bars_ = self.ax_.bar(
            edges[:-1] + width / 2,
            self.importances.importances_mean,
            0.9 * width,
            yerr=self.importances.importances_std,
            color=BLUE,
            capsize=0 if len(width) > 30 else 3,
        )
        self.ax_.set_ylabel(self._label())
        self.ax_.axhline(0, color="black", linewidth=0.8)
        self.ax_.grid(axis="y", alpha=0.3)
        self._label_steps()

    def _plot_both(self) -> None:
        """Draw steps from left to right, and features from top to bottom."""
        names = self.importances.feature_names
        mean = self.importances.importances_mean.T
        self.image_ = self.ax_.pcolormesh(
            self.importances.step_edges,
            np.arange(len(names) + 1) - 0.5,
            np.maximum(mean, 0),  # what is below is noise
            cmap="viridis",
            vmin=0,
        )
        self.ax_.set_yticks(range(len(names)), names)
        self.ax_.invert_yaxis()
        self.colorbar_ = self.figure_.colorbar(
            self.image_, ax=list(self.axes_), pad=0.02, label=self._label()
        )
        self._label_steps()

    def _label_steps(self) -> None:
        edges, names = self.importances.step_edges, self.importances.step_names
        shown = count_back(len(names), 4 if " to " in names[-1] else _MAX_STEP_LABELS)
        middle = (edges[:-1] + edges[1:]) / 2
        self.ax_.set_xticks(middle[shown], [names[k] for k in shown])
        self.ax_.set_xlim(edges[0], edges[-1])
        self.ax_.set_xlabel("time step")

    def _plot_sequence(self, ax: Any) -> None:
        sequence = np.asarray(self.sequence, dtype=float)
        edges = self.importances.step_edges
        if sequence.ndim != 2 or edges is None or len(sequence) != edges[-1]:
            raise ValueError(
                f"sequence must have the shape (n_timesteps, n_features) of the samples, and go "
                f"with importances of steps; got shape {sequence.shape}."
            )
        names = self.importances.feature_names or []
        names = names if len(names) == sequence.shape[1] else [None] * sequence.shape[1]
        for number, (name, column) in enumerate(zip(names, sequence.T, strict=True)):
            self.sequence_lines_ += ax.plot(
                np.arange(len(sequence)) + 0.5,
                column,
                color=COLORS[number % len(COLORS)],
                linestyle=_LINE_STYLES[number % len(_LINE_STYLES)],
                linewidth=1.4,
                label=name,
            )
        ax.set_ylabel("sequence")
        ax.grid(alpha=0.3)
        if names[0] is not None:
            ax.legend(
                loc="lower left",
                bbox_to_anchor=(0.0, 1.0),
                ncols=min(len(names), 3),
                frameon=False,
                fontsize=LEGEND_FONT_SIZE,
            )
