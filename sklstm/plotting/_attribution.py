"""A sequence, and what of it speaks for its prediction."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklstm.inspection import integrated_gradients
from sklstm.plotting._drawing import (
    BLUE,
    LEGEND_FONT_SIZE,
    LIGHT_GREY,
    RED,
    count_back,
    get_axes,
)

_LEAST_SHOWN = 0.1  # of the largest attribution, for a marker
_MAX_AREA = 90.0  # of a marker, in square points


class AttributionDisplay:
    """A sequence, coloured by what of it raises and what lowers its prediction.

    Each feature has Axes of its own, and all have the same colours. Blue, with triangles that
    point up, raises the prediction; red, with triangles that point down, lowers it. The larger the
    triangle, the more. Use ``from_estimator`` or ``from_attributions`` to create the display.

    Parameters
    ----------
    sequence, attributions : array-like of shape (n_timesteps, n_features)
        A sequence and its attributions.
    feature_names : list of str
        Names of the features.
    title : str, default=None
        What is explained.

    Attributes
    ----------
    axes_ : ndarray of Axes
        Where the display is drawn, one Axes per feature shown.
    ax_, figure_ : Axes, Figure
        The first of these, and their figure.
    lines_ : list of LineCollection
        The features of the sequence, each a collection of one piece per time step.
    raising_, lowering_ : list of PathCollection
        The triangles of each feature.
    colorbar_ : Colorbar
        What the colours mean.

    Examples
    --------
    >>> from sklstm.plotting import AttributionDisplay
    >>> display = AttributionDisplay(
    ...     [[0.0], [1.0], [3.0]], [[0.0], [-0.1], [0.4]], feature_names=["load"]
    ... ).plot()
    >>> display.raising_[0].get_offsets().tolist()
    [[0.0, 3.0]]
    """

    def __init__(
        self, sequence: Any, attributions: Any, *, feature_names: Any, title: str | None = None
    ) -> None:
        self.sequence = sequence
        self.attributions = attributions
        self.feature_names = feature_names
        self.title = title

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        sample: int = 0,
        ax: Any = None,
        features: Any = None,
        max_features: int = 6,
        **kwargs: Any,
    ) -> Self:
        """Explain samples, and draw one of them.

        Parameters
        ----------
        estimator : LSTMRegressor, LSTMClassifier, Pipeline or search
            A fitted network, or a pipeline that ends with one.
        X : array-like of shape (n_samples, n_timesteps, n_features), or list of array-like
            Sequences, of whose features the baseline is the mean.
        sample : int, default=0
            Which of them to draw.
        ax : Axes or array-like of Axes, default=None
            Where to draw.
        features : list of int, default=None
            Which features to draw; by default those with the largest attributions.
        max_features : int, default=6
            Their largest number, where `features` does not say.
        **kwargs : dict
            Passed to :func:`~sklstm.inspection.integrated_gradients`, such as ``target``.

        Returns
        -------
        AttributionDisplay
            The display, drawn.
        """
        result = integrated_gradients(estimator, X, **kwargs)
        return cls.from_attributions(
            result, X, sample=sample, ax=ax, features=features, max_features=max_features
        )

    @classmethod
    def from_attributions(cls, result: Any, X: Any, *, sample: int = 0, **kwargs: Any) -> Self:
        """Draw a sample of what ``integrated_gradients`` returned.

        Parameters
        ----------
        result : Bunch
            What :func:`~sklstm.inspection.integrated_gradients` returned.
        X : array-like of shape (n_samples, n_timesteps, n_features), or list of array-like
            The sequences that were explained.
        sample : int, default=0
            Which of them to draw.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        AttributionDisplay
            The display, drawn.
        """
        shares = np.asarray(result.attributions[sample], dtype=float)
        sequence = np.asarray(X[sample], dtype=float).reshape(len(X[sample]), -1)
        if sequence.shape != shares.shape:
            raise ValueError(
                f"Sample {sample} of X has the shape {sequence.shape}, but its attributions have "
                f"{shares.shape}. Pass the sequences that were explained; of rows, their windows."
            )
        real = ~np.isnan(shares).all(axis=1)  # without padding
        prediction, before = result.predictions[sample], result.baseline_predictions[sample]
        title = f"{result.target[sample]}: {prediction:.3g}, baseline {before:.3g}"
        names = result.feature_names
        return cls(sequence[real], shares[real], feature_names=names, title=title).plot(**kwargs)

    def plot(self, ax: Any = None, *, features: Any = None, max_features: int = 6) -> Self:
        """Draw the sequence.

        Parameters
        ----------
        ax : Axes or array-like of Axes, default=None
            Where to draw, one Axes per feature; new Axes by default.
        features : list of int, default=None
            Which features to draw; by default those with the largest attributions.
        max_features : int, default=6
            Their largest number, where `features` does not say.

        Returns
        -------
        AttributionDisplay
            This display.
        """
        sequence, shares = np.asarray(self.sequence, float), np.asarray(self.attributions, float)
        if features is None:
            largest = np.argsort(-abs(shares).sum(axis=0), kind="stable")
            features = np.sort(largest[:max_features])
        height = 2.6 if len(features) == 1 else 1.6
        self.figure_, self.axes_ = get_axes(ax, len(features), height=height, width=7.5)
        self.ax_ = self.axes_[0]
        colours = _colours(float(abs(shares).max()))
        self.lines_: list[Any] = []
        self.raising_: list[Any] = []
        self.lowering_: list[Any] = []
        for axes, feature in zip(self.axes_, features, strict=True):
            self._plot_feature(axes, sequence[:, feature], shares[:, feature], colours)
            axes.set_ylabel(str(self.feature_names[feature]))
            axes.grid(alpha=0.3)
        self._label(len(sequence))
        self.colorbar_ = self.figure_.colorbar(self.lines_[0], ax=list(self.axes_), pad=0.02)
        self.colorbar_.set_label("attribution")
        return self

    def _plot_feature(self, ax: Any, values: np.ndarray, shares: np.ndarray, colours: Any) -> None:
        from matplotlib.collections import LineCollection

        steps = np.arange(1 - len(values), 1)
        points = np.stack([steps, values], axis=1)
        middles = (points[1:] + points[:-1]) / 2
        ends = np.concatenate([points[:1], middles]), np.concatenate([middles, points[-1:]])
        pieces = np.stack([ends[0], points, ends[1]], axis=1)
        line = LineCollection(list(pieces), array=shares, linewidths=2.2, **colours)
        self.lines_.append(ax.add_collection(line))
        size = abs(shares) / max(colours["norm"].vmax, np.finfo(float).tiny)
        for kind, marker, sign in ((self.raising_, "^", 1), (self.lowering_, "v", -1)):
            chosen = (sign * shares > 0) & (size >= _LEAST_SHOWN)
            triangles = ax.scatter(
                steps[chosen],
                values[chosen],
                s=_MAX_AREA * size[chosen],
                c=shares[chosen],
                marker=marker,
                edgecolors="black",
                linewidths=0.5,
                zorder=3,
                **colours,
            )
            kind.append(triangles)
        ax.autoscale()
        ax.margins(x=0.02, y=0.15)

    def _label(self, n_timesteps: int) -> None:
        from matplotlib.lines import Line2D

        from sklstm.inspection._names import name_step

        shown = count_back(n_timesteps, 10)
        ticks = [int(step) - n_timesteps + 1 for step in shown]
        self.axes_[-1].set_xticks(ticks, [name_step(-tick) for tick in ticks])
        self.axes_[-1].set_xlabel("time step")
        if self.title is not None:
            self.ax_.set_title(self.title, loc="left", fontsize=11)
        style: dict[str, Any] = dict(linestyle="none", markeredgecolor="black", markersize=7)
        handles = [
            Line2D([], [], marker="^", color=BLUE, label="raises", **style),
            Line2D([], [], marker="v", color=RED, label="lowers", **style),
        ]
        self.ax_.legend(
            handles=handles,
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=2,
            frameon=False,
            fontsize=LEGEND_FONT_SIZE,
        )


def _colours(largest: float) -> dict[str, Any]:
    """Return colours from red through grey to blue, as arguments of matplotlib."""
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    colours = LinearSegmentedColormap.from_list("attribution", [RED, LIGHT_GREY, BLUE])
    return {"cmap": colours, "norm": Normalize(-largest, largest)}
