"""Initial weights: every variable of a kept network, as new, for the seed of a fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from sklstm._training._seeds import weight_seed


def initialize(model: Any, seed: int) -> None:
    """Set all weights of a model as its layers' initializers say, drawn from a seed.

    Parameters
    ----------
    model : keras.Model
        Changed in place. Weights that are not trained (moving statistics) are set, too.
    seed : int
        Takes the place of the initializers' own seeds.
    """
    owners = {id(v): layer for layer in model._flatten_layers() for v in _own_variables(layer)}
    for number, variable in enumerate(model.trainable_variables):
        variable.assign(_initial_value(owners[id(variable)], variable, weight_seed(seed, number)))
    trained = len(model.trainable_variables)
    for number, variable in enumerate(model.non_trainable_weights, start=trained):
        variable.assign(_initial_value(owners[id(variable)], variable, weight_seed(seed, number)))


def _own_variables(layer: Any) -> list[Any]:
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def _initial_value(layer: Any, variable: Any, seed: int) -> Any:
    if variable.name == "bias" and getattr(layer, "unit_forget_bias", False):
        return _forget_gate_open(variable.shape)
    initializer = _initializer_of(layer, variable)
    config = initializer.get_config() if hasattr(initializer, "get_config") else {}
    if "seed" in config:
        initializer = type(initializer).from_config({**config, "seed": seed})
    return initializer(variable.shape, variable.dtype)


def _initializer_of(layer: Any, variable: Any) -> Any:
    """Find the initializer of a variable, which layers of Keras keep by its name."""
    for name in (variable.name, variable.name.removesuffix("_kernel")):
        initializer = getattr(layer, f"{name}_initializer", None)
        if initializer is not None:
            return initializer
    raise ValueError(
        f"The layer {layer.name!r} has a weight {variable.name!r} but no attribute "
        f"'{variable.name}_initializer', so its initial value cannot be drawn again."
    )


def _forget_gate_open(shape: tuple[int]) -> np.ndarray:
    """Return a bias of 0, and of 1 for the forget gate, as Keras's LSTM begins."""
    units = shape[0] // 4
    return np.repeat(np.array([0, 1, 0, 0], np.float32), units)
