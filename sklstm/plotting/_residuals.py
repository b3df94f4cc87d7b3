"""Residuals of forecasts, over time and by step ahead."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import BLUE, GREY, SKY, draw_legend, get_axes, plain_times


class ResidualDisplay:
    """Residuals, true values minus forecasts, over time and by step ahead.

    Above, the residuals of one step ahead: a course or a season that is left there is something
    that the model could still learn. Below, their distribution at each step ahead: the median, and
    bands that hold the middle 50 % and 90 %. A median off zero is a bias. Use ``from_estimator``
    or ``from_predictions`` to create the display.

    Parameters
    ----------
    residuals : array-like of shape (n_samples, n_steps)
        Residuals, those of the first step ahead first.
    times : array-like of shape (n_samples,), default=None
        Times of the samples, numbers or dates; by default their numbers.
    target_name : str, default="residual"
        What the residuals are of, in the labels.

    Attributes
    ----------
    axes_, figure_ : ndarray of Axes, Figure
        Where the display is drawn: above over time, below by step ahead.
    time_line_ : Line2D
        The residuals over time.
    median_line_ : Line2D
        The median residual by step ahead.
    bands_ : dict of int to FillBetweenPolyCollection
        The bands, by how many per cent of the residuals they hold.

    Examples
    --------
    >>> from sklstm.plotting import ResidualDisplay
    >>> display = ResidualDisplay.from_predictions(
    ...     [[1.0, 2.0], [3.0, 5.0], [4.0, 9.0]], [[1.0, 1.0], [2.0, 2.0], [2.0, 4.0]]
    ... )
    >>> display.median_line_.get_ydata()
    array([1., 3.])
    """

    def __init__(self, residuals: Any, *, times: Any = None, target_name: str = "residual") -> None:
        self.residuals = residuals
        self.times = times
        self.target_name = target_name

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, times: Any = None, **kwargs: Any
    ) -> Self:
        """Predict and draw.

        Parameters
        ----------
        estimator : estimator
            A fitted regressor.
        X : array-like of shape (n_samples, n_timesteps, n_features)
            Sequences, in the order of time.
        y : array-like of shape (n_samples,) or (n_samples, n_steps)
            What follows them.
        times : array-like of shape (n_samples,), default=None
            Their times, such as ``df.index[origins]``.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        ResidualDisplay
            The display, drawn.
        """
        return cls.from_predictions(y, estimator.predict(X), times=times, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        times: Any = None,
        target_name: str = "residual",
        **kwargs: Any,
    ) -> Self:
        """Draw the residuals of predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_steps)
            True and predicted values, in the order of time.
        times : array-like of shape (n_samples,), default=None
            Times of the samples, numbers or dates.
        target_name : str, default="residual"
            What the residuals are of, in the labels.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        ResidualDisplay
            The display, drawn.
        """
        true, predicted = np.asarray(y_true, float), np.asarray(y_pred, float)
        if true.shape != predicted.shape or true.ndim not in (1, 2):
            raise ValueError(
                "y_true and y_pred must have the same shape, (n_samples,) or (n_samples, n_steps); "
                f"got {true.shape} and {predicted.shape}."
            )
        if times is not None and len(times) != len(true):
            raise ValueError(f"times has {len(times)} entries for {len(true)} samples.")
        residuals = (true - predicted).reshape(len(true), -1)
        return cls(residuals, times=times, target_name=target_name).plot(**kwargs)

    def plot(self, ax: Any = None, *, step: int = 1) -> Self:
        """Draw the residuals.

        Parameters
        ----------
        ax : array-like of 2 Axes, default=None
            Where to draw; new Axes by default.
        step : int, default=1
            Which step ahead to show over time.

        Returns
        -------
        ResidualDisplay
            This display.
        """
        residuals = np.asarray(self.residuals, dtype=float)
        n_steps = residuals.shape[1]
        if not 1 <= step <= n_steps:
            raise ValueError(f"step must lie between 1 and {n_steps}, got {step}.")
        self.figure_, self.axes_ = get_axes(ax, 2, height=2.4, width=7.5, share_x=False)
        self._plot_times(self.axes_[0], residuals[:, step - 1], step)
        self._plot_steps(self.axes_[1], residuals)
        for axes in self.axes_:
            axes.axhline(0, color=GREY, linewidth=1, zorder=1)
            axes.set_ylabel(self.target_name)
            axes.grid(alpha=0.3)
        draw_legend(self.axes_[1], ncols=3)
        return self

    def _plot_times(self, ax: Any, residuals: np.ndarray, step: int) -> None:
        times = np.arange(len(residuals)) if self.times is None else plain_times(self.times)
        (self.time_line_,) = ax.plot(
            np.asarray(times), residuals, color=BLUE, marker=".", markersize=4, linewidth=0.8
        )
        has_dates = np.asarray(times).dtype.kind == "M"
        ax.set_xlabel("time" if has_dates else "sample")
        ax.set_title(f"{step} step{'s' if step > 1 else ''} ahead", loc="left", fontsize=11)

    def _plot_steps(self, ax: Any, residuals: np.ndarray) -> None:
        steps = np.arange(1, residuals.shape[1] + 1)
        edges = np.append(steps, steps[-1] + 1) - 0.5
        self.bands_ = {}
        for percent, color in ((90, SKY), (50, BLUE)):
            low, high = np.percentile(residuals, [50 - percent / 2, 50 + percent / 2], axis=0)
            self.bands_[percent] = ax.fill_between(
                edges,
                np.append(low, low[-1]),
                np.append(high, high[-1]),
                step="post",
                color=color,
                alpha=0.4,
                linewidth=0,
                label=f"middle {percent} %",
            )
        (self.median_line_,) = ax.plot(
            steps, np.median(residuals, axis=0), color="black", marker="o", markersize=4,
            label="median",
        )  # fmt: skip
        ax.set(xlabel="steps ahead", xlim=(edges[0], edges[-1]))
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
