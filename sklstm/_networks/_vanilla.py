"""One LSTM layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklstm._networks import _layers as layers
from sklstm._networks._architecture import Architecture, Shape


@dataclass(frozen=True)
class Vanilla(Architecture):
    """One LSTM layer."""

    name = "vanilla"

    def build(self, x: Any) -> Any:
        return layers.recurrent(x, self)

    def weight_shapes(self, n_timesteps: int, n_features: int) -> tuple[list[Shape], int]:
        (units,) = self.units
        return layers.lstm_shapes(n_features, units), units
