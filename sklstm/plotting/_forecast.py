"""Forecasts beside the values that came."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import (
    BLUE,
    GREY,
    ORANGE,
    draw_legend,
    get_axes,
    plain_times,
    spread_evenly,
)


class ForecastDisplay:
    """Part of a series, and forecasts made at some of its steps.

    Use ``from_estimator`` or ``from_predictions`` to create the display. Forecasts of several
    targets are drawn in Axes of their own, one below the other.

    Parameters
    ----------
    series : array-like of shape (n_times,) or (n_times, n_targets)
        The series that is forecast, or several of them. The dates of a pandas object are shown
        on the axis.
    origins : ndarray of int of shape (n_forecasts,)
        For each forecast, the row of the last step that it could use, as ``make_windows`` returns
        it.
    forecasts : ndarray of shape (n_forecasts, n_targets * horizon)
        Values at the steps after each origin, in the units of the series: all steps of its first
        column, then all of the second, and so on.

    Attributes
    ----------
    axes_ : ndarray of shape (n_targets,) of Axes
        Where the display is drawn, one Axes per target.
    ax_ : Axes
        The first of these.
    figure_ : Figure
        Their figure.
    series_lines_ : list of Line2D
        The series of each target.
    series_line_ : Line2D
        The first of these.
    forecast_lines_ : list of Line2D
        One line per forecast shown, which begins at its origin; those of the first target, then
        those of the second, and so on.
    horizon_spans_ : list of Rectangle
        The shaded horizons, likewise.
    error_lines_ : list of Line2D
        The errors of each target, drawn by ``plot_error_by_horizon``.
    error_line_ : Line2D
        The first of these.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.plotting import ForecastDisplay
    >>> series = np.arange(10.0)
    >>> display = ForecastDisplay.from_predictions(series, [3, 6], [[4, 5], [7, 10]])
    >>> display.error_by_horizon("mae").tolist()
    [0.0, 1.0]

    Two targets, a step ahead, have two Axes:

    >>> both = np.column_stack([series, 2 * series])
    >>> ForecastDisplay.from_predictions(both, [3, 6], [[4, 8], [7, 14]]).axes_.shape
    (2,)
    """

    def __init__(self, series: Any, origins: Any, forecasts: Any) -> None:
        self.series = series
        self.origins = origins
        self.forecasts = forecasts

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, series: Any, origins: Any, **kwargs: Any
    ) -> Self:
        """Forecast from windows and draw the forecasts.

        Parameters
        ----------
        estimator : estimator
            A fitted regressor, alone or in a pipeline or search.
        X : array-like of shape (n_windows, lookback, n_features)
            Windows, preferably ones that the estimator was not trained on.
        series : array-like of shape (n_times,) or (n_times, n_targets)
            The series that is forecast: all columns, where the estimator forecasts several.
        origins : array-like of int of shape (n_windows,)
            The row of each window's last step in the series.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        ForecastDisplay
            The display, drawn.
        """
        return cls.from_predictions(series, origins, estimator.predict(X), **kwargs)

    @classmethod
    def from_predictions(cls, series: Any, origins: Any, forecasts: Any, **kwargs: Any) -> Self:
        """Draw forecasts that are already made.

        Parameters
        ----------
        series : array-like of shape (n_times,) or (n_times, n_targets)
            The series, or several. The dates of a pandas object are shown on the axis, and names
            of columns beside it.
        origins : array-like of int of shape (n_forecasts,)
            For each forecast, the row of the last step that it could use.
        forecasts : array-like of shape (n_forecasts, n_targets * horizon) or (n_forecasts,)
            Values at the steps after each origin, for one target after another, as
            ``make_windows`` orders them; 1-D forecasts are one step ahead.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        ForecastDisplay
            The display, drawn.
        """
        forecasts = np.asarray(forecasts, dtype=float)
        forecasts = forecasts[:, np.newaxis] if forecasts.ndim == 1 else forecasts
        origins = np.asarray(origins)
        _check_targets(np.shape(series), forecasts.shape[1])
        _check_origins(origins, len(forecasts), len(series))
        return cls(series, origins, forecasts).plot(**kwargs)

    def error_by_horizon(self, metric: str = "rmse") -> np.ndarray:
        """Compute the error at each step ahead, over all forecasts whose outcome is known.

        Parameters
        ----------
        metric : {"rmse", "mae"}, default="rmse"
            Root-mean-square error, or mean absolute error, in units of the series.

        Returns
        -------
        ndarray of shape (horizon,), or (n_targets, horizon) for several targets
            The error at each step ahead; NaN where no outcome is known.
        """
        if metric not in ("rmse", "mae"):
            raise ValueError(f"metric={metric!r} must be 'rmse' or 'mae'.")
        power = 2 if metric == "rmse" else 1
        targets = self._split_targets()
        errors = [
            _mean_error(values, self.origins, forecasts, power) for values, forecasts in targets
        ]
        return np.array(errors) if len(errors) > 1 else errors[0]

    def _split_targets(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return values, of shape (n_times,), and forecasts, (n_forecasts, horizon), by target."""
        values = np.asarray(self.series, dtype=float)
        columns = values.reshape(len(values), -1).T
        return list(zip(columns, np.split(self.forecasts, len(columns), axis=1), strict=True))

    def plot(
        self,
        ax: Any = None,
        *,
        n_shown: int = 4,
        context: int | None = None,
        name: str | None = None,
        plot_series: bool = True,
        curve_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the series and some of the forecasts.

        Parameters
        ----------
        ax : Axes or array-like of Axes, default=None
            Where to draw, one Axes per target; new Axes by default.
        n_shown : int, default=4
            Number of forecasts to show, evenly spread from the first to the last.
        context : int, default=None
            Steps of the series to show before the first forecast; by default three horizons, and
            20 at least.
        name : str, default=None
            Name of the forecasts in the legend.
        plot_series : bool, default=True
            Whether to draw the series and shade the horizons. Pass False to add the forecasts of
            another model to Axes that already show them.
        curve_kwargs : dict, default=None
            Properties of the lines of the forecasts, such as ``color``.

        Returns
        -------
        ForecastDisplay
            This display.
        """
        targets = self._split_targets()
        height = 2.9 if len(targets) == 1 else 2.2
        self.figure_, self.axes_ = get_axes(ax, len(targets), height=height, width=7.5)
        self.ax_ = self.axes_[0]
        self.forecast_lines_: list[Any] = []
        times = _get_times(self.series, targets[0][1].shape[1])
        shown = spread_evenly(len(self.origins), n_shown)
        for axes, target in zip(self.axes_, targets, strict=True):
            self._plot_forecasts(axes, target, times, shown, name, curve_kwargs or {})
        if plot_series:
            self._plot_series(times, targets, self.origins[shown], context)
        self._label_axes(has_dates=np.issubdtype(times.dtype, np.datetime64))
        return self

    def _plot_forecasts(
        self,
        axes: Any,
        target: tuple[np.ndarray, np.ndarray],
        times: np.ndarray,
        shown: np.ndarray,
        name: str | None,
        curve_kwargs: dict[str, Any],
    ) -> None:
        values, forecasts = target
        horizon = forecasts.shape[1]
        plural = "step" if horizon == 1 else "steps"
        name = f"forecast, {horizon} {plural} ahead" if name is None else name
        style = {"color": BLUE, "marker": "o", "markersize": 3, "linewidth": 1.5, **curve_kwargs}
        for number, row in enumerate(shown):
            origin = self.origins[row]
            self.forecast_lines_ += axes.plot(
                times[origin : origin + horizon + 1],
                [values[origin], *forecasts[row]],
                **style,
                label=None if number else name,
            )

    def _plot_series(
        self, times: np.ndarray, targets: list[Any], origins: np.ndarray, context: int | None
    ) -> None:
        """Draw each series behind its forecasts, from `context` steps before the first."""
        horizon = targets[0][1].shape[1]
        context = max(20, 3 * horizon) if context is None else context
        first = max(0, origins.min() - context)
        last = min(len(self.series), origins.max() + horizon + max(1, context // 4))
        self.series_lines_: list[Any] = []
        self.horizon_spans_: list[Any] = []
        for axes, (values, _) in zip(self.axes_, targets, strict=True):
            self.series_lines_ += axes.plot(
                times[first:last],
                values[first:last],
                color=GREY,
                linewidth=1.2,
                label="series",
                zorder=1.9,
            )
            self.horizon_spans_ += _shade(axes, times[origins], times[origins + horizon])
        self.series_line_ = self.series_lines_[0]

    def _label_axes(self, *, has_dates: bool) -> None:
        names = _get_names(self.series, len(self.axes_))
        for axes, name in zip(self.axes_, names, strict=True):
            axes.set(ylabel=name)
            axes.grid(alpha=0.3)
            axes.margins(y=0.22)  # room for a flat legend that hides nothing
        self.axes_[-1].set_xlabel("time" if has_dates else "step")
        draw_legend(self.ax_, ncols=3)
        if has_dates:
            self.figure_.autofmt_xdate()

    def plot_error_by_horizon(
        self,
        ax: Any = None,
        *,
        metric: str = "rmse",
        name: str | None = None,
        curve_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the error at each step ahead.

        Parameters
        ----------
        ax : Axes or array-like of Axes, default=None
            Where to draw, one Axes per target; new Axes by default.
        metric : {"rmse", "mae"}, default="rmse"
            As in ``error_by_horizon``.
        name : str, default=None
            Name of the model in the legend.
        curve_kwargs : dict, default=None
            Properties of the line, such as ``color``.

        Returns
        -------
        ForecastDisplay
            This display.
        """
        errors = np.atleast_2d(self.error_by_horizon(metric))
        self.figure_, self.axes_ = get_axes(
            ax, len(errors), height=3.0 if len(errors) == 1 else 2.2
        )
        self.ax_ = self.axes_[0]
        self.error_lines_: list[Any] = []
        names = _get_names(self.series, len(errors))
        for axes, target, error in zip(self.axes_, names, errors, strict=True):
            self.error_lines_ += axes.plot(
                np.arange(1, len(error) + 1),
                error,
                **{"color": BLUE, "marker": "o", "label": name, **(curve_kwargs or {})},
            )
            unit = metric.upper()
            axes.set(ylabel=unit if len(errors) == 1 else f"{unit} of {target}")
            axes.set_ylim(bottom=0, auto=True)  # later curves may reach higher
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(alpha=0.3)
        self.error_line_ = self.error_lines_[0]
        self.axes_[-1].set_xlabel("steps ahead")
        draw_legend(self.ax_)
        return self


def _mean_error(
    values: np.ndarray, origins: np.ndarray, forecasts: np.ndarray, power: int
) -> np.ndarray:
    """Return the mean of the absolute errors to a power, and its root, for each step ahead."""
    horizon = forecasts.shape[1]
    with_future = np.append(values, np.full(horizon, np.nan))
    errors = np.abs(forecasts - with_future[origins[:, np.newaxis] + np.arange(1, horizon + 1)])
    known = ~np.isnan(errors)
    sums = np.where(known, errors, 0.0) ** power
    with np.errstate(invalid="ignore"):
        return (sums.sum(axis=0) / known.sum(axis=0)) ** (1 / power)


def _shade(axes: Any, begins: np.ndarray, ends: np.ndarray) -> list[Any]:
    return [
        axes.axvspan(
            begin,
            end,
            color=ORANGE,
            alpha=0.18,
            linewidth=0,
            label=None if number else "horizon",
        )
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]


def _get_names(series: Any, n_targets: int) -> list[str]:
    """Return the names of the columns or of the only series, or numbers."""
    if n_targets == 1 and not hasattr(series, "columns"):
        return [getattr(series, "name", None) or "value"]
    default = [f"target {number + 1}" for number in range(n_targets)]
    return [str(name) for name in getattr(series, "columns", default)]


def _check_targets(shape: tuple[int, ...], n_columns: int) -> None:
    if len(shape) not in (1, 2):
        raise ValueError(
            f"series must have one column, or one per target, got shape {shape}. Pass the columns "
            "that are forecast."
        )
    n_targets = 1 if len(shape) == 1 else shape[1]
    if n_targets == 0 or n_columns % n_targets:
        raise ValueError(
            f"forecasts have {n_columns} columns, which cannot be the steps of each of {n_targets} "
            "targets. Pass as series exactly the columns that are forecast, in their order."
        )


def _check_origins(origins: np.ndarray, n_forecasts: int, n_times: int) -> None:
    if origins.shape != (n_forecasts,) or not len(origins):
        raise ValueError(
            f"{n_forecasts} forecasts need as many origins, and at least one; got origins of shape "
            f"{origins.shape}. Pass one origin per forecast."
        )
    if origins.dtype.kind not in "iu" or origins.min() < 0 or origins.max() >= n_times:
        raise ValueError(
            f"origins must be rows of the series, ints from 0 to {n_times - 1}, got "
            f"{np.array2string(origins, threshold=6)}. make_windows(..., return_origins=True) "
            "returns them."
        )


def _get_times(series: Any, n_ahead: int) -> np.ndarray:
    """Return the dates of a pandas Series, else row numbers, and `n_ahead` steps after the end."""
    index = plain_times(getattr(series, "index", None))
    if getattr(getattr(index, "dtype", None), "kind", None) != "M":
        return np.arange(len(series) + n_ahead)
    known = np.asarray(index)
    step = index.freq or (known[-1] - known[-2] if len(known) > 1 else np.timedelta64(1, "D"))
    future = [index[-1] + number * step for number in range(1, n_ahead + 1)]
    return np.append(known, np.array(future, dtype=known.dtype))
