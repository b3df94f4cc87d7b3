"""Scaling, baseline and regressors that were fitted together, and what they forecast."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from sklstm.forecasting._baselines import (
    Known,
    fit_baseline,
    overfits,
    predict_baseline,
    predict_unseen,
)
from sklstm.forecasting._conformal import ConformalErrors
from sklstm.forecasting._parts import by_part
from sklstm.forecasting._regressors import fit_regressor, predict_regressor
from sklstm.forecasting._samples import Samples
from sklstm.forecasting._scaling import Units, WindowScaler
from sklstm.model_selection import _distinct

__all__ = ["WindowModel"]


class _Scaled(NamedTuple):
    """Windows as regressors see them, their levels, and what their numbers mean."""

    inputs: Any  # an array or LazyWindows, (n_windows, n_timesteps, n_features)
    levels: np.ndarray  # (n_windows, n_targets)
    units: Units


class WindowModel:
    """Members that correct a baseline, both on scaled windows.

    Parameters
    ----------
    scaler : WindowScaler
        The fitted scaling.
    baseline : str, estimator or None
        As in :class:`Forecaster`.
    members : list of estimator
        Regressors to fit.
    season : int or None
        Number of time steps in a season.

    Attributes
    ----------
    typical_ : ndarray of shape (n_outputs,)
        The mean magnitude of what members are trained on.
    """

    def __init__(
        self, scaler: WindowScaler, baseline: Any, members: list[Any], *, season: int | None
    ) -> None:
        self.scaler = scaler
        self.baseline = baseline
        self.members = members
        self.season = season

    # --- fit -------------------------------------------------------------------------------

    def fit(self, samples: Samples, params: dict[str, Any]) -> WindowModel:
        """Fit the baseline, and the members on what it leaves of windows it has not seen."""
        scaled, goals = self._scale_with_goals(samples)
        known = Known(scaled.inputs, scaled.levels, samples.weight)
        fit = partial(fit_baseline, self.baseline, columns=self.scaler.columns, season=self.season)
        unseen = None
        if overfits(self.baseline, scaled.inputs):
            _, moments = _distinct(samples.origins)
            unseen = predict_unseen(fit, known, goals, moments, samples.targets.shape[2])
        self.baseline = fit(known, goals)
        return self._fit_members(scaled, goals, unseen, samples.weight, params)

    def continued(self, samples: Samples, params: dict[str, Any]) -> WindowModel:
        """Return a model with this scaling and baseline, whose members have gone on training."""
        model = copy.copy(self)
        model.members = copy.deepcopy(self.members)
        scaled, goals = self._scale_with_goals(samples)
        return model._fit_members(scaled, goals, None, samples.weight, params)

    def _fit_members(
        self,
        scaled: _Scaled,
        goals: np.ndarray,
        unseen: np.ndarray | None,
        weight: np.ndarray | None,
        params: dict[str, Any],
    ) -> WindowModel:
        if unseen is None:
            rest = goals - predict_baseline(self.baseline, scaled.inputs, scaled.levels)
        else:
            rest = goals - unseen
        self.typical_ = _typical(rest, weight)
        self.members = [fit_regressor(each, scaled.inputs, rest, params) for each in self.members]
        return self

    # --- forecasts -------------------------------------------------------------------------

    def predict(self, windows: Any) -> np.ndarray:
        """Return the forecasts of all members, (n_members, n_windows, n_outputs)."""

        def predict(part):
            scaled = self._scale(part)
            return np.stack([self._invert(scaled, rows) for rows in self._members(scaled)])

        return by_part(predict, windows, axis=1)

    def predict_median(self, windows: Any) -> np.ndarray:
        """Return the median forecasts, (n_windows, n_outputs)."""

        def predict(part):
            scaled = self._scale(part)
            return self._invert(scaled, np.median(self._members(scaled), axis=0))

        return by_part(predict, windows)

    def predict_quantiles(self, windows: Any) -> np.ndarray:
        """Return the median quantiles, (n_windows, n_outputs, n_quantiles)."""

        def predict(part):
            scaled = self._scale(part)
            columns = np.moveaxis(self._quantiles(scaled), 2, 0)
            return np.stack([self._invert(scaled, rows) for rows in columns], axis=2)

        return by_part(predict, windows)

    def predict_interval(
        self, windows: Any, errors: ConformalErrors, coverage: float, *, joint: bool
    ) -> np.ndarray:
        """Return lower and upper bounds, (n_windows, n_outputs, 2)."""
        lower, upper, margin = errors.margins(coverage, joint=joint)
        margin = self._by_target((margin / self._scale_of_outputs())[np.newaxis])

        def predict(part):
            scaled = self._scale(part)
            quantiles = self._quantiles(scaled)
            bounds = [
                scaled.units.widen(self._by_target(quantiles[:, :, number]), beyond)
                for number, beyond in ((lower, -margin), (upper, margin))
            ]
            return np.stack(bounds, axis=-1).reshape(*quantiles.shape[:2], 2)

        return by_part(predict, windows)

    def errors(self, windows: Any, targets: np.ndarray) -> ConformalErrors:
        """Return by how much values, (n_windows, n_targets, horizon), miss the forecasts.

        Errors are in units of each window, but not in those that all windows have in common, so
        that they mean the same to another model.
        """

        def errors_of(part, values):
            scaled = self._scale(part)
            columns = np.moveaxis(self._quantiles(scaled), 2, 0)
            errors = [scaled.units.errors(values, self._by_target(rows)) for rows in columns]
            return np.stack(errors, axis=-1).reshape(len(part), -1, len(columns))

        flat = by_part(errors_of, windows, targets)
        common = self._scale_of_outputs()
        return ConformalErrors(flat * common[:, np.newaxis], self.quantiles, self.typical_ * common)

    @property
    def quantiles(self) -> np.ndarray | None:
        """Quantiles that members predict; None if they give point forecasts."""
        gives_them = hasattr(self.members[0], "predict_quantiles")
        return np.asarray(self.members[0].quantiles) if gives_them else None

    def _members(self, scaled: _Scaled) -> np.ndarray:
        """Return what all members forecast in scaled units, (n_members, n_windows, n_outputs)."""
        rest = np.stack([predict_regressor(member, scaled.inputs) for member in self.members])
        return rest + predict_baseline(self.baseline, scaled.inputs, scaled.levels)

    def _quantiles(self, scaled: _Scaled) -> np.ndarray:
        """Return median quantiles in scaled units; the one of point forecasts is themselves."""
        if self.quantiles is None:
            return np.median(self._members(scaled), axis=0)[:, :, np.newaxis]
        rest = np.median([m.predict_quantiles(scaled.inputs) for m in self.members], axis=0)
        baseline = predict_baseline(self.baseline, scaled.inputs, scaled.levels)
        return rest + np.broadcast_to(baseline, rest.shape[:2])[:, :, np.newaxis]

    # --- units -----------------------------------------------------------------------------

    def _scale(self, windows: Any) -> _Scaled:
        units = self.scaler.units(windows)
        return _Scaled(self.scaler.transform(windows, units), self.scaler.levels(units), units)

    def _scale_with_goals(self, samples: Samples) -> tuple[_Scaled, np.ndarray]:
        """Return scaled windows, and what follows them in their units, (n_windows, n_outputs)."""
        scaled = self._scale(samples.windows)
        return scaled, scaled.units.scale(samples.targets).reshape(len(samples.targets), -1)

    def _invert(self, scaled: _Scaled, rows: np.ndarray) -> np.ndarray:
        return scaled.units.invert(self._by_target(rows)).reshape(rows.shape)

    def _scale_of_outputs(self) -> np.ndarray:
        """Return the scale that all windows have in common, of each output."""
        n_targets = len(self.scaler.columns)
        return np.repeat(self.scaler.scale_, len(self.typical_) // n_targets)

    def _by_target(self, rows: np.ndarray) -> np.ndarray:
        return rows.reshape(len(rows), len(self.scaler.columns), -1)


def _typical(rest: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return the mean magnitude of each output; where it is 0, that of the others, or 1."""
    typical = np.average(np.abs(rest), axis=0, weights=weight)
    others = typical[typical > 0]
    return np.where(typical > 0, typical, others.mean() if others.size else 1.0)
