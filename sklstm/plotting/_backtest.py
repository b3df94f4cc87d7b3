"""Forecasts of several models in all folds, and their errors by step ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import (
    COLORS,
    GREY,
    LIGHT_GREY,
    MARKERS,
    draw_legend,
    get_axes,
    plain_times,
    spread_evenly,
)

_LINE_STYLES = "-", "--", "-.", ":"


class BacktestDisplay:
    """Forecasts in all folds over the series, and errors by step ahead.

    The test part of every second fold is shaded. Forecasts are drawn one after another, so that
    they fill each test part without overlapping. Use ``from_result`` to create the display.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        Rows of the series, or their dates.
    series : ndarray of shape (n_rows,)
        The series; NaN where it is not known.
    origins : list of ndarray of int of shape (n_test,)
        For each fold, the place in `series` of the last step of each window of the test part; -1
        is the step before the first.
    forecasts : dict of str to list of ndarray of shape (n_test, horizon)
        The forecasts of each model for the test part of each fold.
    errors : dict of str to ndarray of shape (horizon,)
        The score of each model at each step ahead.
    error_name, series_name : str
        Labels of the axes.

    Attributes
    ----------
    ax_, figure_ : ndarray of Axes, Figure
        Where the display is drawn: above the forecasts, below the errors.
    series_line_ : Line2D
        The series.
    forecast_lines_ : dict of str to list of Line2D
        One line per fold for each model, broken between forecasts.
    fold_spans_ : list of Rectangle
        The shaded test parts.
    error_lines_ : dict of str to Line2D
        The errors of each model.

    Examples
    --------
    >>> from sklstm import make_windows
    >>> from sklstm.forecasting import NaiveForecaster, backtest
    >>> from sklstm.plotting import BacktestDisplay
    >>> X, Y = make_windows([1.0, 2.0, 4.0, 7.0, 11.0, 16.0], lookback=2, horizon=2)
    >>> result = backtest(NaiveForecaster("drift"), X, Y, cv=[([0], [1, 2])])
    >>> display = BacktestDisplay.from_result(result)
    >>> display.error_lines_["naiveforecaster"].get_ydata()
    array([1., 3.])
    """

    def __init__(
        self,
        times: np.ndarray,
        series: np.ndarray,
        origins: Sequence[np.ndarray],
        forecasts: Mapping[str, Sequence[np.ndarray]],
        errors: Mapping[str, np.ndarray],
        *,
        error_name: str = "error",
        series_name: str = "value",
    ) -> None:
        self.times = times
        self.series = series
        self.origins = origins
        self.forecasts = forecasts
        self.errors = errors
        self.error_name = error_name
        self.series_name = series_name

    @classmethod
    def from_result(
        cls,
        result: Any,
        *,
        windows: Any = None,
        target: str | None = None,
        metric: str | None = None,
        estimators: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw what a backtest found.

        Parameters
        ----------
        result : BacktestResult
            What :func:`~sklstm.backtest` returned.
        windows : array-like of bool of shape (n_windows,), default=None
            Which windows to draw: those of some years, or of one series, such as
            ``groups[origins] == "Berlin"``. The errors are those of all windows.
        target : str, default=None
            Which of several targets to draw; by default the first.
        metric : str, default=None
            Which score to draw by step ahead, one that is a metric of the forecasts; by default
            the first such.
        estimators : list of str, default=None
            The names of the estimators to draw, in this order; by default all.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        BacktestDisplay
            The display, drawn.
        """
        names = list(result.forecasts) if estimators is None else list(estimators)
        unknown = [name for name in names if name not in result.forecasts]
        if unknown or not names:
            raise ValueError(
                f"estimators={estimators!r} must be names of estimators of this backtest, at least "
                f"one of {list(result.forecasts)}."
            )
        outputs = _outputs_of(result, target)
        shown = np.ones(len(result.origins), bool) if windows is None else np.asarray(windows)
        if shown.shape != result.origins.shape or shown.dtype != bool or not shown.any():
            raise ValueError(
                f"windows must be True for those of the {len(result.origins)} windows to draw, at "
                f"least one; got shape {shown.shape} and dtype {shown.dtype}."
            )
        steps = result.scores_per_step(metric)
        errors = steps.groupby("estimator", sort=False).mean()
        rows = result.origins[shown][:, np.newaxis] + np.arange(1, result.horizon + 1)
        first, last = rows.min(), rows.max()
        series = np.full(last - first + 1, np.nan)
        series[rows - first] = result.y_true[shown][:, outputs]
        tests = [test[shown[test]] for _, test in result.folds]
        forecasts = {
            name: [
                of_fold[shown[test]][:, outputs]
                for of_fold, (_, test) in zip(result.forecasts[name], result.folds, strict=True)
            ]
            for name in names
        }
        return cls(
            _times_of(result.index, first, last),
            series,
            [result.origins[test] - first for test in tests],
            forecasts,
            {name: errors.loc[name].to_numpy()[outputs] for name in forecasts},
            error_name=(metric or next(iter(result.greater_is_better))).replace("_", " "),
            series_name=target or "value",
        ).plot(**kwargs)

    def plot(self, ax: Any = None, *, n_shown: int | None = None) -> Self:
        """Draw the forecasts and the errors.

        Parameters
        ----------
        ax : array-like of 2 Axes, default=None
            Where to draw; new Axes by default.
        n_shown : int, default=None
            Number of forecasts per fold to show, evenly spread from the first to the last; by
            default as many as do not overlap.

        Returns
        -------
        BacktestDisplay
            This display.
        """
        self.figure_, self.ax_ = get_axes(ax, 2, height=2.7, width=7.5, share_x=False)
        forecast_ax, error_ax = self.ax_
        self._shade_folds(forecast_ax)
        self._plot_series(forecast_ax)
        self._plot_forecasts(forecast_ax, n_shown)
        self._plot_errors(error_ax)
        return self

    def _shade_folds(self, ax: Any) -> None:
        self.fold_spans_ = [
            ax.axvspan(
                self.times[origins.min() + 1],
                self.times[origins.max() + self._horizon],
                color=LIGHT_GREY,
                alpha=0.4,
                linewidth=0,
                label=None if number else "every second fold",
            )
            for number, origins in enumerate(self.origins[::2])
            if len(origins)
        ]

    def _plot_series(self, ax: Any) -> None:
        (self.series_line_,) = ax.plot(
            self.times,
            self.series,
            color=GREY,
            linewidth=2.2,
            alpha=0.6,
            label="series",
            zorder=1.9,
        )
        has_dates = np.issubdtype(self.times.dtype, np.datetime64)
        ax.set(xlabel="time" if has_dates else "row of the series", ylabel=self.series_name)
        ax.grid(alpha=0.3)

    def _plot_forecasts(self, ax: Any, n_shown: int | None) -> None:
        self.forecast_lines_: dict[str, list[Any]] = {}
        shown = [self._choose(origins, n_shown) for origins in self.origins]
        for number, (name, of_folds) in enumerate(self.forecasts.items()):
            style = {
                "color": COLORS[number % len(COLORS)],
                "linestyle": _LINE_STYLES[number % len(_LINE_STYLES)],
                "linewidth": 1.3,
            }
            self.forecast_lines_[name] = [
                ax.plot(*self._join(origins[rows], forecasts[rows]), **style)[0]
                for origins, forecasts, rows in zip(self.origins, of_folds, shown, strict=True)
            ]
            self.forecast_lines_[name][0].set_label(name)
        draw_legend(ax, beside=True)

    def _choose(self, origins: np.ndarray, n_shown: int | None) -> np.ndarray:
        """Return which forecasts of a fold are shown, in the order of time."""
        in_time = np.argsort(origins, kind="stable")
        if n_shown is not None:
            return in_time[spread_evenly(len(origins), n_shown)] if len(origins) else in_time
        chosen: list[int] = []
        for row in in_time:
            if not chosen or origins[row] >= origins[chosen[-1]] + self._horizon:
                chosen.append(int(row))
        return np.array(chosen, dtype=int)

    def _join(self, origins: np.ndarray, forecasts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return times and values of forecasts, as one line that is broken between them."""
        ahead = np.arange(1, self._horizon + 1)
        times = self.times[origins[:, np.newaxis] + ahead]
        if self._horizon > 1:
            times = np.hstack([times, times[:, -1:]])
            forecasts = np.hstack([forecasts, np.full((len(forecasts), 1), np.nan)])
        return times.ravel(), forecasts.ravel()

    def _plot_errors(self, ax: Any) -> None:
        self.error_lines_: dict[str, Any] = {}
        steps = np.arange(1, self._horizon + 1)
        for number, (name, errors) in enumerate(self.errors.items()):
            (self.error_lines_[name],) = ax.plot(
                steps,
                errors,
                color=COLORS[number % len(COLORS)],
                linestyle=_LINE_STYLES[number % len(_LINE_STYLES)],
                marker=MARKERS[number % len(MARKERS)],
                markersize=5,
                label=name,
            )
        ax.set(xlabel="steps ahead", ylabel=self.error_name)
        ax.set_xlim(0.5, self._horizon + 0.5)
        if all(np.min(errors) >= 0 for errors in self.errors.values()):
            ax.set_ylim(0, 1.1 * max(np.max(errors) for errors in self.errors.values()))
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        ax.grid(alpha=0.3)
        draw_legend(ax, beside=True)

    @property
    def _horizon(self) -> int:
        return len(next(iter(self.errors.values())))


def _outputs_of(result: Any, target: str | None) -> slice:
    """Return the columns of the outputs that are steps ahead of a target."""
    names = list(result.target_names or [])
    if target is None:
        return slice(0, result.horizon)
    if target not in names:
        raise ValueError(f"target={target!r} was not forecast. Choose one of {names}.")
    start = names.index(target) * result.horizon
    return slice(start, start + result.horizon)


def _times_of(index: Any, first: int, last: int) -> np.ndarray:
    """Return the dates of rows, where the series has dates, or else their numbers."""
    labels = np.asarray(plain_times(index))
    if labels.dtype.kind != "M":
        return np.arange(first, last + 1)
    return labels[first : last + 1]
