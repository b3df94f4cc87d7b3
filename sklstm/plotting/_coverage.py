"""Whether intervals and quantiles hold as many values as they promise."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import BLUE, GREY, draw_legend, get_axes

_LEVELS = 0.5, 0.6, 0.7, 0.8, 0.9


class CoverageDisplay:
    """How many values intervals or quantiles hold, over how many they promise to hold.

    Points on the diagonal are as promised. Below it, intervals are too narrow; above, too wide.
    The band reaches from the output that is covered least to the one that is covered most. Use
    ``from_estimator`` or ``from_intervals`` to create the display.

    Parameters
    ----------
    levels : array-like of shape (n_levels,)
        What is promised, in (0, 1).
    coverage : array-like of shape (n_levels, n_outputs)
        Fractions that were found.
    kind : {"interval", "quantile"}, default="interval"
        Whether values lie within intervals, or at or below quantiles.
    name : str, default=None
        Name of the estimator in the legend.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where the display is drawn.
    line_ : Line2D
        The mean over the outputs.
    band_ : FillBetweenPolyCollection
        From the least to the largest over the outputs; None if there is one output.
    diagonal_ : Line2D
        What is promised; None if the Axes were given and have one already.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.plotting import CoverageDisplay
    >>> y = np.array([1.0, 2.0, 3.0, 4.0])
    >>> bounds = np.array([[[0.0, 2.0]], [[0.0, 1.0]], [[3.0, 4.0]], [[5.0, 6.0]]])
    >>> display = CoverageDisplay.from_intervals(y, bounds[:, :, np.newaxis], [0.8])
    >>> display.line_.get_ydata()
    array([0.5])
    """

    def __init__(
        self, levels: Any, coverage: Any, *, kind: str = "interval", name: str | None = None
    ) -> None:
        self.levels = levels
        self.coverage = coverage
        self.kind = kind
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        coverage: Any = _LEVELS,
        kind: str = "auto",
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Predict and draw.

        Parameters
        ----------
        estimator : Forecaster or LSTMRegressor
            A fitted one that predicts intervals or quantiles.
        X : array-like of shape (n_samples, n_timesteps, n_features)
            Sequences that neither fit nor calibration saw.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        coverage : sequence of float, default=(0.5, 0.6, 0.7, 0.8, 0.9)
            For intervals, what they promise to hold.
        kind : {"auto", "interval", "quantile"}, default="auto"
            What to look at. ``"auto"``: intervals, if the estimator predicts them.
        name : str, default=None
            Name of the estimator in the legend; by default that of its class.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        CoverageDisplay
            The display, drawn.
        """
        name = type(estimator).__name__ if name is None else name
        if kind == "auto":
            kind = "interval" if hasattr(estimator, "predict_interval") else "quantile"
        if kind == "interval":
            bounds = estimator.predict_interval(X, list(coverage))
            return cls.from_intervals(y, bounds, coverage, name=name, **kwargs)
        if kind != "quantile" or not hasattr(estimator, "predict_quantiles"):
            raise ValueError(
                f"kind={kind!r} does not fit {estimator!r}. Pass 'interval' for an estimator with "
                "predict_interval, or 'quantile' for one with quantiles."
            )
        predicted = estimator.predict_quantiles(X)
        below = _columns(y)[:, :, np.newaxis] <= predicted
        levels = _quantiles_of(estimator)
        return cls(levels, below.mean(axis=0).T, kind=kind, name=name).plot(**kwargs)

    @classmethod
    def from_intervals(
        cls, y: Any, bounds: Any, coverage: Any, *, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw the coverage of intervals.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True values.
        bounds : array-like of shape (n_samples, n_outputs, n_levels, 2)
            Lower and upper bounds, as ``predict_interval`` returns them.
        coverage : sequence of float of length n_levels
            What the intervals promise to hold.
        name : str, default=None
            Name in the legend.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        CoverageDisplay
            The display, drawn.
        """
        columns, bounds, levels = _columns(y), np.asarray(bounds), np.asarray(coverage)
        if bounds.shape != (*columns.shape, len(levels), 2):
            raise ValueError(
                f"bounds must have the shape (n_samples, n_outputs, n_levels, 2), here "
                f"{(*columns.shape, len(levels), 2)}, got {bounds.shape}."
            )
        true = columns[:, :, np.newaxis]
        inside = (bounds[..., 0] <= true) & (true <= bounds[..., 1])
        return cls(levels, inside.mean(axis=0).T, name=name).plot(**kwargs)

    def plot(self, ax: Any = None, **curve_kwargs: Any) -> Self:
        """Draw what was found over what was promised.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw, such as those of another display to compare with; new Axes by default.
        **curve_kwargs : dict
            Properties of the line, such as ``color``.

        Returns
        -------
        CoverageDisplay
            This display.
        """
        self.figure_, (self.ax_,) = get_axes(ax, 1, height=4.4, width=5.2)
        levels, found = np.asarray(self.levels, float), np.asarray(self.coverage, float)
        order = np.argsort(levels)
        levels, found = levels[order], found[order]
        self.diagonal_ = None
        if "as promised" not in self.ax_.get_legend_handles_labels()[1]:
            style = {"color": GREY, "linestyle": "--", "linewidth": 1.2}
            (self.diagonal_,) = self.ax_.plot([0, 1], [0, 1], label="as promised", **style)
        style = {"color": BLUE, "marker": "o", "linewidth": 1.6, **curve_kwargs}
        label = self.name or f"{self.kind}s"
        (self.line_,) = self.ax_.plot(levels, found.mean(axis=1), label=label, **style)
        self.band_ = None
        if found.shape[1] > 1:
            self.band_ = self.ax_.fill_between(
                levels,
                found.min(axis=1),
                found.max(axis=1),
                color=self.line_.get_color(),
                alpha=0.2,
                linewidth=0,
            )
        self._label()
        return self

    def _label(self) -> None:
        where = "within the interval" if self.kind == "interval" else "at or below the quantile"
        promised = "promised coverage" if self.kind == "interval" else "quantile"
        self.ax_.set(xlabel=promised, ylabel=f"fraction of values {where}")
        self.ax_.set(xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal")
        self.ax_.grid(alpha=0.3)
        draw_legend(self.ax_)


def _columns(y: Any) -> np.ndarray:
    y = np.asarray(y, dtype=float)
    return y[:, np.newaxis] if y.ndim == 1 else y


def _quantiles_of(estimator: Any) -> np.ndarray:
    """Return the levels of what an estimator predicts, a forecaster or a pipeline around one."""
    inner = estimator
    while getattr(inner, "quantiles", None) is None:
        if hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        elif hasattr(inner, "members_"):
            inner = inner.members_[0]
        else:
            inner = inner[-1]  # of a pipeline
    return np.sort(np.asarray(inner.quantiles, dtype=float))
