"""Forecasts beside the values that came."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import BLUE, GREY, ORANGE, draw_legend, get_axes, spread_evenly


class ForecastDisplay:
    """Part of a series, and forecasts made at some of its steps.

    Use ``from_estimator`` or ``from_predictions`` to create the display.

    Parameters
    ----------
    series : array-like of shape (n_times,)
        The series. The dates of a pandas Series are shown on the axis.
    origins : ndarray of int of shape (n_forecasts,)
        For each forecast, the row of the last step that it could use, as ``make_windows`` returns
        it.
    forecasts : ndarray of shape (n_forecasts, horizon)
        Values at the steps after each origin, in the units of the series.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where the display is drawn.
    series_line_ : Line2D
        The series.
    forecast_lines_ : list of Line2D
        One line per forecast shown, which begins at its origin.
    horizon_spans_ : list of Rectangle
        The shaded horizons.
    error_line_ : Line2D
        Drawn by ``plot_error_by_horizon``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklstm.plotting import ForecastDisplay
    >>> series = np.arange(10.0)
    >>> display = ForecastDisplay.from_predictions(series, [3, 6], [[4, 5], [7, 10]])
    >>> display.error_by_horizon("mae").tolist()
    [0.0, 1.0]
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
        series : array-like of shape (n_times,)
            The series that is forecast.
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
        series : array-like of shape (n_times,)
            The series. The dates of a pandas Series are shown on the axis.
        origins : array-like of int of shape (n_forecasts,)
            For each forecast, the row of the last step that it could use.
        forecasts : array-like of shape (n_forecasts, horizon) or (n_forecasts,)
            Values at the steps after each origin; 1-D forecasts are one step ahead.
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
        if len(np.shape(series)) != 1:
            raise ValueError(
                f"series must have one dimension, got shape {np.shape(series)}. Pass the one "
                "column that is forecast."
            )
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
        ndarray of shape (horizon,)
            The error at each step ahead; NaN where no outcome is known.
        """
        if metric not in ("rmse", "mae"):
            raise ValueError(f"metric={metric!r} must be 'rmse' or 'mae'.")
        horizon = self.forecasts.shape[1]
        values = np.asarray(self.series, dtype=float)
        with_future = np.append(values, np.full(horizon, np.nan))
        rows = self.origins[:, np.newaxis] + np.arange(1, horizon + 1)
        errors = np.abs(self.forecasts - with_future[rows])
        power = 2 if metric == "rmse" else 1
        known = ~np.isnan(errors)
        sums = np.where(known, errors, 0.0) ** power
        with np.errstate(invalid="ignore"):
            return (sums.sum(axis=0) / known.sum(axis=0)) ** (1 / power)

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
        ax : Axes, default=None
            Where to draw; new Axes by default.
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
        self.figure_, (self.ax_,) = get_axes(ax, 1, height=2.9, width=7.5)
        times = _get_times(self.series, self.forecasts.shape[1])
        shown = spread_evenly(len(self.origins), n_shown)
        self._plot_forecasts(times, shown, name, curve_kwargs or {})
        if plot_series:
            self._plot_series(times, self.origins[shown], context)
            self._shade_horizons(times, self.origins[shown])
        self._label_axes(has_dates=np.issubdtype(times.dtype, np.datetime64))
        return self

    def _plot_forecasts(
        self, times: np.ndarray, shown: np.ndarray, name: str | None, curve_kwargs: dict[str, Any]
    ) -> None:
        horizon = self.forecasts.shape[1]
        plural = "step" if horizon == 1 else "steps"
        name = f"forecast, {horizon} {plural} ahead" if name is None else name
        style = {"color": BLUE, "marker": "o", "markersize": 3, "linewidth": 1.5, **curve_kwargs}
        self.forecast_lines_ = []
        for number, row in enumerate(shown):
            origin = self.origins[row]
            self.forecast_lines_ += self.ax_.plot(
                times[origin : origin + horizon + 1],
                [float(np.asarray(self.series)[origin]), *self.forecasts[row]],
                **style,
                label=None if number else name,
            )

    def _plot_series(self, times: np.ndarray, origins: np.ndarray, context: int | None) -> None:
        """Draw the series behind the forecasts, from `context` steps before the first."""
        horizon = self.forecasts.shape[1]
        context = max(20, 3 * horizon) if context is None else context
        first = max(0, origins.min() - context)
        last = min(len(self.series), origins.max() + horizon + max(1, context // 4))
        values = np.asarray(self.series, dtype=float)
        (self.series_line_,) = self.ax_.plot(
            times[first:last],
            values[first:last],
            color=GREY,
            linewidth=1.2,
            label="series",
            zorder=1.9,
        )

    def _shade_horizons(self, times: np.ndarray, origins: np.ndarray) -> None:
        horizon = self.forecasts.shape[1]
        self.horizon_spans_ = [
            self.ax_.axvspan(
                times[origin],
                times[origin + horizon],
                color=ORANGE,
                alpha=0.18,
                linewidth=0,
                label=None if number else "horizon",
            )
            for number, origin in enumerate(origins)
        ]

    def _label_axes(self, *, has_dates: bool) -> None:
        self.ax_.set(ylabel=getattr(self.series, "name", None) or "value")
        self.ax_.set_xlabel("time" if has_dates else "step")
        self.ax_.grid(alpha=0.3)
        self.ax_.margins(y=0.22)  # room for a flat legend that hides nothing
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
        ax : Axes, default=None
            Where to draw; new Axes by default.
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
        errors = self.error_by_horizon(metric)
        self.figure_, (self.ax_,) = get_axes(ax, 1, height=3.0)
        (self.error_line_,) = self.ax_.plot(
            np.arange(1, len(errors) + 1),
            errors,
            **{"color": BLUE, "marker": "o", "label": name, **(curve_kwargs or {})},
        )
        self.ax_.set(xlabel="steps ahead", ylabel=metric.upper())
        self.ax_.set_ylim(bottom=0, auto=True)  # later curves may reach higher
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        self.ax_.grid(alpha=0.3)
        draw_legend(self.ax_)
        return self


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
    index: Any = getattr(series, "index", None)
    if hasattr(index, "to_timestamp"):  # periods
        index = index.to_timestamp()
    if getattr(index, "tz", None) is not None:
        index = index.tz_localize(None)  # keep the local time
    if getattr(getattr(index, "dtype", None), "kind", None) != "M":
        return np.arange(len(series) + n_ahead)
    known = np.asarray(index)
    step = index.freq or (known[-1] - known[-2] if len(known) > 1 else np.timedelta64(1, "D"))
    future = [index[-1] + number * step for number in range(1, n_ahead + 1)]
    return np.append(known, np.array(future, dtype=known.dtype))
