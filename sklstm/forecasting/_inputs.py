"""Windows and targets of a forecaster in: what is forecast, how far ahead, in which shapes."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from sklstm.forecasting._checks import (
    check_horizon,
    check_logarithms,
    check_season,
    check_windows,
    columns_of_targets,
)
from sklstm.forecasting._model import WindowModel
from sklstm.forecasting._parts import parts

__all__ = ["InputMixin"]


class InputMixin:
    """Check what is passed to a forecaster against its arguments, and against what it has seen."""

    target: Any
    season: int | None
    scaling: str | None
    spread: bool
    baseline: Any
    feature_names: Any
    target_columns_: list[int]
    n_outputs_: int
    horizon_: int
    _window_shape: tuple[int, int]
    _model: WindowModel

    def _set_shapes(self, windows, values):
        """Note what is forecast, and how far ahead."""
        names, n_features = self._names(), windows.shape[2]
        if names is not None and len(names) != n_features:
            raise ValueError(
                f"feature_names has {len(names)} names, but X has {n_features} feature(s). Name "
                "all of them, in their order."
            )
        remedy = "pass names as feature_names=, such as feature_names=list(frame.columns), "
        self.target_columns_ = columns_of_targets(self.target, n_features, names, remedy=remedy)
        self.n_outputs_ = 1 if values.ndim == 1 else values.shape[1]
        self.horizon_ = check_horizon(self.n_outputs_, len(self.target_columns_), self.target)
        self._n_level_steps = self._check_scaling(windows.shape[1])
        self._y_ndim = values.ndim

    def _check_scaling(self, n_timesteps):
        """Return of how many last values the level is the mean; None if there is no level."""
        if self.baseline == "seasonal":
            check_season(self.season, n_timesteps, "baseline='seasonal'")
        if self.scaling is None and self.spread:
            raise ValueError(
                "spread=True divides what is left without the level, but scaling=None takes none "
                "away. Pass scaling='last', or spread=False."
            )
        if self.scaling == "season":
            check_season(self.season, n_timesteps, "scaling='season'")
            return self.season
        return None if self.scaling is None else 1

    def _windows(self, X):
        """Return windows to forecast from."""
        check_is_fitted(self)
        windows = check_windows(self, X, reset=False)
        self._check_signs_of_windows(windows, self._model.scaler.shift)
        return windows

    def _by_target(self, values):
        """Return values after windows in the shape (n_windows, n_targets, horizon)."""
        n_columns = 1 if values.ndim == 1 else values.shape[1]
        if n_columns != self.n_outputs_:
            raise ValueError(
                f"y has {n_columns} column(s), but the Forecaster was fitted on {self.n_outputs_}."
            )
        return values.reshape(len(values), len(self.target_columns_), self.horizon_)

    def _past(self, windows):
        return windows[:, :, self.target_columns_].swapaxes(1, 2)

    def _check_signs_of_windows(self, windows, shift):
        """Raise if windows hold what has no logarithm where such are taken."""
        if shift is not None:
            for part, array in parts(windows):
                self._check_signs(self._past(array), "X", shift, first=part.start)

    def _check_signs(self, values, name, shift, series=None, first=0):
        """Raise if values of the targets have no logarithm where such are taken."""
        if shift is not None:
            names = self._names()
            labels = [names[k] if names else k for k in self.target_columns_]
            check_logarithms(values, name, labels, zeros=shift > 0, series=series, first=first)

    def _names(self):
        """Return the names of the features: those given, or those that windows of fit had."""
        if self.feature_names is not None:
            return list(self.feature_names)
        return getattr(self, "_window_names", None)
