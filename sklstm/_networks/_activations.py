"""Activations by name, so that a plan stays plain data."""

from __future__ import annotations

from typing import Any

from sklstm._kernels._tensorflow import keras


def activation_name(activation: Any) -> str:
    """Return the name by which an activation is found again.

    Raises
    ------
    ValueError
        If Keras finds no activation by that name, or another one.
    """
    name = activation
    if callable(activation) and hasattr(activation, "__name__"):
        name = keras.saving.get_registered_name(activation)
        if not (_find(name) is activation or _is_from_keras(activation)):
            name = None
    if not isinstance(name, str) or _find(name) is None:
        raise ValueError(
            f"activation={activation!r} is unknown to Keras. Pass 'auto', the name of a Keras "
            "activation ('tanh', 'relu', ...) or a function registered with "
            "keras.saving.register_keras_serializable."
        )
    return name


def find_activation(name: str) -> Any:
    """Return the activation of a name, or say that it is missing."""
    activation = _find(name)
    if activation is None:
        raise ValueError(
            f"The network was fitted with the activation {name!r}, which is not registered here. "
            "Import the module that registers it with keras.saving.register_keras_serializable."
        )
    return activation


def _find(name: str) -> Any:
    """Return what a user has registered, else Keras's own, else None."""
    try:
        return keras.saving.get_registered_object(name) or keras.activations.get(name)
    except ValueError:
        return None


def _is_from_keras(function: Any) -> bool:
    return function.__module__.partition(".")[0] == "keras"
