"""The method of a forecaster that goes on from raw series."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._optional_dependencies import check_pandas_support
from sklearn.utils._param_validation import Interval, validate_parameter_constraints
from sklearn.utils.validation import check_is_fitted

from sklstm.forecasting._conformal import check_coverage
from sklstm.forecasting._future_index import times_after
from sklstm.forecasting._intervals import IntervalMixin
from sklstm.forecasting._pasts import check_pasts, names_of_columns
from sklstm.windowing._cutting import windows_with_future

__all__ = ["ForecastMixin"]

_CONSTRAINTS = {"steps": [Interval(Integral, 1, None, closed="left"), None]}


class ForecastMixin(IntervalMixin):
    """Forecasts with dates, from raw series and as far ahead as asked."""

    def forecast(
        self,
        series: ArrayLike,
        steps: int | None = None,
        *,
        groups: ArrayLike | None = None,
        future: Any = None,
        future_columns: Any = None,
        future_groups: ArrayLike | None = None,
        coverage: Any = None,
    ) -> Any:
        """Forecast the future of series, from their ends on.

        Parameters
        ----------
        series : array-like of shape (T,) or (T, F)
            The series, with the columns of what the windows of :meth:`fit` were cut from. At least
            as many rows as a window has are needed, of each series.
        steps : int, default=None
            Number of steps to forecast. None: the horizon. Beyond the horizon, forecasts are taken
            for values, and forecast from; all columns must then be targets or in `future`.
        groups : array-like of shape (T,), default=None
            The series that each row belongs to, where there are several.
        future : array-like of shape (n_rows,) or (n_rows, n_future), default=None
            What is known of the time after the series, where the windows were cut with
            ``make_windows(..., future=columns)``: the rows of whole horizons, as many as the steps
            take, with exactly these columns. With `groups`, as many rows for each.
        future_columns : str, int or list of these, default=None
            The columns of `series` that `future` holds, where names of a DataFrame do not tell.
        future_groups : array-like of shape (n_rows,), default=None
            The series that each row of `future` belongs to, where there are `groups`.
        coverage : float or sequence of float, default=None
            Coverage of intervals, as in :meth:`predict_interval`. There are none beyond the
            horizon: the errors of forecasts from forecasts have not been measured.

        Returns
        -------
        DataFrame of shape (n_series * steps, n_targets * (1 + 2 * n_coverages))
            A row for each step, and a column for each target under its name in `series` or in the
            windows of :meth:`fit` (``x0`` for a first column without), followed by those of its
            bounds, such as ``load_lower_80`` and ``load_upper_80``. The index goes on from that of
            `series`; without times, steps are numbered on from the rows. With `groups` it has two
            levels: the series, in the order in which they first appear, and the time.

        Raises
        ------
        ValueError
            If a series is too short, irregular, or incomplete at its end; if values are negative
            where logarithms are taken; if rows of `future` are missing; if a column is not known
            beyond the horizon. Errors name the series.

        See Also
        --------
        sklstm.last_window : The windows that this starts from.

        Examples
        --------
        >>> import pandas as pd
        >>> from sklearn.linear_model import Ridge
        >>> from sklstm import Forecaster, make_windows
        >>> days = pd.date_range("2024-03-01", periods=40)
        >>> df = pd.DataFrame({"load": range(40), "heat": 20 * [0, 1]}, index=days)
        >>> known, ahead = df.iloc[:38], df[["heat"]].iloc[38:]
        >>> X, Y = make_windows(known, y="load", lookback=4, horizon=2, future="heat")
        >>> forecaster = Forecaster(Ridge(), log=False).fit(X, Y)
        >>> forecaster.forecast(known, future=ahead).round()
                    load
        2024-04-08  38.0
        2024-04-09  39.0
        """
        pd = check_pandas_support(f"{type(self).__name__}.forecast")
        validate_parameter_constraints(
            _CONSTRAINTS, {"steps": steps}, caller_name=f"{type(self).__name__}.forecast"
        )
        check_is_fitted(self)
        n_steps = self.horizon_ if steps is None else int(steps)
        pasts = check_pasts(
            series, self._window_shape[0], groups, future, future_columns, future_groups
        )
        self._check_pasts(pasts, n_steps)
        names = names_of_columns(series, self._names(), pasts.windows.shape[2])
        columns = self._by_column(pasts, n_steps, coverage, names)
        index = times_after(
            pasts.index,
            pasts.rows,
            self._window_shape[0],
            n_steps,
            in_groups=groups is not None,
        )
        if pasts.labels is not None:
            labels = pd.Index(pasts.labels).repeat(n_steps)
            levels = getattr(groups, "name", None) or "series", index.name or "time"
            index = pd.MultiIndex.from_arrays([labels, index], names=levels)
        return pd.DataFrame(columns, index=index)

    def _by_column(self, pasts, n_steps, coverage, names):
        """Return forecasts and bounds by the name of their column, flat."""
        first = self._windows_after(pasts.windows, pasts, 0)
        self._check_signs(self._past(first), "X", self._model.scaler.shift, pasts.labels)
        forecasts = self._roll(first, pasts, n_steps)
        coverages = np.empty(0) if coverage is None else check_coverage(coverage)
        if coverages.size and n_steps > self.horizon_:
            raise ValueError(
                f"coverage={coverage!r} asks for intervals of {n_steps} steps, but the errors of "
                f"forecasts are known for {self.horizon_} only. Ask for at most {self.horizon_} "
                "steps, or fit on windows with a longer horizon."
            )
        bounds = self._intervals(first, coverages) if coverages.size else []
        columns = {}
        for number, target in enumerate(self.target_columns_):
            name = names[target]
            columns[name] = forecasts[:, number].ravel()
            for level, pair in zip(coverages, bounds, strict=True):
                pair = pair.reshape(len(first), -1, self.horizon_, 2)[:, number, :n_steps]
                columns[f"{name}_lower_{100 * level:g}"] = pair[..., 0].ravel()
                columns[f"{name}_upper_{100 * level:g}"] = pair[..., 1].ravel()
        return columns

    def _check_pasts(self, pasts, n_steps):
        """Raise if columns are not those of fit, or if too little is known."""
        n_columns, n_future = pasts.windows.shape[2], len(pasts.ahead)
        fits = n_columns + n_future == self._window_shape[1]
        if not fits or max(self.target_columns_) >= n_columns:
            raise ValueError(
                f"series has {n_columns} column(s) and future {n_future}, but the windows of fit "
                f"have {self._window_shape[1]} feature(s): those of the series, and those of "
                "future once more. Pass the columns that the windows were cut from, and as future "
                "those that make_windows got."
            )
        n_blocks = -(-n_steps // self.horizon_)
        if n_future and pasts.known.shape[1] < n_blocks * self.horizon_:
            raise ValueError(
                f"steps={n_steps} take {n_blocks} horizon(s) of {self.horizon_} steps, so future "
                f"needs {n_blocks * self.horizon_} rows after each series, but has "
                f"{pasts.known.shape[1]}. Add what is known, or ask for fewer steps."
            )
        unknown = set(range(n_columns)) - {*self.target_columns_, *pasts.ahead.tolist()}
        if n_blocks > 1 and unknown:
            raise ValueError(
                f"steps={n_steps} go beyond the horizon of {self.horizon_}, where the columns "
                f"{sorted(unknown)} are neither forecast nor known. Ask for at most "
                f"{self.horizon_} steps, make them targets as well, or cut windows with them as "
                "future."
            )

    def _roll(self, windows, pasts, n_steps):
        """Return forecasts, (n_series, n_targets, n_steps), each horizon from those before."""
        rows, blocks = pasts.windows.astype(np.float64), []
        for start in range(0, n_steps, self.horizon_):
            if start > 0:
                windows = self._windows_after(rows, pasts, start)
            flat = self._model.predict_median(windows)
            blocks.append(flat.reshape(len(flat), -1, self.horizon_))
            following = np.full((len(rows), self.horizon_, rows.shape[2]), np.nan)
            if len(pasts.ahead):
                following[:, :, pasts.ahead] = pasts.known[:, start : start + self.horizon_]
            following[:, :, self.target_columns_] = blocks[-1].swapaxes(1, 2)
            rows = np.concatenate([rows, following], axis=1)
        return np.concatenate(blocks, axis=2)[:, :, :n_steps]

    def _windows_after(self, rows, pasts, start):
        """Return the last windows of rows, with what is known of the horizon after `start` steps.

        `rows` are of shape (n_series, n_timesteps + start, n_columns).
        """
        windows = rows[:, -self._window_shape[0] :]
        if not len(pasts.ahead):
            return windows
        known = pasts.known[:, start : start + self.horizon_]
        return windows_with_future(windows, known, pasts.ahead)
