"""Windows, targets and their names in: arrays of one shape, or an error that says what to do."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from sklstm._target_checks import real_numbers
from sklstm._target_columns import check_target_columns
from sklstm._validation import check_numbers, names_of
from sklstm.windowing._lazy_array import LazyWindows
from sklstm.windowing._names import check_names

__all__ = [
    "check_horizon",
    "check_logarithms",
    "check_season",
    "check_values_ahead",
    "check_windows",
    "columns_of_targets",
]


def check_windows(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Return X in the shape (n_windows, n_timesteps, n_features): an array, or lazy windows.

    Parameters
    ----------
    estimator : estimator
        The estimator, whose ``n_features_in_``, ``n_timesteps_in_`` and ``feature_names_in_`` are
        set or checked.
    X : array-like of shape (n_windows, n_timesteps, n_features) or (n_windows, n_timesteps)
        Windows; 2-D ones are univariate.
    reset : bool
        Whether to set these attributes, in fit, or to check X against them, in predict.

    Raises
    ------
    ValueError
        If X holds anything but finite numbers, has other than 2 or 3 dimensions, is empty, or
        differs from the X of fit in shape or feature names.
    """
    name = type(estimator).__name__
    array = _numbers_of(estimator, X)
    if array.ndim > 3:
        raise ValueError(
            f"Found array with dim {array.ndim}. {name} expected X of shape (n_windows, "
            f"n_timesteps, n_features) or (n_windows, n_timesteps), got {array.shape}."
        )
    if 0 in array.shape:
        raise ValueError(
            f"Found array with shape {array.shape}, but {name} needs a minimum of 1 window, "
            "1 time step and 1 feature."
        )
    check_names(estimator, X, reset=reset)
    windows = array[:, :, np.newaxis] if array.ndim == 2 else array
    if reset:
        estimator.n_timesteps_in_ = array.shape[1]
        estimator.n_features_in_ = array.shape[-1]
        estimator._window_shape = windows.shape[1:]
        estimator._window_names = names_of(X)
    elif windows.shape[1:] != estimator._window_shape:
        n_timesteps, n_features = estimator._window_shape
        if array.ndim == 3 and windows.shape[2] == n_features:
            raise ValueError(
                f"X has windows of {windows.shape[1]} time steps, but {name} was fitted on windows "
                f"of {n_timesteps}. Cut them with lookback={n_timesteps}."
            )
        raise ValueError(
            f"X has {array.shape[-1]} features, but {name} is expecting "
            f"{estimator.n_features_in_} features as input: it was fitted on windows of "
            f"{n_timesteps} time steps of {n_features} feature(s), and X has the shape "
            f"{array.shape}."
        )
    return windows


def _numbers_of(estimator, X):
    """Return X as an array of finite numbers; lazy windows as they are."""
    if_missing = (
        "Interpolate within the windows, put WindowImputer(padding=None) before "
        f"{type(estimator).__name__} in a pipeline, or leave out those with missing values."
    )
    if isinstance(X, LazyWindows):
        X.refuse_missing(if_missing)
        return X
    return check_numbers(
        X,
        "X",
        convert_objects=True,
        estimator=estimator,
        if_not_numbers="Leave out what is no number.",
        if_missing=if_missing,
    )


def check_values_ahead(estimator: Any, y: Any, n_windows: int) -> np.ndarray:
    """Return y, the values after each of the windows, as float64 of one or two dimensions."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None. Pass "
            "the values after each window: their number is the horizon."
        )
    targets = real_numbers(y, "y")
    if targets.ndim not in (1, 2):
        raise ValueError(
            "y must have the shape (n_windows,) or (n_windows, n_targets * horizon), got "
            f"{targets.shape}."
        )
    check_consistent_length(np.empty(n_windows), targets)
    return targets


def columns_of_targets(
    target: Any, n_features: int, names: list[Any] | None, *, remedy: str = ""
) -> list[int]:
    """Return the numbers of the features that are forecast, of which some may be named.

    Parameters
    ----------
    target : int, str, or list of these
        The features, by their numbers, or by their names where `names` tells these.
    n_features : int
        Number of features of the windows.
    names : list or None
        Names of the features.
    remedy : str
        What the error says can be done about missing names, if there is more than can always be.
    """
    targets = [target] if isinstance(target, Integral | str) else list(target)
    if not any(isinstance(item, str) for item in targets):
        return check_target_columns(target, n_features)
    if names is None:
        raise ValueError(
            f"target={target!r} names a feature, but the windows have no names. Cut them from a "
            f"DataFrame, {remedy}or pass the number of the feature as target."
        )
    if any(isinstance(item, str) and item not in names for item in targets):
        raise ValueError(f"target={target!r} must be among the features, which are {names}.")
    numbers = [names.index(item) if isinstance(item, str) else item for item in targets]
    return check_target_columns(numbers, n_features)


def check_horizon(n_outputs: int, n_targets: int, target: Any) -> int:
    """Return the number of steps ahead, of n_outputs columns for n_targets."""
    if n_outputs % n_targets:
        raise ValueError(
            f"y has {n_outputs} column(s), which is no multiple of the {n_targets} features in "
            f"target={target!r}: it must hold all steps ahead of the first, then all of the "
            "second, and so on."
        )
    return n_outputs // n_targets


def check_season(season: int | None, n_timesteps: int, asked: str) -> None:
    """Raise unless the windows hold a season, which `asked`, an argument, needs."""
    if season is None:
        raise ValueError(
            f"{asked} needs the number of time steps in a season, but season=None. Set it, such "
            "as season=12 for months."
        )
    if season > n_timesteps:
        raise ValueError(
            f"{asked} needs a season within each window, but season={season} is longer than the "
            f"windows of X, which have {n_timesteps} time steps. Cut windows with a lookback of "
            f"at least {season}."
        )


def check_logarithms(
    values: np.ndarray,
    name: str,
    labels: list[Any],
    *,
    zeros: bool = True,
    series: list[Any] | None = None,
    first: int = 0,
) -> None:
    """Raise if values, of which logarithms are to be taken, are negative, or zero.

    Parameters
    ----------
    values : ndarray of shape (n_windows, n_targets, n_steps)
        Values of the targets.
    name : str
        ``"X"`` or ``"y"``.
    labels : list
        Names or numbers of the targets.
    zeros : bool, default=True
        Whether zeros are allowed.
    series : list, default=None
        Names of the series that end with the windows.
    first : int, default=0
        The number of the first window.
    """
    bad = values < 0 if zeros else values <= 0
    if bad.any():
        sample, target, step = np.unravel_index(bad.argmax(), bad.shape)
        window = (
            f"sample {first + sample} of {name}" if series is None else f"series {series[sample]!r}"
        )
        place = f"time step {step}" if name == "X" else f"{step + 1} step(s) ahead"
        allowed = "are not negative" if zeros else "are positive, as all values in fit were"
        raise ValueError(
            f"Logarithms are taken of values that {allowed}, but target {labels[target]!r} is "
            f"{values[sample, target, step]:.6g} in {window}, {place}. Add a "
            "constant to the series, or fit with log=False."
        )
