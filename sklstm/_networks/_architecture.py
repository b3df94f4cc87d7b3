"""What an architecture is: its options, their checks, its graph and the shapes of its weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions, validate_parameter_constraints

from sklstm._networks._activations import activation_name

Shape = tuple[int, ...]
MAX_LAYERS = 1000  # a stored plan that lists more is damaged

POSITIVE_INT = Interval(Integral, 1, None, closed="left")
AUTO = "auto"


@dataclass(frozen=True)
class Architecture(ABC):
    """Everything between the sequences and the head of a network, as plain data.

    A subclass is a frozen dataclass whose further fields are its options: each is taken from the
    estimator's argument of the same name and checked against ``constraints``. What an
    architecture has no field for, it ignores.

    Parameters
    ----------
    units : tuple of int
        Units of the recurrent layers, one number per layer.
    activations : tuple of str
        Keras's names of their activations.
    dropout : float
        Fraction dropped after each recurrent layer.
    """

    units: tuple[int, ...]
    activations: tuple[str, ...]
    dropout: float

    name: ClassVar[str]
    auto_dropout: ClassVar[float] = 0.0
    auto_batch_size: ClassVar[int] = 32
    # Time of an epoch, compared with that of one LSTM layer, as "auto" epochs count it.
    epoch_cost: ClassVar[float] = 1.0
    # Updates that "auto" epochs of a regression are at least, whatever a trial finds enough.
    regression_updates: ClassVar[int] = 0
    # Whether too many epochs can give outputs of any size. Without a trial there are then no more
    # than these updates, otherwise a usual number of epochs.
    is_unbounded: ClassVar[bool] = False
    # Whether a network for sequences of any length depends on the longest of fit all the same;
    # ``build`` then takes its ``n_timesteps``, too.
    depends_on_length: ClassVar[bool] = False
    # Whether a small last batch would harm: batch normalisation takes statistics from each batch.
    wants_even_batches: ClassVar[bool] = False
    constraints: ClassVar[dict[str, list[Any]]] = {
        "units": [POSITIVE_INT, list, tuple],
        "activation": [str, callable],
        "dropout": [Interval(Real, 0, 1, closed="left"), StrOptions({AUTO})],
    }

    @abstractmethod
    def build(self, x: Any, mask: Any = None) -> Any:
        """Build the graph, with layers of ``_layers``; return what the head reads.

        Parameters
        ----------
        x : KerasTensor of shape (n_samples, n_timesteps, n_features)
            Sequences.
        mask : KerasTensor of shape (n_samples, n_timesteps), optional
            Which steps are real, see ``_masks``; by default all are.

        Returns
        -------
        KerasTensor of shape (n_samples, n_hidden)
        """

    @abstractmethod
    def weight_shapes(self, n_timesteps: int, n_features: int) -> tuple[list[Shape], int]:
        """Return the shapes of the weights in the order of Keras, and the width of the output.

        A stored network is checked against them without being built.
        """

    def check_length(self, n_timesteps: int) -> None:
        """Raise a ValueError where sequences are too short for the options; here, never."""
        return

    def check_ragged(self) -> None:
        """Raise a ValueError where sequences must not differ in length; here, never."""
        return

    def check_lengths(self, lengths: np.ndarray, n_timesteps: int) -> None:
        """Raise a ValueError where sequences of unequal length do not fit.

        Parameters
        ----------
        lengths : ndarray of int of shape (n_samples,)
            Time steps of each sequence.
        n_timesteps : int
            Those of the longest sequence that the network was made for.
        """
        self.check_ragged()
        shortest = int(lengths.argmin())
        try:
            self.check_length(int(lengths[shortest]))
        except ValueError as error:
            raise ValueError(
                f"Sample {shortest} of X, with {lengths[shortest]} time steps, is too short. "
                f"{error}"
            ) from None

    # --- from arguments to options ---------------------------------------------------------

    @classmethod
    def auto_options(cls, *, ragged: bool, output_activation: str) -> dict[str, Any]:
        """Return what ``"auto"`` stands for, by option, in a network of such a plan."""
        return {"dropout": cls.auto_dropout}

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any], auto: Mapping[str, Any]) -> Self:
        """Make an architecture from an estimator's arguments.

        Parameters
        ----------
        arguments : mapping
            By name, with Python's numbers.
        auto : mapping
            What ``"auto"`` stands for, by name.

        Raises
        ------
        ValueError
            If ``units`` does not fit the architecture, or Keras knows no such activation.
        """
        units = cls.layer_units(arguments["units"])
        own = {name: _as_python(arguments[name]) for name in cls._option_names()}
        own |= {name: auto[name] for name, value in own.items() if value == AUTO}
        return cls(
            units=units, activations=cls._layer_activations(arguments["activation"], units), **own
        )

    @classmethod
    def layer_units(cls, units: Any) -> tuple[int, ...]:
        """Return the units of each recurrent layer."""
        if isinstance(units, (list, tuple)):
            raise ValueError(
                f"units={units!r} lists the layers of a stack, but arch={cls.name!r} has one LSTM "
                "layer: pass one int, or arch='stacked'."
            )
        return (int(units),)

    @staticmethod
    def _layer_activations(activation: Any, units: tuple[int, ...]) -> tuple[str, ...]:
        """Return names of the activations: those of the lecture for "auto", else one for all."""
        if isinstance(activation, str) and activation == "auto":
            return ("tanh",) + ("relu",) * (len(units) - 1)
        return (activation_name(activation),) * len(units)

    @classmethod
    def _option_names(cls) -> list[str]:
        resolved = "units", "activations"
        return [field.name for field in fields(cls) if field.name not in resolved]

    # --- checks, of arguments and of stored plans alike ------------------------------------

    def __post_init__(self) -> None:
        """Refuse options that are no network's, whether they come from arguments or a file."""
        options = {name: getattr(self, name) for name in self._option_names()}
        constraints = self.all_constraints()
        for name, value in options.items():
            if isinstance(value, bool) and constraints[name] != ["boolean"]:
                raise ValueError(f"{name}={value!r} must be a number.")
        for name, value in options.items():
            if value == AUTO:
                raise ValueError(f"{name}={value!r} must be settled in a plan.")
        validate_parameter_constraints(constraints, options, caller_name=f"arch={self.name!r}")
        check_sizes("units", self.units)
        _check_tuple("activations", self.activations, lambda name: isinstance(name, str))
        if len(self.activations) != len(self.units):
            raise ValueError(
                f"There are {len(self.activations)} activations for {len(self.units)} layers."
            )

    @classmethod
    def all_constraints(cls) -> dict[str, list[Any]]:
        """Return the constraints of the options, those of the bases included."""
        of_classes = [vars(each).get("constraints", {}) for each in reversed(cls.__mro__)]
        return {name: check for each in of_classes for name, check in each.items()}

    # --- plain data ------------------------------------------------------------------------

    def to_record(self) -> dict[str, Any]:
        """Return the options."""
        return asdict(self)


def check_sizes(name: str, values: Any) -> None:
    """Refuse what is no tuple of positive ints, one per layer."""
    _check_tuple(name, values, _is_size)


def _check_tuple(name: str, values: Any, check: Any) -> None:
    valid = isinstance(values, tuple) and 0 < len(values) <= MAX_LAYERS and all(map(check, values))
    if not valid:
        raise ValueError(f"{name} must list 1 to {MAX_LAYERS} layers, got {values!r:.80}.")


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _as_python(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(_as_python, value))
    return value.item() if isinstance(value, np.generic) else value
