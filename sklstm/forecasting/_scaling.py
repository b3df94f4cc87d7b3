"""Windows, and what follows them, on the window's own level and scale; and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklstm.forecasting._parts import by_part, parts
from sklstm.windowing._lazy_array import LazyWindows
from sklstm.windowing._lazy_mapped import MappedWindows

__all__ = ["Units", "WindowScaler", "describe_windows", "grows_with_level"]

# The scale of targets spans these fractions of the values, so that a few outliers do not set it.
_INNER = 0.05, 0.95
_INNER_WIDTH = 3.29  # of a normal distribution, in standard deviations
_MANY_VALUES = 2**23  # of which quantiles are taken; there is no need to sort more

# Logarithms are taken where windows of twice the level have at least 1.4 times the spread, and
# where this is more than chance; but not where the spread of most windows is that large beside
# their mean, as of values that come near zero, which logarithms tear apart.
_LEAST_SLOPE, _LEAST_CORRELATION, _LARGEST_SPREAD = 0.5, 0.5, 0.5


@dataclass(frozen=True)
class Units:
    """What 0 and 1 mean to each window: a value is ``origin + unit * scaled``.

    In logarithms it is ``exp(origin + unit * scaled) - shift``.

    Parameters
    ----------
    origin, unit : ndarray of shape (n_windows, n_targets)
        A `unit` of 0 belongs to a window without spread, for which all values are its origin.
    shift : ndarray of shape (n_windows, n_targets) or None
        What is added before logarithms are taken, 0 unless there are zeros. None: no logarithms.
    """

    origin: np.ndarray
    unit: np.ndarray
    shift: np.ndarray | None

    @classmethod
    def joined(cls, units: list[Units]) -> Units:
        """Return the units of windows one below the other."""
        origins, sizes, shifts = zip(*((u.origin, u.unit, u.shift) for u in units), strict=True)
        shift = None if shifts[0] is None else np.concatenate(shifts)
        return cls(np.concatenate(origins), np.concatenate(sizes), shift)

    def scale(self, values: np.ndarray) -> np.ndarray:
        """Return values (n_windows, n_targets, n_steps) in these units."""
        unit = self.unit[:, :, np.newaxis]
        return np.where(unit == 0, 0.0, self._from_origin(values) / np.where(unit == 0, 1.0, unit))

    def invert(self, scaled: np.ndarray) -> np.ndarray:
        """Return the values that :meth:`scale` would turn into scaled ones."""
        values = self.origin[:, :, np.newaxis] + self.unit[:, :, np.newaxis] * scaled
        if self.shift is None:
            return values
        return np.maximum(np.exp(values) - self.shift[:, :, np.newaxis], 0.0)

    def widen(self, scaled: np.ndarray, margin: np.ndarray) -> np.ndarray:
        """Return the values of ``scaled + margin``; an infinite margin is one for all windows."""
        with np.errstate(invalid="ignore"):  # infinity, for a window without spread
            values = self.invert(scaled + margin)
        least = -np.inf if self.shift is None else 0.0
        return np.where(np.isinf(margin), np.where(margin > 0, np.inf, least), values)

    def errors(self, values: np.ndarray, scaled: np.ndarray) -> np.ndarray:
        """Return by how many units values lie above forecasts in these units.

        Without spread they lie infinitely far apart, unless they are equal.
        """
        unit = self.unit[:, :, np.newaxis]
        apart = self._from_origin(values) - unit * scaled
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(apart == 0, 0.0, apart / unit)

    def _from_origin(self, values: np.ndarray) -> np.ndarray:
        if self.shift is not None:
            values = np.log(values + self.shift[:, :, np.newaxis])
        return values - self.origin[:, :, np.newaxis]


class WindowScaler:
    """Scale the targets of windows by each window's own past, and covariates by those of all.

    Parameters
    ----------
    columns : list of int
        The features that are forecast.
    n_level_steps : int or None
        The level of a window is the mean of that many last values of a target. None: no level is
        taken away.
    spread : bool
        Whether targets are divided by their standard deviation within the window.
    shift : float or None
        The part of the mean of a window that is added to targets before logarithms are taken. None:
        no logarithms are taken.

    Attributes
    ----------
    least_mean_ : ndarray of shape (n_targets,)
        What stands for the mean of windows of zeros: the least of the others.
    center_, scale_ : ndarray of shape (n_targets,)
        Median of the targets about the level, and their inner 90 % in standard deviations of a
        normal distribution, over training windows and what follows them; where these hold more
        than eight million values, over some windows, always the same ones.
    covariates_ : ndarray of int
        The other features.
    mean_, std_ : ndarray of shape (n_covariates,)
        Their mean and standard deviation over all steps of the training windows.
    origin_mean_, origin_std_ : ndarray of shape (n_targets,)
        The same of the windows' own origins.
    """

    def __init__(
        self,
        columns: list[int],
        *,
        n_level_steps: int | None,
        spread: bool,
        shift: float | None,
    ) -> None:
        self.columns = columns
        self.n_level_steps = n_level_steps
        self.spread = spread
        self.shift = shift

    def fit(self, windows: Any, targets: np.ndarray, weight: np.ndarray | None) -> WindowScaler:
        """Learn what the windows have in common.

        Parameters
        ----------
        windows : ndarray or LazyWindows of shape (n_windows, n_timesteps, n_features)
            Windows.
        targets : ndarray of shape (n_windows, n_targets, horizon)
            The values after them.
        weight : ndarray of shape (n_windows,) or None
            Weights of the windows.
        """
        means = by_part(lambda part: self._past(part).mean(axis=2), windows)
        self.least_mean_ = _least_positive(means)
        some = _some_windows(len(windows), len(self.columns) * windows.shape[1])
        past = self._past(np.asarray(windows[some]))
        own = self._own_units(past)
        around = np.concatenate([own.scale(past), own.scale(targets[some])], axis=2)
        self.center_, self.scale_ = _robust_moments(
            around, None if weight is None else weight[some]
        )
        self.covariates_ = np.setdiff1d(np.arange(windows.shape[2]), self.columns)
        self.mean_, self.std_ = _moments(windows, weight, self.covariates_)
        origin = self.units(windows).origin
        self.origin_mean_, self.origin_std_ = _moments(origin[:, np.newaxis], weight)
        return self

    def units(self, windows: Any) -> Units:
        """Return the units of each window."""
        return Units.joined([self._units_of(array) for _, array in parts(windows)])

    def _units_of(self, windows: np.ndarray) -> Units:
        own = self._own_units(self._past(windows))
        return Units(own.origin + own.unit * self.center_, own.unit * self.scale_, own.shift)

    def transform(self, windows: Any, units: Units) -> Any:
        """Return windows with targets in their own units, and covariates standardized.

        Lazy windows stay lazy, and are measured anew when they are gathered.
        """
        if isinstance(windows, LazyWindows):
            n_features = windows.shape[2]
            return MappedWindows(windows, self._scaled, n_features=n_features, dtype=np.float64)
        scaled = np.empty(windows.shape)
        past = self._past(windows)
        scaled[:, :, self.columns] = units.scale(past).swapaxes(1, 2)
        scaled[:, :, self.covariates_] = (windows[:, :, self.covariates_] - self.mean_) / self.std_
        return scaled

    def _scaled(self, windows: np.ndarray) -> np.ndarray:
        return self.transform(windows, self._units_of(windows))

    def _past(self, windows: np.ndarray) -> np.ndarray:
        """Return the targets, (n_windows, n_targets, n_timesteps)."""
        return np.ascontiguousarray(windows[:, :, self.columns].swapaxes(1, 2))

    def levels(self, units: Units) -> np.ndarray:
        """Return the level of each window, standardized, of shape (n_windows, n_targets)."""
        return (units.origin - self.origin_mean_) / self.origin_std_

    def _own_units(self, past: np.ndarray) -> Units:
        """Return level and spread of targets, (n_windows, n_targets, n_timesteps)."""
        past, shift = past.astype(np.float64, copy=False), None
        if self.shift is not None:
            mean = past.mean(axis=2)
            shift = self.shift * np.where(mean > 0, mean, self.least_mean_)
            past = np.log(past + shift[:, :, np.newaxis])
        level = np.zeros(past.shape[:2])
        if self.n_level_steps is not None:
            level = past[:, :, -self.n_level_steps :].mean(axis=2)
        unit = _spread(past) if self.spread else np.ones_like(level)
        return Units(level, unit, shift)


def describe_windows(windows: Any, columns: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return least value, mean and spread of the targets, each of shape (n_windows, n_targets)."""

    def describe(part):
        past = np.ascontiguousarray(part[:, :, columns].swapaxes(1, 2))
        return np.stack([past.min(axis=2), past.mean(axis=2), _spread(past)])

    least, mean, spread = by_part(describe, windows, axis=1)
    return least, mean, spread


def grows_with_level(mean: np.ndarray, spread: np.ndarray) -> bool:
    """Return whether the spread of windows grows about in proportion to their level.

    That is where logarithms make them alike. The spread is regressed on the mean, both in
    logarithms, over all windows of a target.

    Parameters
    ----------
    mean, spread : ndarray of shape (n_windows, n_targets)
        Of values that are not negative.

    References
    ----------
    M. S. Bartlett, "The use of transformations", Biometrics 3(1), 39-52 (1947).
    """
    return all(_grows(mean[:, k], spread[:, k]) for k in range(mean.shape[1]))


def _grows(mean: np.ndarray, spread: np.ndarray) -> bool:
    varied = (spread > 0) & (mean > 0)
    if not varied.any() or np.median(spread[varied] / mean[varied]) > _LARGEST_SPREAD:
        return False
    x, y = np.log(mean[varied]), np.log(spread[varied])
    x, y = x - x.mean(), y - y.mean()
    together, alone = x @ y, np.sqrt((x @ x) * (y @ y))
    return bool(
        together > 0 and together >= max(_LEAST_SLOPE * (x @ x), _LEAST_CORRELATION * alone)
    )


def _spread(past: np.ndarray) -> np.ndarray:
    """Return the standard deviation over time, 0 where rounding alone makes it differ from 0."""
    spread = past.std(axis=2)
    rounding = 10 * np.finfo(np.float64).eps * np.abs(past).max(axis=2)
    return np.where(spread > rounding, spread, 0.0)


def _least_positive(means: np.ndarray) -> np.ndarray:
    """Return the least positive number of each column, or 1."""
    least = np.where(means > 0, means, np.inf).min(axis=0)
    return np.where(np.isinf(least), 1.0, least)


def _some_windows(n_windows: int, n_values: int) -> slice | np.ndarray:
    """Return which windows, of so many values each, are enough for quantiles."""
    n_some = max(1, _MANY_VALUES // n_values)
    if n_windows <= n_some:
        return slice(None)
    return np.sort(np.random.default_rng(0).choice(n_windows, n_some, replace=False))


def _robust_moments(values: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return median and scale of each target of values (n_windows, n_targets, n_steps)."""
    by_target = values.swapaxes(0, 1).reshape(values.shape[1], -1)
    weights = None if weight is None else np.repeat(weight, values.shape[2])
    low, center, high = (
        np.array([_quantile(row, fraction, weights) for row in by_target])
        for fraction in (_INNER[0], 0.5, _INNER[1])
    )
    scale = (high - low) / _INNER_WIDTH
    _, std = _moments(values.swapaxes(1, 2), weight)
    return center, np.where(scale > 0, scale, std)


def _quantile(values: np.ndarray, fraction: float, weights: np.ndarray | None) -> float:
    return float(np.quantile(values, fraction, weights=weights, method="inverted_cdf"))


def _moments(
    windows: Any, weight: np.ndarray | None, columns: Any = slice(None)
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of columns of the last axis, 1 for constants."""

    def means(part):
        return part[:, :, columns].mean(axis=1, dtype=np.float64)

    def squares(part):
        return np.square(part[:, :, columns] - mean).mean(axis=1)

    share = np.full(len(windows), 1 / len(windows)) if weight is None else weight / weight.sum()
    mean = share @ by_part(means, windows)
    std = np.sqrt(share @ by_part(squares, windows))
    rounding = 10 * np.finfo(np.float64).eps * np.abs(mean)
    return mean, np.where(std > rounding, std, 1.0)
