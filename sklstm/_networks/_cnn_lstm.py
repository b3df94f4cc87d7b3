"""A convolution in front of an LSTM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklstm._kernels._tensorflow import keras
from sklstm._networks import _layers as layers
from sklstm._networks._architecture import POSITIVE_INT, Shape
from sklstm._networks._masks import after_convolution
from sklstm._networks._readout import WithReadout


@dataclass(frozen=True)
class CNNLSTM(WithReadout):
    """Convolution and pooling in front of an LSTM.

    Without subsequences the LSTM reads the pooled steps of the whole sequence. With k of them
    the sequence is cut into k pieces, each is convolved and pooled, and the LSTM reads one
    flattened piece per step.

    Parameters
    ----------
    filters, kernel_size, pool_size : int
        Filters of the convolution, steps that one spans, and steps that are pooled into one.
    subsequences : int or None
        Number of pieces.
    """

    filters: int
    kernel_size: int
    pool_size: int
    subsequences: int | None

    name = "cnn_lstm"
    regression_updates = 250  # a trial asks for fewer than it needs, and it overfits little
    constraints = {
        "filters": [POSITIVE_INT],
        "kernel_size": [POSITIVE_INT],
        "pool_size": [POSITIVE_INT],
        "subsequences": [POSITIVE_INT, None],
    }

    def build(self, x: Any, mask: Any = None) -> Any:
        conv = layers.conv1d(self.filters, self.kernel_size)
        pool = layers.max_pooling1d(self.pool_size)
        if self.subsequences is None:
            mask = after_convolution(mask, self.kernel_size, self.pool_size)
            return self.read_out(pool(conv(x)), mask)
        _, n_timesteps, n_features = x.shape
        pieces = (self.subsequences, n_timesteps // self.subsequences, n_features)
        x = keras.layers.Reshape(pieces, name="subsequences", dtype="float32")(x)
        for layer in (conv, pool, layers.flatten()):
            name = f"time_distributed_{layer.name}"
            x = keras.layers.TimeDistributed(layer, name=name, dtype="float32")(x)
        return self.read_out(x)

    def weight_shapes(self, n_timesteps: int, n_features: int) -> tuple[list[Shape], int]:
        (units,) = self.units
        n_inputs = self.filters
        if self.subsequences is not None:
            length = n_timesteps // self.subsequences
            n_inputs *= (length - self.kernel_size + 1) // self.pool_size
        convolution = layers.conv1d_shapes(n_features, self.filters, self.kernel_size)
        return convolution + layers.lstm_shapes(n_inputs, units), self.readout_width(units)

    def check_ragged(self) -> None:
        """Refuse to cut sequences of unequal length into as many pieces of one length."""
        if self.subsequences is not None:
            raise ValueError(
                f"subsequences={self.subsequences} cuts every sequence into "
                f"{self.subsequences} piece(s) of one length, but the sequences of X differ in "
                "length, or have another than those of fit. Pass subsequences=None: then the "
                "convolution runs along sequences of any length."
            )

    def check_length(self, n_timesteps: int) -> None:
        """Refuse a convolution or pooling that the sequences are too short for."""
        length, whose = n_timesteps, f"sequences of {n_timesteps} time steps"
        if self.subsequences is not None:
            if n_timesteps % self.subsequences:
                raise ValueError(
                    f"subsequences={self.subsequences} does not divide the {n_timesteps} time "
                    f"steps of a sequence. Choose a divisor of {n_timesteps}, or another look-back."
                )
            length = n_timesteps // self.subsequences
            whose = f"the {length} time steps of each of the subsequences={self.subsequences}"
        if self.kernel_size > length:
            raise ValueError(
                f"kernel_size={self.kernel_size} is longer than {whose}. Choose a kernel_size of "
                f"at most {length}, or longer sequences."
            )
        convolved = length - self.kernel_size + 1
        if self.pool_size > convolved:
            raise ValueError(
                f"pool_size={self.pool_size} leaves no step: a convolution with "
                f"kernel_size={self.kernel_size} over {whose} leaves {convolved}. Choose a "
                f"pool_size of at most {convolved}, a smaller kernel_size, or longer sequences."
            )
