"""The four networks: from a plan of plain numbers to an uncompiled Keras model.

A :class:`Network` says all that is needed to build the model again, and nothing else. Each
architecture is two functions: one takes the network's input and its plan and returns what the
head reads, the other lists the shapes of the weights. To add a fifth, write these two and enter
them in ``_ARCHITECTURES``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any, NamedTuple

from sklstm._storage._records import (
    DamagedStateError,
    check_fields,
    is_integer,
    is_name,
    is_number,
    is_one_of,
    is_tuple_of,
)
from sklstm._kernels._tensorflow import keras, start

layers = keras.layers

MAX_LAYERS = 1000  # that a stored plan may list
Shapes = list[tuple[int, ...]]


@dataclass(frozen=True)
class Network:
    """Plan of a network: plain numbers and names, hashable, cheap to pickle.

    Parameters
    ----------
    arch : str
        A name in ``ARCHITECTURES``.
    n_timesteps, n_features, n_outputs : int
        Shape of a sequence, and the number of units of the head.
    head : {"linear", "softmax", "sigmoid"}
        Activation of the head.
    units : tuple of int
        LSTM units, one number a layer.
    activations : tuple of str
        Keras's names of the activations of the LSTM layers, one a layer.
    dropout : float
        Fraction dropped after each recurrent layer.
    filters, kernel_size, pool_size : int
        The convolution before the LSTM; only ``"cnn_lstm"`` reads them.
    subsequences : int or None
        Pieces that the window is cut into; only ``"cnn_lstm"`` reads it.
    """

    arch: str
    n_timesteps: int
    n_features: int
    n_outputs: int
    head: str
    units: tuple[int, ...]
    activations: tuple[str, ...]
    dropout: float = 0.0
    filters: int = 0
    kernel_size: int = 0
    pool_size: int = 0
    subsequences: int | None = None

    def build(self) -> Any:
        """Build the uncompiled Keras model, of stock Keras layers in float32."""
        start()
        sequence = keras.Input((self.n_timesteps, self.n_features), name="sequence")
        hidden = _ARCHITECTURES[self.arch].build(sequence, self)
        # Distinct names keep Keras's counters out of it: the same plan, the same model.
        head = layers.Dense(self.n_outputs, self.head, name="dense", **_plain())
        return keras.Model(sequence, head(hidden), name=self.arch)

    def weight_shapes(self) -> Shapes:
        """List the shapes of the model's weights without building it."""
        shapes, n_hidden = _ARCHITECTURES[self.arch].shapes(self)
        return [*shapes, (n_hidden, self.n_outputs), (self.n_outputs,)]

    def to_record(self) -> dict[str, Any]:
        """Return the plan as a record."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Any) -> Network:
        """Make the plan from a record, checked.

        Raises
        ------
        DamagedStateError
            If the record describes no network.
        """
        size = is_integer(1)
        arch = record.get("arch") if isinstance(record, dict) else None
        convolves, stacks = (is_one_of(name)(arch) for name in ("cnn_lstm", "stacked"))
        of_convolution = size if convolves else is_one_of(0)
        check_fields(
            record,
            {
                "arch": is_one_of(*ARCHITECTURES),
                "n_timesteps": size,
                "n_features": size,
                "n_outputs": size,
                "head": is_one_of("linear", "softmax", "sigmoid"),
                "units": is_tuple_of(size, at_most=MAX_LAYERS if stacks else 1),
                "activations": is_tuple_of(is_name, at_most=MAX_LAYERS),
                "dropout": is_number(0, below=1),
                "filters": of_convolution,
                "kernel_size": of_convolution,
                "pool_size": of_convolution,
                "subsequences": lambda value: value is None or (convolves and size(value)),
            },
            "the plan of the network",
        )
        network = cls(**record)
        if len(network.activations) != len(network.units):
            raise DamagedStateError("the plan of the network has other activations than layers")
        if convolves:
            try:
                _check_convolution(
                    network.n_timesteps,
                    network.kernel_size,
                    network.pool_size,
                    network.subsequences,
                )
            except ValueError as error:
                raise DamagedStateError(str(error)) from None
        return network


def plan_network(
    arch: str,
    *,
    n_timesteps: int,
    n_features: int,
    n_outputs: int,
    head: str,
    units: Any,
    activation: Any,
    dropout: float,
    filters: int,
    kernel_size: int,
    pool_size: int,
    subsequences: int | None,
) -> Network:
    """Turn an estimator's arguments into a plan, or say why they make no network.

    Raises
    ------
    ValueError
        If the convolution does not fit the sequences, ``units`` does not fit the architecture,
        or the activation is none that Keras can name.
    """
    layer_units = _layer_units(arch, units)
    plan: dict[str, Any] = {
        "n_timesteps": int(n_timesteps),
        "n_features": int(n_features),
        "n_outputs": int(n_outputs),
        "head": head,
        "units": layer_units,
        "activations": _layer_activations(activation, len(layer_units)),
        "dropout": float(dropout),
    }
    if arch == "cnn_lstm":
        _check_convolution(n_timesteps, kernel_size, pool_size, subsequences)
        plan.update(
            filters=int(filters),
            kernel_size=int(kernel_size),
            pool_size=int(pool_size),
            subsequences=None if subsequences is None else int(subsequences),
        )
    return Network(arch, **plan)


def _layer_units(arch: str, units: Any) -> tuple[int, ...]:
    """Units of each LSTM layer: (u,), or (u, 2u, u) for the stack, or as listed."""
    if isinstance(units, (list, tuple)):
        if arch != "stacked":
            raise ValueError(
                f"units={units!r} lists the layers of a stack, but arch={arch!r} has one LSTM "
                "layer: pass one int, or arch='stacked'."
            )
        if not units or not all(isinstance(u, Integral) and int(u) >= 1 for u in units):
            raise ValueError(
                f"units={units!r} must list at least one layer, each with an int of at least 1."
            )
        return tuple(int(u) for u in units)
    u = int(units)
    return (u, 2 * u, u) if arch == "stacked" else (u,)


def _layer_activations(activation: Any, n_layers: int) -> tuple[str, ...]:
    """Names of the activations: the lecture's for "auto", else one for all."""
    if isinstance(activation, str) and activation == "auto":
        return ("tanh",) + ("relu",) * (n_layers - 1)
    return (activation_name(activation),) * n_layers


def activation_name(activation: Any) -> str:
    """Name by which an activation is found again, so that a plan stays plain data."""
    name = activation
    if callable(activation) and hasattr(activation, "__name__"):
        name = keras.saving.get_registered_name(activation)
        if not (_find_activation(name) is activation or _is_from_keras(activation)):
            name = None
    if not isinstance(name, str) or _find_activation(name) is None:
        raise ValueError(
            f"activation={activation!r} is unknown to Keras. Pass 'auto', the name of a Keras "
            "activation ('tanh', 'relu', ...) or a function registered with "
            "keras.saving.register_keras_serializable."
        )
    return name


def _find_activation(name: str) -> Any:
    """Find the activation of a name: one that a user registered, or Keras's own."""
    try:
        return keras.saving.get_registered_object(name) or keras.activations.get(name)
    except ValueError:
        return None


def _require_activation(name: str) -> Any:
    activation = _find_activation(name)
    if activation is None:
        raise ValueError(
            f"The network was fitted with the activation {name!r}, which is not registered here. "
            "Import the module that registers it with keras.saving.register_keras_serializable."
        )
    return activation


def _is_from_keras(function: Any) -> bool:
    return function.__module__.partition(".")[0] == "keras"


def _check_convolution(
    n_timesteps: int, kernel_size: int, pool_size: int, subsequences: int | None
) -> None:
    """Refuse a convolution or pooling that the sequences are too short for."""
    length, whose = n_timesteps, f"sequences of {n_timesteps} time steps"
    if subsequences is not None:
        if n_timesteps % subsequences:
            raise ValueError(
                f"subsequences={subsequences} does not divide the {n_timesteps} time steps of a "
                f"sequence. Choose a divisor of {n_timesteps}, or another look-back."
            )
        length = n_timesteps // subsequences
        whose = f"the {length} time steps of each of the subsequences={subsequences}"
    if kernel_size > length:
        raise ValueError(
            f"kernel_size={kernel_size} is longer than {whose}. Choose a kernel_size of at most "
            f"{length}, or longer sequences."
        )
    convolved = length - kernel_size + 1
    if pool_size > convolved:
        raise ValueError(
            f"pool_size={pool_size} leaves no step: a convolution with kernel_size={kernel_size} "
            f"over {whose} leaves {convolved}. Choose a pool_size of at most {convolved}, a "
            "smaller kernel_size, or longer sequences."
        )


def _vanilla(x: Any, network: Network) -> Any:
    """LSTM."""
    return _recurrent(x, network, 0)


def _bidirectional(x: Any, network: Network) -> Any:
    """Two LSTMs, one reading from either end, their outputs side by side."""
    x = layers.Bidirectional(_lstm(network, 0), name="bidirectional", dtype="float32")(x)
    return _drop(x, network, "dropout")


def _stacked(x: Any, network: Network) -> Any:
    """LSTMs one upon another; every one but the last returns its whole sequence."""
    for layer in range(len(network.units)):
        x = _recurrent(x, network, layer)
    return x


def _cnn_lstm(x: Any, network: Network) -> Any:
    """Convolution and pooling in front of an LSTM.

    Without subsequences the LSTM reads the pooled steps of the whole sequence. With k of
    them the sequence is cut into k pieces, convolved piece by piece, and the LSTM reads one
    flattened piece a step.
    """
    conv = layers.Conv1D(
        network.filters, network.kernel_size, activation="relu", name="conv1d", **_plain()
    )
    pool = layers.MaxPooling1D(network.pool_size, name="max_pooling1d", dtype="float32")
    if network.subsequences is None:
        return _recurrent(pool(conv(x)), network, 0)
    pieces = (network.subsequences, network.n_timesteps // network.subsequences)
    x = layers.Reshape((*pieces, network.n_features), name="subsequences", dtype="float32")(x)
    for layer in (conv, pool, layers.Flatten(name="flatten", dtype="float32")):
        name = f"time_distributed_{layer.name}"
        x = layers.TimeDistributed(layer, name=name, dtype="float32")(x)
    return _recurrent(x, network, 0)


def _lstm(network: Network, layer: int) -> Any:
    last = layer == len(network.units) - 1
    return layers.LSTM(
        network.units[layer],
        activation=_require_activation(network.activations[layer]),
        return_sequences=not last,
        name=_numbered("lstm", layer),
        recurrent_initializer=keras.initializers.Orthogonal(seed=0),
        seed=0,
        **_plain(),
    )


def _recurrent(x: Any, network: Network, layer: int) -> Any:
    return _drop(_lstm(network, layer)(x), network, _numbered("dropout", layer))


def _drop(x: Any, network: Network, name: str) -> Any:
    if not network.dropout:
        return x
    return layers.Dropout(network.dropout, seed=0, name=name, dtype="float32")(x)


def _plain() -> dict[str, Any]:
    """Arguments that keep a layer off global state: the float policy, and Python's random."""
    return {"dtype": "float32", "kernel_initializer": keras.initializers.GlorotUniform(seed=0)}


def _numbered(name: str, layer: int) -> str:
    return f"{name}_{layer}" if layer else name


# --- the shapes of their weights -----------------------------------------------------------


def _one_layer_shapes(network: Network) -> tuple[Shapes, int]:
    return _lstm_shapes(network.n_features, network.units[0]), network.units[0]


def _bidirectional_shapes(network: Network) -> tuple[Shapes, int]:
    shapes, n_hidden = _one_layer_shapes(network)
    return 2 * shapes, 2 * n_hidden


def _stacked_shapes(network: Network) -> tuple[Shapes, int]:
    widths = network.n_features, *network.units
    layers_shapes = map(_lstm_shapes, widths[:-1], widths[1:])
    return [shape for shapes in layers_shapes for shape in shapes], widths[-1]


def _cnn_lstm_shapes(network: Network) -> tuple[Shapes, int]:
    filters, n_inputs = network.filters, network.filters
    if network.subsequences is not None:
        length = network.n_timesteps // network.subsequences
        n_inputs *= (length - network.kernel_size + 1) // network.pool_size
    convolution = [(network.kernel_size, network.n_features, filters), (filters,)]
    return convolution + _lstm_shapes(n_inputs, network.units[0]), network.units[0]


def _lstm_shapes(n_inputs: int, units: int) -> Shapes:
    """Shapes of kernel, recurrent kernel and bias; four gates stand side by side."""
    return [(n_inputs, 4 * units), (units, 4 * units), (4 * units,)]


class _Architecture(NamedTuple):
    """What reads the sequence, and the shapes of its weights with the width of its output."""

    build: Callable[[Any, Network], Any]
    shapes: Callable[[Network], tuple[Shapes, int]]


_ARCHITECTURES = {
    "vanilla": _Architecture(_vanilla, _one_layer_shapes),
    "bidirectional": _Architecture(_bidirectional, _bidirectional_shapes),
    "stacked": _Architecture(_stacked, _stacked_shapes),
    "cnn_lstm": _Architecture(_cnn_lstm, _cnn_lstm_shapes),
}

ARCHITECTURES = tuple(_ARCHITECTURES)
