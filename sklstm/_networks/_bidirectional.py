"""Two LSTMs that read the sequence from either end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklstm._kernels._tensorflow import keras
from sklstm._networks import _layers as layers
from sklstm._networks._architecture import Architecture, Shape


@dataclass(frozen=True)
class Bidirectional(Architecture):
    """Two LSTMs, one reading from either end, with their outputs side by side."""

    name = "bidirectional"
    epoch_cost = 2.0

    def build(self, x: Any) -> Any:
        both = keras.layers.Bidirectional(layers.lstm(self), name="bidirectional", dtype="float32")
        return layers.dropout(both(x), self)

    def weight_shapes(self, n_timesteps: int, n_features: int) -> tuple[list[Shape], int]:
        (units,) = self.units
        return 2 * layers.lstm_shapes(n_features, units), 2 * units
