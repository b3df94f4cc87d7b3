"""The plan of a network: plain data that says all that is needed to build its Keras model."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sklstm._kernels._tensorflow import keras, start
from sklstm._networks import _layers as layers
from sklstm._networks._activations import find_activation
from sklstm._networks._architecture import Architecture, Shape
from sklstm._networks._masks import real_steps
from sklstm._networks._registry import REGISTRY

_OUTPUT_ACTIVATIONS = "linear", "softmax", "sigmoid"


@dataclass(frozen=True)
class NetworkPlan:
    """Plan of a network: hashable, cheap to store, and equal for equal networks.

    Parameters
    ----------
    architecture : Architecture
        What lies between the sequences and the head.
    n_timesteps, n_features : int
        Shape of a sequence.
    n_outputs : int
        Units of the head.
    output_activation : {"linear", "softmax", "sigmoid"}
        Activation of the head.
    ragged : bool
        Whether the network takes sequences of unequal length, padded with zeros at the end, and
        their lengths. ``n_timesteps`` is then the length of the longest sequence of fit.

    Raises
    ------
    ValueError
        If the plan describes no network, or the sequences are too short for it.
    """

    architecture: Architecture
    n_timesteps: int
    n_features: int
    n_outputs: int
    output_activation: str
    ragged: bool = False

    def __post_init__(self) -> None:
        """Check the plan, whether it comes from arguments or from a file."""
        for name in ("n_timesteps", "n_features", "n_outputs"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ValueError(f"{name} must be an int of at least 1, got {value!r}.")
        if self.output_activation not in _OUTPUT_ACTIVATIONS:
            raise ValueError(
                f"output_activation must be one of {_OUTPUT_ACTIVATIONS}, got "
                f"{self.output_activation!r}."
            )
        if type(self.ragged) is not bool:
            raise ValueError(f"ragged must be a bool, got {self.ragged!r}.")
        if self.ragged:
            self.architecture.check_ragged()
        self.architecture.check_length(self.n_timesteps)

    @classmethod
    def from_arguments(
        cls,
        arch: str,
        arguments: Mapping[str, Any],
        *,
        before: NetworkPlan | None = None,
        ragged: bool = False,
        **fields: Any,
    ) -> Self:
        """Turn an estimator's arguments into a plan, or say why they make no network.

        ``"auto"`` stands for what it stood for in the plan `before`, if there is one.
        """
        architecture = REGISTRY[arch]
        if before is not None and before.architecture.name == arch:
            auto = before.architecture.to_record()
        else:
            activation = fields["output_activation"]
            auto = architecture.auto_options(ragged=ragged, output_activation=activation)
        return cls(architecture.from_arguments(arguments, auto), ragged=ragged, **fields)

    def environment(self) -> Hashable:
        """Return what else a built network depends on: Keras's settings, registered activations."""
        config = keras.config
        settings = config.floatx(), config.epsilon(), config.dtype_policy().name
        return *settings, *map(find_activation, self.architecture.activations)

    def for_lengths(self, lengths: np.ndarray | None) -> NetworkPlan:
        """Return the plan of the same network for sequences of these lengths; None: as in fit.

        Raises
        ------
        ValueError
            If the network cannot read them.
        """
        if lengths is None:
            return self
        self.architecture.check_lengths(lengths, self.n_timesteps)
        return replace(self, ragged=True)

    def graph_key(self) -> Hashable:
        """Return what is equal for plans whose networks have the same graph."""
        if self.ragged and not self.architecture.depends_on_length:
            return self.architecture, self.n_features, self.n_outputs, self.output_activation
        return self

    def build(self) -> Any:
        """Build the uncompiled Keras model, of stock Keras layers in float32."""
        start()
        n_timesteps = None if self.ragged else self.n_timesteps
        inputs = [keras.Input((n_timesteps, self.n_features), name="sequence")]
        if self.ragged:
            inputs.append(keras.Input((), dtype="int32", name="lengths"))
        head = layers.dense(self.n_outputs, self.output_activation)
        outputs = head(self._hidden(*inputs))
        return keras.Model(
            inputs if self.ragged else inputs[0], outputs, name=self.architecture.name
        )

    def _hidden(self, sequence: Any, lengths: Any = None) -> Any:
        """Return what the head reads."""
        if lengths is None:
            return self.architecture.build(sequence)
        options = {"n_timesteps": self.n_timesteps} if self.architecture.depends_on_length else {}
        return self.architecture.build(sequence, real_steps(sequence, lengths), **options)

    def weight_shapes(self) -> list[Shape]:
        """List the shapes of the model's weights, in Keras's order, without building it."""
        shapes, n_hidden = self.architecture.weight_shapes(self.n_timesteps, self.n_features)
        return shapes + layers.dense_shapes(n_hidden, self.n_outputs)

    def differences(self, before: NetworkPlan) -> str:
        """Describe what differs from an earlier plan."""
        old, new = (
            {**plan.to_record(), **plan.architecture.to_record()} for plan in (before, self)
        )
        names = [name for name in new if name != "options" and old.get(name) != new[name]]
        return ", ".join(f"{name} was {old.get(name)!r} and is {new[name]!r}" for name in names)

    def to_record(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            "arch": self.architecture.name,
            "options": self.architecture.to_record(),
            "n_timesteps": self.n_timesteps,
            "n_features": self.n_features,
            "n_outputs": self.n_outputs,
            "output_activation": self.output_activation,
            "ragged": self.ragged,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make the plan from plain data, checked like arguments.

        Raises
        ------
        KeyError, TypeError, ValueError
            If the record describes no network.
        """
        fields = dict(record)
        arch, options = fields.pop("arch"), fields.pop("options")
        if not isinstance(arch, str) or arch not in REGISTRY:
            raise ValueError(f"arch={arch!r} is unknown")
        ragged = fields.pop("ragged")
        return cls(REGISTRY[arch](**options), ragged=ragged, **fields)
