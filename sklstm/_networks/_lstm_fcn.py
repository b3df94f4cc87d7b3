"""An LSTM beside a fully convolutional network."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import keras
from sklstm._networks import _layers as layers
from sklstm._networks._architecture import Architecture, Shape, check_sizes
from sklstm._networks._masks import with_zeros
from sklstm._warnings import warn

SE_RATIO = 16  # how much narrower the inner layer of squeeze-and-excitation is


@dataclass(frozen=True)
class LSTMFCN(Architecture):
    """An LSTM beside convolutions with batch normalization and global average pooling.

    Each branch turns the sequence into one vector, and the head reads both. The LSTM reads the
    sequence transposed, one feature per step, as its authors have it.

    Parameters
    ----------
    fcn_filters, fcn_kernel_sizes : tuple of int
        Filters of each convolution, and time steps that one spans.
    squeeze_excitation : bool
        Whether the channels of each block but the last are weighed by what they hold on average.
    """

    fcn_filters: tuple[int, ...]
    fcn_kernel_sizes: tuple[int, ...]
    squeeze_excitation: bool

    name = "lstm_fcn"
    auto_dropout = 0.8  # as its authors have it
    auto_batch_size = 16  # as the authors of the convolutions have it
    epoch_cost = 2.0
    wants_even_batches = True
    depends_on_length = True
    constraints = {
        "fcn_filters": [list, tuple],
        "fcn_kernel_sizes": [list, tuple],
        "squeeze_excitation": ["boolean"],
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sizes("fcn_filters", self.fcn_filters)
        check_sizes("fcn_kernel_sizes", self.fcn_kernel_sizes)
        if len(self.fcn_filters) != len(self.fcn_kernel_sizes):
            raise ValueError(
                f"fcn_filters={self.fcn_filters} and fcn_kernel_sizes={self.fcn_kernel_sizes} must "
                "have the same length: one number each per convolution."
            )

    def build(self, x: Any, mask: Any = None, n_timesteps: int | None = None) -> Any:
        whole = x if mask is None else _of_length(x, n_timesteps)
        transposed = keras.layers.Permute((2, 1), name="transpose", dtype="float32")(whole)
        recurrent = layers.recurrent(transposed, self)
        last = len(self.fcn_filters) - 1
        for number in range(last):
            x = self._block(x, mask, number)
            if self.squeeze_excitation:
                x = _squeeze_excitation(x, mask, number)
            # The next convolution reads zeros behind the end, as behind a sequence alone.
            x = with_zeros(x, mask, layers.numbered("end", number))
        x = self._block(x, mask, last)
        average = layers.global_average_pooling1d("global_average_pooling1d")
        convolved = average(x, mask=mask)
        join = keras.layers.Concatenate(name="concatenate", dtype="float32")
        return join([recurrent, convolved])

    def _block(self, x: Any, mask: Any, number: int) -> Any:
        """Apply a convolution, batch normalization and relu."""
        convolve = layers.conv1d(
            self.fcn_filters[number],
            self.fcn_kernel_sizes[number],
            activation="linear",
            padding="same",
            kernel_initializer=keras.initializers.HeUniform(seed=0),
            name=layers.numbered("conv1d", number),
        )
        normalize = layers.batch_normalization(layers.numbered("batch_normalization", number))
        relu = keras.layers.ReLU(name=layers.numbered("relu", number), dtype="float32")
        return relu(normalize(convolve(x), mask=mask))

    def check_lengths(self, lengths: np.ndarray, n_timesteps: int) -> None:
        """Warn of sequences longer than those of fit: the LSTM has one input for each step."""
        super().check_lengths(lengths, n_timesteps)
        n_longer = np.count_nonzero(lengths > n_timesteps)
        if n_longer:
            warn(
                f"{n_longer} of {len(lengths)} sequences have more than the {n_timesteps} time "
                "steps of the longest sequence of fit. The LSTM of arch='lstm_fcn' has one input "
                f"for each of these, and reads their first {n_timesteps}; the convolutions read "
                "all. Fit on sequences as long, or use another arch."
            )

    def weight_shapes(self, n_timesteps: int, n_features: int) -> tuple[list[Shape], int]:
        (units,) = self.units
        shapes, last = [], len(self.fcn_filters) - 1
        widths = pairwise((n_features, *self.fcn_filters))
        for number, (below, filters) in enumerate(widths):
            shapes += layers.conv1d_shapes(below, filters, self.fcn_kernel_sizes[number])
            shapes += layers.batch_normalization_shapes(filters)
            if self.squeeze_excitation and number < last:
                inner = _inner_width(filters)
                shapes += [(filters, inner), (inner, filters)]
        # Keras lists a layer the later, the closer it is to the output.
        shapes += layers.lstm_shapes(n_timesteps, units)
        return shapes, units + self.fcn_filters[-1]


def _inner_width(filters: int) -> int:
    return max(1, filters // SE_RATIO)


def _of_length(x: Any, n_timesteps: int | None) -> Any:
    """Bring sequences of any length to one, with zeros after the end, or without the last steps."""
    pad = keras.layers.ZeroPadding1D((0, n_timesteps), name="zeros", dtype="float32")
    shape = n_timesteps, x.shape[2]
    cut = keras.layers.Reshape(shape, name="of_one_length", dtype="float32")  # a static shape
    return cut(layers.named(pad(x)[:, :n_timesteps], "cut"))


def _squeeze_excitation(x: Any, mask: Any, number: int) -> Any:
    """Multiply each channel by a number between 0 and 1 that the averages of all decide on."""

    def name(of_layer: str) -> str:
        return layers.numbered(f"squeeze_excitation_{of_layer}", number)

    def dense(units: int, activation: str, of_layer: str) -> Any:
        initializer = keras.initializers.HeNormal(seed=0)
        return keras.layers.Dense(
            units,
            activation,
            use_bias=False,
            kernel_initializer=initializer,
            name=name(of_layer),
            dtype="float32",
        )

    filters = x.shape[-1]
    scale = layers.global_average_pooling1d(name("average"))(x, mask=mask)
    scale = keras.layers.Reshape((1, filters), name=name("reshape"), dtype="float32")(scale)
    scale = dense(_inner_width(filters), "relu", "squeeze")(scale)
    scale = dense(filters, "sigmoid", "excite")(scale)
    return keras.layers.Multiply(name=name("multiply"), dtype="float32")([x, scale])
