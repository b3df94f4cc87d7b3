"""Two LSTMs that read the sequence from either end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklstm._kernels._tensorflow import keras
from sklstm._networks import _layers as layers
from sklstm._networks._architecture import Shape
from sklstm._networks._readout import WithReadout


@dataclass(frozen=True)
class Bidirectional(WithReadout):
    """Two LSTMs, one reading from either end, with their outputs side by side."""

    name = "bidirectional"
    epoch_cost = 2.0

    def build(self, x: Any, mask: Any = None) -> Any:
        return self.read_out(x, mask)

    def recurrent_layer(self, number: int, **options: Any) -> Any:
        """Return the two LSTMs; the last step of one is the first of the other."""
        lstm = layers.lstm(self, number, **options)
        return keras.layers.Bidirectional(lstm, name="bidirectional", dtype="float32")

    def weight_shapes(self, n_timesteps: int, n_features: int) -> tuple[list[Shape], int]:
        (units,) = self.units
        return 2 * layers.lstm_shapes(n_features, units), self.readout_width(2 * units)
