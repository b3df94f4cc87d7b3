"""Layers that architectures are made of, with the shapes of their weights.

They are stock Keras layers in float32, whatever the user's dtype policy. Each has a name and a
seed: unnamed layers would be numbered through the process, so that the same plan would give
different models, and unseeded ones would draw from Python's global random numbers.
"""

from __future__ import annotations

from typing import Any

from sklstm._kernels._tensorflow import keras
from sklstm._networks._activations import find_activation
from sklstm._networks._architecture import Architecture, Shape


def recurrent(x: Any, architecture: Architecture, number: int = 0, *, mask: Any = None) -> Any:
    """Apply the LSTM layer of this number, and dropout after it."""
    x = lstm(architecture, number)(x, mask=mask)
    return dropout(x, architecture, numbered("dropout", number))


def lstm(architecture: Architecture, number: int = 0, **options: Any) -> Any:
    """Return an LSTM layer; every one but the last returns its whole sequence."""
    last = number == len(architecture.units) - 1
    options = {"return_sequences": not last, **options}
    return keras.layers.LSTM(
        architecture.units[number],
        activation=find_activation(architecture.activations[number]),
        name=numbered("lstm", number),
        seed=0,
        recurrent_initializer=keras.initializers.Orthogonal(seed=0),
        **seeded(),
        **options,
    )


def lstm_shapes(n_inputs: int, units: int) -> list[Shape]:
    """Shapes of kernel, recurrent kernel and bias; the four gates stand side by side."""
    return [(n_inputs, 4 * units), (units, 4 * units), (4 * units,)]


def dense(units: int, activation: str) -> Any:
    """Return the head of a network."""
    return keras.layers.Dense(units, activation, name="dense", **seeded())


def dense_shapes(n_inputs: int, units: int) -> list[Shape]:
    """Shapes of kernel and bias."""
    return [(n_inputs, units), (units,)]


def conv1d(filters: int, kernel_size: int, activation: str = "relu", **options: Any) -> Any:
    """Return a convolution along time."""
    options = {"name": "conv1d", "data_format": "channels_last", **seeded(), **options}
    return keras.layers.Conv1D(filters, kernel_size, activation=activation, **options)


def conv1d_shapes(n_inputs: int, filters: int, kernel_size: int) -> list[Shape]:
    """Shapes of kernel and bias."""
    return [(kernel_size, n_inputs, filters), (filters,)]


def batch_normalization(name: str) -> Any:
    """Return a normalization of each channel over the samples and steps of a batch.

    A fit may have few updates, such as 2 per epoch, and Keras's momentum of 0.99 would leave the
    moving statistics near their beginning for hundreds of them. 0.9 is PyTorch's default.
    """
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3, name=name, dtype="float32")


def batch_normalization_shapes(filters: int) -> list[Shape]:
    """Shapes of gamma, beta, moving mean and moving variance."""
    shape: Shape = (filters,)
    return [shape] * 4


def global_average_pooling1d(name: str) -> Any:
    """Return the average over time."""
    return keras.layers.GlobalAveragePooling1D("channels_last", name=name, dtype="float32")


def global_max_pooling1d(name: str) -> Any:
    """Return the maximum over time."""
    return keras.layers.GlobalMaxPooling1D("channels_last", name=name, dtype="float32")


def max_pooling1d(pool_size: int) -> Any:
    """Return a pooling along time."""
    options = {"data_format": "channels_last", "dtype": "float32"}
    return keras.layers.MaxPooling1D(pool_size, name="max_pooling1d", **options)


def flatten() -> Any:
    """Return a layer that makes one vector of all steps."""
    return keras.layers.Flatten(data_format="channels_last", name="flatten", dtype="float32")


def dropout(x: Any, architecture: Architecture, name: str = "dropout") -> Any:
    """Apply dropout, where the architecture asks for it."""
    if not architecture.dropout:
        return x
    return keras.layers.Dropout(architecture.dropout, seed=0, name=name, dtype="float32")(x)


def seeded() -> dict[str, Any]:
    """Return the arguments of a float32 layer whose kernel is drawn from a seed."""
    return {"dtype": "float32", "kernel_initializer": keras.initializers.GlorotUniform(seed=0)}


def numbered(name: str, number: int) -> str:
    """Return a name for the first layer, and one with a number for the others."""
    return f"{name}_{number}" if number else name


def named(tensor: Any, name: str) -> Any:
    """Name the operation that made a tensor; Keras would number it through the process."""
    tensor._keras_history.operation.name = name
    return tensor
