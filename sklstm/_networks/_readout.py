"""What the head reads of the last LSTM layer's outputs over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sklearn.utils._param_validation import StrOptions

from sklstm._kernels._tensorflow import keras
from sklstm._networks import _layers as layers
from sklstm._networks._architecture import AUTO, Architecture
from sklstm._networks._masks import with_lowest

# What each read-out puts side by side.
READOUTS = {
    "last": ("last",),
    "mean": ("mean",),
    "max": ("max",),
    "last_mean_max": ("last", "mean", "max"),
}


@dataclass(frozen=True)
class WithReadout(Architecture):
    """An architecture that ends with an LSTM layer whose outputs can be read in several ways.

    Parameters
    ----------
    readout : {"last", "mean", "max", "last_mean_max"}
        The output after the last step, the mean or the maximum of each output over all steps, or
        these three side by side.
    """

    readout: str

    # What "auto" is where sequences to be classified differ in length.
    ragged_readout: ClassVar[str] = "max"
    constraints: ClassVar[dict[str, list[Any]]] = {"readout": [StrOptions({AUTO, *READOUTS})]}

    @classmethod
    def auto_options(cls, *, ragged: bool, output_activation: str) -> dict[str, Any]:
        """Read out the last step; all steps where sequences to be classified differ in length.

        A forecast follows the end of a sequence. A class may show in any of its steps.
        """
        classifies = output_activation != "linear"
        readout = cls.ragged_readout if ragged and classifies else "last"
        options = super().auto_options(ragged=ragged, output_activation=output_activation)
        return options | {"readout": readout}

    def read_out(self, x: Any, mask: Any = None) -> Any:
        """Apply the last LSTM layer, read it out, and apply dropout."""
        number = len(self.units) - 1
        read = self._outputs(x, mask, number)
        if len(read) > 1:
            read = [keras.layers.Concatenate(name="readout", dtype="float32")(read)]
        return layers.dropout(read[0], self, layers.numbered("dropout", number))

    def _outputs(self, x: Any, mask: Any, number: int) -> list[Any]:
        """Return what is put side by side."""
        if self.readout == "last":
            return [self.recurrent_layer(number)(x, mask=mask)]
        parts = READOUTS[self.readout]
        with_state = "last" in parts
        layer = self.recurrent_layer(number, return_sequences=True, return_state=with_state)
        outputs = layer(x, mask=mask)
        sequence, *states = outputs if with_state else [outputs]
        # States are output and cell: of one layer, or of two that read from either end.
        read = states[::2]
        if "mean" in parts:
            average = layers.global_average_pooling1d("global_average_pooling1d")
            read.append(average(sequence, mask=mask))
        if "max" in parts:
            maximum = layers.global_max_pooling1d("global_max_pooling1d")
            read.append(maximum(with_lowest(sequence, mask)))
        return read

    def recurrent_layer(self, number: int, **options: Any) -> Any:
        """Return the LSTM layer that is read out."""
        return layers.lstm(self, number, **options)

    def readout_width(self, units: int) -> int:
        """Return how many numbers the head reads of a layer with this many outputs."""
        return units * len(READOUTS[self.readout])
