"""One LSTM layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklstm._networks import _layers as layers
from sklstm._networks._architecture import Shape
from sklstm._networks._readout import WithReadout


@dataclass(frozen=True)
class Vanilla(WithReadout):
    """One LSTM layer."""

    name = "vanilla"

    def build(self, x: Any, mask: Any = None) -> Any:
        return self.read_out(x, mask)

    def weight_shapes(self, n_timesteps: int, n_features: int) -> tuple[list[Shape], int]:
        (units,) = self.units
        return layers.lstm_shapes(n_features, units), self.readout_width(units)
