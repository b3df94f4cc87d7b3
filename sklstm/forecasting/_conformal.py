"""Split-conformal intervals, from errors on windows that training has not seen."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from sklstm.model_selection import _distinct, _origin_times

__all__ = ["ConformalErrors", "check_coverage", "later_windows", "origin_times"]


class ConformalErrors:
    """Errors of forecasts on calibration windows, and the margins that they call for.

    Parameters
    ----------
    errors : ndarray of shape (n_windows, n_outputs, n_quantiles)
        By how much values lie above the predicted quantiles; of point forecasts there is one.
    quantiles : ndarray of shape (n_quantiles,) or None
        Which quantiles these are. None: point forecasts.
    typical : ndarray of shape (n_outputs,)
        A typical error of each output, not learnt from the calibration windows. Of the whole path
        the error is the largest in these units.
    """

    def __init__(
        self, errors: np.ndarray, quantiles: np.ndarray | None, typical: np.ndarray
    ) -> None:
        self.errors = errors
        self.quantiles = quantiles
        self.typical = typical

    def margins(self, coverage: float, *, joint: bool) -> tuple[int, int, np.ndarray]:
        """Return which quantiles to begin with, and by how much to widen them.

        Parameters
        ----------
        coverage : float
            The probability that an interval is to hold the value.
        joint : bool
            Whether it is that of all outputs at once.

        Returns
        -------
        lower, upper : int
            The numbers of the quantiles.
        margin : ndarray of shape (n_outputs,)
            How far to go below the lower and above the upper one; negative where these lie too far
            apart.
        """
        rank = self._rank(coverage)
        lower, upper = self._pair(coverage)
        beyond = np.maximum(-self.errors[:, :, lower], self.errors[:, :, upper])
        if joint:
            worst = (beyond / self.typical).max(axis=1)
            return lower, upper, np.sort(worst)[rank - 1] * self.typical
        return lower, upper, np.sort(beyond, axis=0)[rank - 1]

    def _rank(self, coverage: float) -> int:
        """Return the rank of the error that becomes the margin, counted from 1."""
        n_windows, exact = len(self.errors), Fraction(str(float(coverage)))
        rank = ceil((n_windows + 1) * exact)
        if rank > n_windows:
            needed = ceil(exact / (1 - exact))
            raise ValueError(
                f"coverage={coverage} needs at least {needed} calibration windows, but there are "
                f"{n_windows}. Ask for less coverage, or calibrate with more windows."
            )
        return rank

    def _pair(self, coverage: float) -> tuple[int, int]:
        """Return the innermost pair of quantiles that promises the coverage, or the outermost."""
        if self.quantiles is None:
            return 0, 0
        promised = self.quantiles[::-1] - self.quantiles
        pairs = np.flatnonzero(promised >= coverage - 1e-9)
        lower = int(pairs[-1]) if pairs.size else 0
        return lower, len(self.quantiles) - 1 - lower


def check_coverage(coverage: Any) -> np.ndarray:
    """Return coverages, one or several, as an array of at least one dimension."""
    coverages = np.asarray(coverage)
    valid = coverages.dtype.kind in "if" and coverages.ndim < 2 and coverages.size > 0
    if not valid or not ((coverages > 0) & (coverages < 1)).all():
        raise ValueError(
            f"coverage={coverage!r} must be a probability in (0, 1), such as 0.8, or several."
        )
    return np.atleast_1d(coverages)


def origin_times(groups: Any, n_windows: int) -> np.ndarray:
    """Return groups as an array of times, or the positions of windows that have none."""
    return np.arange(n_windows) if groups is None else _origin_times(groups, n_windows)


def later_windows(
    origins: np.ndarray, fraction: float, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows to train on, and the later ones to calibrate with.

    Parameters
    ----------
    origins : ndarray of shape (n_windows,)
        Origin times. Whole numbers count time steps; others are taken to follow each other by one
        step.
    fraction : float
        The part of the distinct origin times, the latest, that is for calibration.
    horizon : int
        Number of steps ahead. The last target of a window to train on is no later than the first
        calibration origin.
    """
    times, moments = _distinct(origins)
    steps = times if times.dtype.kind in "iu" else np.arange(len(times))
    first = len(times) - ceil(fraction * len(times))
    n_earlier = np.count_nonzero(steps[first] - steps[:first] >= horizon)
    if n_earlier == 0:
        raise ValueError(
            f"calibration_fraction={fraction} of {len(times)} distinct origin times leaves no "
            f"window to train on, whose {horizon} step(s) ahead end by the first calibration "
            "origin. Use a smaller fraction or more windows, or calibrate(X, y) with others."
        )
    return np.flatnonzero(moments < n_earlier), np.flatnonzero(moments >= first)
