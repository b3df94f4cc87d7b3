"""LSTM layers one upon another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral
from typing import Any

from sklstm._networks import _layers as layers
from sklstm._networks._architecture import Shape
from sklstm._networks._readout import WithReadout


@dataclass(frozen=True)
class Stacked(WithReadout):
    """LSTMs one upon another; every one but the last returns its whole sequence."""

    name = "stacked"
    epoch_cost = 4.0
    ragged_readout = "mean"  # the maximum of unbounded outputs is learnt worse
    # It learns late. If a fit ends too early, the outputs of the relu layers can have any size for
    # values outside the range of training, and held-out samples within the range do not show it.
    regression_updates = 500
    is_unbounded = True

    @classmethod
    def layer_units(cls, units: Any) -> tuple[int, ...]:
        """Return the units of each layer: (u, 2u, u), or as listed."""
        if not isinstance(units, (list, tuple)):
            u = int(units)
            return (u, 2 * u, u)
        if not units or not all(isinstance(u, Integral) and int(u) >= 1 for u in units):
            raise ValueError(
                f"units={units!r} must list at least one layer, each with an int of at least 1."
            )
        return tuple(int(u) for u in units)

    def build(self, x: Any, mask: Any = None) -> Any:
        for number in range(len(self.units) - 1):
            x = layers.recurrent(x, self, number, mask=mask)
        return self.read_out(x, mask)

    def weight_shapes(self, n_timesteps: int, n_features: int) -> tuple[list[Shape], int]:
        widths = n_features, *self.units
        shapes = [layers.lstm_shapes(below, units) for below, units in pairwise(widths)]
        return [shape for layer in shapes for shape in layer], self.readout_width(widths[-1])
