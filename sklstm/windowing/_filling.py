"""What fills gaps of one feature: values of the same sequence, seen before or around."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Gaps"]


class Gaps(NamedTuple):
    """Where one feature is missing, and which observed steps lie around, in the same sequence.

    Steps of all sequences are numbered through.
    """

    missing: np.ndarray  # (n_steps,), bool
    before: np.ndarray  # (n_steps,), the last observed step up to each; first - 1 if there is none
    first: np.ndarray  # (n_steps,), the first step of the sequence
    last: np.ndarray  # (n_steps,), its last step

    @classmethod
    def find(cls, column: np.ndarray, lengths: np.ndarray) -> Gaps:
        """Find the gaps of a feature, of shape (n_steps,), of sequences with these lengths."""
        ends = np.cumsum(lengths)
        first = np.repeat(ends - lengths, lengths)
        last = np.repeat(ends - 1, lengths)
        missing = np.isnan(column)
        observed = np.where(missing, -1, np.arange(len(column)))
        before = np.maximum(np.maximum.accumulate(observed), first - 1)
        return cls(missing, before, first, last)

    @property
    def elapsed(self) -> np.ndarray:
        """Steps since the last observed one; it is that before the sequence if there is none."""
        return np.arange(len(self.before)) - self.before

    def fill_forward(self, column: np.ndarray, otherwise: float) -> None:
        """Give each missing step the value of the last observed one, in place."""
        places = np.flatnonzero(self.missing)
        before = self.before[places]
        known = before >= self.first[places]
        column[places] = np.where(known, column[before], otherwise)

    def interpolate(self, column: np.ndarray, otherwise: float) -> None:
        """Draw lines between observed steps, and level ones before and after them, in place."""
        places = np.flatnonzero(self.missing)
        before, after = self.before[places], self._after()[places]
        is_known_before, is_known_after = before >= self.first[places], after <= self.last[places]
        left, right = column[before], column[np.minimum(after, len(column) - 1)]
        part = (places - before) / (after - before)
        with np.errstate(invalid="ignore"):
            between = left * (1 - part) + right * part
        column[places] = np.select(
            [is_known_before & is_known_after, is_known_before, is_known_after],
            [between, left, right],
            otherwise,
        )

    def _after(self):
        """Return the first observed step from each on; the step after the sequence if none."""
        observed = np.where(self.missing, len(self.missing), np.arange(len(self.missing)))
        after = np.minimum.accumulate(observed[::-1])[::-1]
        return np.minimum(after, self.last + 1)
