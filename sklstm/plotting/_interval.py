"""Dated forecasts with their intervals, after the series that they continue."""

from __future__ import annotations

import re
from typing import Any, Self

import numpy as np

from sklstm.plotting._drawing import BLUE, GREY, draw_legend, get_axes, plain_times

_BOUND = re.compile(r"(?P<target>.+)_(?P<side>lower|upper)_(?P<percent>[0-9.]+)")


class IntervalDisplay:
    """The forecast of a series, with its intervals as bands, after the end of the series.

    Use ``from_forecast`` to create the display.

    Parameters
    ----------
    forecast : DataFrame
        What ``Forecaster.forecast`` returns: a column for each target, and columns for bounds, such
        as ``load_lower_80`` and ``load_upper_80``. The rows are of one series.
    series : Series or DataFrame, default=None
        What came before, with an index that the forecast continues.

    Attributes
    ----------
    axes_ : ndarray of shape (n_targets,) of Axes
        Where the display is drawn, one Axes per target.
    ax_ : Axes
        The first of these.
    figure_ : Figure
        Their figure.
    forecast_lines_ : list of Line2D
        The forecast of each target. It begins at the last value of the series.
    series_lines_ : list of Line2D
        The series of each target; empty without a series.
    bands_ : list of dict from float to FillBetweenPolyCollection
        For each target, its bands by coverage in per cent.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklstm.plotting import IntervalDisplay
    >>> series = pd.Series([3.0, 4.0, 6.0], index=[2019, 2020, 2021], name="load")
    >>> forecast = pd.DataFrame(
    ...     {"load": [7.0, 8.0], "load_lower_80": [6.0, 5.0], "load_upper_80": [8.0, 11.0]},
    ...     index=[2022, 2023],
    ... )
    >>> display = IntervalDisplay.from_forecast(forecast, series)
    >>> list(display.bands_[0])
    [80.0]
    """

    def __init__(self, forecast: Any, series: Any = None) -> None:
        self.forecast = forecast
        self.series = series

    @classmethod
    def from_forecast(cls, forecast: Any, series: Any = None, **kwargs: Any) -> Self:
        """Draw what ``Forecaster.forecast`` returned.

        Parameters
        ----------
        forecast : DataFrame
            The forecast of one series; of several, select one first, such as
            ``forecast.loc["north"]``.
        series : Series or DataFrame, default=None
            What came before: a Series if there is one target, or a DataFrame with a column under
            the name of each target.
        **kwargs : dict
            Passed to ``plot``.

        Returns
        -------
        IntervalDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the forecast is of several series, or if `series` does not fit it.
        """
        if getattr(forecast.index, "nlevels", 1) > 1:
            label = forecast.index[0][0]
            raise ValueError(
                "forecast is of several series, and this display shows one. Select one, such as "
                f"forecast.loc[{label!r}], and pass its own values as series."
            )
        return cls(forecast, series).plot(**kwargs)

    def plot(
        self,
        ax: Any = None,
        *,
        context: int | None = None,
        name: str | None = None,
        curve_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the end of the series, the forecast and its intervals.

        Parameters
        ----------
        ax : Axes or array-like of Axes, default=None
            Where to draw, one Axes per target; new Axes by default.
        context : int, default=None
            Steps of the series to show; by default five times as many as are forecast.
        name : str, default=None
            Name of the forecast in the legend.
        curve_kwargs, band_kwargs : dict, default=None
            Properties of the line of the forecast, such as ``color``, and of the bands.

        Returns
        -------
        IntervalDisplay
            This display.
        """
        bounds = _bounds_by_target(self.forecast.columns)
        height = 2.9 if len(bounds) == 1 else 2.2
        self.figure_, self.axes_ = get_axes(ax, len(bounds), height=height, width=7.5)
        self.ax_ = self.axes_[0]
        self.series_lines_: list[Any] = []
        self.forecast_lines_: list[Any] = []
        self.bands_: list[dict[float, Any]] = []
        context = 5 * len(self.forecast) if context is None else context
        for axes, target in zip(self.axes_, bounds, strict=True):
            past = _past_of(self.series, target, context, n_targets=len(bounds))
            if past is not None:
                self._plot_series(axes, past)
            self.bands_.append(self._plot_bands(axes, bounds[target], past, band_kwargs or {}))
            self.forecast_lines_ += axes.plot(
                *self._continued(target, past),
                **{"color": BLUE, "linewidth": 1.6, **(curve_kwargs or {})},
                label="forecast" if name is None else name,
            )
            axes.set_ylabel(str(target))
            axes.grid(alpha=0.3)
        has_dates = np.asarray(plain_times(self.forecast.index)).dtype.kind == "M"
        self.axes_[-1].set_xlabel("time" if has_dates else "step")
        draw_legend(self.ax_)
        if has_dates:
            self.figure_.autofmt_xdate()
        return self

    def _plot_series(self, axes: Any, past: Any) -> None:
        style = {"color": GREY, "linewidth": 1.2, "label": "series", "zorder": 1.9}
        self.series_lines_ += axes.plot(plain_times(past.index), past, **style)

    def _plot_bands(
        self, axes: Any, bounds: dict[float, Any], past: Any, band_kwargs: dict[str, Any]
    ) -> dict[float, Any]:
        """Draw the intervals of one target, the widest below the others."""
        bands = {}
        for number, percent in enumerate(sorted(bounds, reverse=True)):
            times, low = self._continued(bounds[percent]["lower"], past)
            _, high = self._continued(bounds[percent]["upper"], past)
            style = {"color": BLUE, "alpha": 0.18 + 0.1 * number, "linewidth": 0, **band_kwargs}
            bands[percent] = axes.fill_between(
                times, low, high, label=f"{percent:g} % interval", **style
            )
        return bands

    def _continued(self, column: Any, past: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return times and values of a column of the forecast, from the end of the past on."""
        times = np.asarray(plain_times(self.forecast.index))
        values = self.forecast[column].to_numpy(float)
        if past is None:
            return times, values
        last = past.iloc[-1:]
        times = np.concatenate([np.asarray(plain_times(last.index)), times])
        return times, np.append(last.to_numpy(float), values)


def _bounds_by_target(columns: Any) -> dict[Any, dict[float, dict[str, Any]]]:
    """Return for each target its pairs of columns by coverage in per cent."""
    names = {str(column): column for column in columns}
    matches = {column: _BOUND.fullmatch(name) for name, column in names.items()}
    targets: dict[Any, dict[float, dict[str, Any]]] = {}
    bounds = []
    for column, match in matches.items():
        if match and match["target"] in names:
            bounds.append((names[match["target"]], float(match["percent"]), match["side"], column))
        else:
            targets[column] = {}
    for target, percent, side, column in bounds:
        targets[target].setdefault(percent, {})[side] = column
    return targets


def _past_of(series: Any, target: Any, context: int, *, n_targets: int) -> Any:
    """Return the last `context` values of the series of a target, or None."""
    if series is None or context == 0:
        return None
    if n_targets > 1 and not hasattr(series, "columns"):
        raise ValueError(
            f"series is one series, but {n_targets} targets are forecast. Pass a DataFrame with a "
            "column for each."
        )
    if hasattr(series, "columns"):
        if target not in series.columns:
            raise ValueError(
                f"series has no column {target!r}, which is forecast; it has "
                f"{list(series.columns)}. Pass the table that the forecast was made from."
            )
        series = series[target]
    return series.iloc[-context:]
