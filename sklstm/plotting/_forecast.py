"""Forecasts beside what came."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import BLUE, GREY, ORANGE, draw_legend, get_axes


class ForecastDisplay:
    """A stretch of a series, and what was forecast from some of its steps.

    Use ``from_estimator`` or ``from_predictions``.

    Parameters
    ----------
    series : array-like of shape (n_times,)
        The series; a pandas Series brings its dates along.
    origins : ndarray of int of shape (n_forecasts,)
        The row of the last step that each forecast saw, as ``make_windows`` returns them.
    forecasts : ndarray of shape (n_forecasts, horizon)
        Values at the steps after each origin, in the units of the series.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    series_line_ : Line2D
        The series.
    forecast_lines_ : list of Line2D
        A line for each forecast shown, which begins at its origin.
    horizon_spans_ : list of Polygon
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
        """Forecast from windows and draw.

        Parameters
        ----------
        estimator : estimator
            A fitted regressor, alone or in a pipeline or search.
        X : array-like of shape (n_windows, lookback, n_features)
            Windows, best ones that the estimator was not trained on.
        series : array-like of shape (n_times,)
            The series that is forecast.
        origins : array-like of int of shape (n_windows,)
            Rows of the windows' last steps in the series.
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
        """Draw forecasts that were made before.

        Parameters
        ----------
        series : array-like of shape (n_times,)
            The series; a pandas Series brings its dates along.
        origins : array-like of int of shape (n_forecasts,)
            The row of the last step that each forecast saw.
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
        n_times = len(series)
        if len(np.shape(series)) != 1:
            raise ValueError(f"series must have one dimension, got shape {np.shape(series)}.")
        if origins.shape != forecasts.shape[:1] or not len(origins):
            raise ValueError(
                f"{len(forecasts)} forecasts need as many origins, and at least one; got origins "
                f"of shape {origins.shape}."
            )
        if origins.dtype.kind not in "iu" or origins.min() < 0 or origins.max() >= n_times:
            raise ValueError(
                f"origins must be rows of the series, ints from 0 to {n_times - 1}, as "
                "make_windows(..., return_origins=True) gives them."
            )
        return cls(series, origins, forecasts).plot(**kwargs)

    def error_by_horizon(self, metric: str = "rmse") -> np.ndarray:
        """Compute the error at each step ahead, over all forecasts whose answer is known.

        Parameters
        ----------
        metric : {"rmse", "mae"}, default="rmse"
            Root of the mean squared error, or mean absolute error, in units of the series.

        Returns
        -------
        ndarray of shape (horizon,)
            NaN where no answer is known.
        """
        if metric not in ("rmse", "mae"):
            raise ValueError(f"metric={metric!r} must be 'rmse' or 'mae'.")
        values = np.asarray(self.series, dtype=float)
        horizon = self.forecasts.shape[1]
        answers = np.append(values, np.full(horizon, np.nan))
        rows = self.origins[:, np.newaxis] + np.arange(1, horizon + 1)
        errors = np.abs(self.forecasts - answers[rows])
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
            Where to draw; a new one by default.
        n_shown : int, default=4
            Forecasts to show, evenly spread over all.
        context : int, default=None
            Steps of the series to show before the first; three horizons by default, at least 20.
        name : str, default=None
            Of the forecasts, for the legend.
        plot_series : bool, default=True
            Whether to draw the series and shade the horizons: once is enough where the forecasts
            of several models lie in the same Axes.
        curve_kwargs : dict, default=None
            Properties of the forecasts' lines, such as ``color``.

        Returns
        -------
        ForecastDisplay
            This display.
        """
        self.figure_, (self.ax_,) = get_axes(ax, 1, height=2.9, width=7.5)
        horizon = self.forecasts.shape[1]
        chosen = np.unique(np.linspace(0, len(self.origins) - 1, n_shown).round().astype(int))
        origins = self.origins[chosen]
        context = max(20, 3 * horizon) if context is None else context
        times = _times(self.series, horizon)
        self._plot_forecasts(chosen, times, name, curve_kwargs or {})
        if plot_series:
            first = max(0, origins.min() - context)
            last = min(len(self.series), origins.max() + horizon + max(1, context // 4))
            self._plot_series(slice(first, last), origins, times)
        self.ax_.set(ylabel=getattr(self.series, "name", None) or "value")
        self.ax_.set_xlabel("time" if np.issubdtype(times.dtype, np.datetime64) else "step")
        self.ax_.grid(alpha=0.3)
        self.ax_.margins(y=0.22)  # room for a flat legend that hides nothing
        draw_legend(self.ax_, ncols=3)
        if np.issubdtype(times.dtype, np.datetime64):
            self.figure_.autofmt_xdate()
        return self

    def _plot_forecasts(
        self, chosen: np.ndarray, times: np.ndarray, name: str | None, curve_kwargs: dict[str, Any]
    ) -> None:
        horizon = self.forecasts.shape[1]
        plural = "step" if horizon == 1 else "steps"
        name = f"forecast, {horizon} {plural} ahead" if name is None else name
        style = {"color": BLUE, "marker": "o", "markersize": 3, "linewidth": 1.5, **curve_kwargs}
        self.forecast_lines_ = []
        for number, row in enumerate(chosen):
            origin = self.origins[row]
            (line,) = self.ax_.plot(
                times[origin : origin + horizon + 1],
                [float(np.asarray(self.series)[origin]), *self.forecasts[row]],
                **style,
                label=None if number else name,
            )
            self.forecast_lines_.append(line)

    def _plot_series(self, stretch: slice, origins: np.ndarray, times: np.ndarray) -> None:
        """Draw the series behind the forecasts, and shade their horizons."""
        values = np.asarray(self.series, dtype=float)
        (self.series_line_,) = self.ax_.plot(
            times[stretch],
            values[stretch],
            color=GREY,
            linewidth=1.2,
            label="series",
            zorder=1.9,
        )
        self.horizon_spans_ = [
            self.ax_.axvspan(
                times[origin],
                times[origin + self.forecasts.shape[1]],
                color=ORANGE,
                alpha=0.18,
                linewidth=0,
                label=None if number else "horizon",
            )
            for number, origin in enumerate(origins)
        ]

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
            Where to draw; a new one by default.
        metric : {"rmse", "mae"}, default="rmse"
            As in ``error_by_horizon``.
        name : str, default=None
            Of the model, for the legend.
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
        self.ax_.set_ylim(bottom=0, auto=True)  # more curves may come
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        self.ax_.grid(alpha=0.3)
        draw_legend(self.ax_)
        return self


def _times(series: Any, more: int) -> np.ndarray:
    """Dates of a pandas Series, else row numbers; ``more`` steps beyond the end besides."""
    index: Any = getattr(series, "index", None)
    if hasattr(index, "to_timestamp"):  # periods
        index = index.to_timestamp()
    if getattr(index, "tz", None) is not None:
        index = index.tz_localize(None)  # the clock of the place
    if getattr(getattr(index, "dtype", None), "kind", None) != "M":
        return np.arange(len(series) + more)
    known = np.asarray(index)
    step = index.freq or (known[-1] - known[-2] if len(known) > 1 else np.timedelta64(1, "D"))
    beyond = [index[-1] + number * step for number in range(1, more + 1)]
    return np.append(known, np.array(beyond, dtype=known.dtype))
