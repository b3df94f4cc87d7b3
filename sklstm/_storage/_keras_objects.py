"""Copies and pickles of the Keras objects and functions that users pass as arguments.

``copy.deepcopy`` cannot be trusted with them. Keras copies through ``get_config``, and a config
need not hold everything: the copy of ``Huber(2.0)`` has a delta of 1. So state is read from the
objects themselves, and a copy that does not equal its original is refused.

In a pickle of an estimator each of them is pickled separately, and unpickled when it is asked for:
so an estimator predicts even where the function that was its loss cannot be imported.
"""

from __future__ import annotations

import copy
import io
from typing import Any

import cloudpickle
import numpy as np

from sklstm._kernels._tensorflow import keras
from sklstm._training._identity import ByIdentity, identity

# Arguments of the estimators that copy.deepcopy would copy wrongly.
KERAS_ARGUMENTS = ("loss", "optimizer", "metrics")

_COPIED_BY_CONFIG = (keras.optimizers.Optimizer, keras.metrics.Metric)


def copy_object(value: Any) -> Any:
    """Copy an argument so that neither a fit nor a clone shares state with the caller's object.

    Parameters
    ----------
    value : object
        Keras objects, containers of them, or anything that ``copy.deepcopy`` copies.

    Returns
    -------
    object
        A copy with the same :func:`identity`; functions and classes as they are.

    Raises
    ------
    ValueError
        If a Keras object cannot be rebuilt from its ``get_config``.
    """
    if isinstance(value, (list, tuple)):
        return type(value)(copy_object(item) for item in value)
    if isinstance(value, dict):
        return {key: copy_object(item) for key, item in value.items()}
    if isinstance(value, keras.losses.Loss):
        twin = object.__new__(type(value))
        vars(twin).update(vars(value))
        return twin
    if isinstance(value, _COPIED_BY_CONFIG):
        return _copy_by_config(value)
    return copy.deepcopy(value)


def _copy_by_config(value: Any) -> Any:
    try:
        twin = type(value).from_config(_config(value))
        if isinstance(value, keras.metrics.Metric):
            _copy_variables(value, twin)
        faithful = identity(twin, unknown=ByIdentity) == identity(value, unknown=ByIdentity)
    except (TypeError, ValueError, KeyError, AttributeError, NotImplementedError):
        faithful = False
    if not faithful:
        name = type(value).__name__
        raise ValueError(
            f"{name} cannot be copied for a fit: its get_config() does not hold all that is needed "
            f"to make an equal one. Complete {name}.get_config, or pass the class instead of an "
            "instance and its arguments by routed names, such as optimizer__momentum=0.9."
        )
    return twin


def _copy_variables(metric: Any, twin: Any) -> None:
    """Give a metric the values of another's variables that are no counts of what it has seen."""
    for variable, own in zip(metric.variables, twin.variables, strict=True):
        own.assign(variable)
    twin.reset_state()


def _config(value: Any) -> dict[str, Any]:
    """Return the config, with a schedule of learning rates as it is: it has no state to share.

    Keras's own config holds the schedule's config, from which a user's class can be made again only
    if it is registered.
    """
    config = value.get_config()
    rate = getattr(value, "_learning_rate", None)
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        config["learning_rate"] = rate
    return config


class PickledArgument:
    """An argument in pickled form, unpickled on demand.

    Parameters
    ----------
    value : object
        What to pickle. Functions and classes that cannot be imported go with their code.
    """

    def __init__(self, value: Any) -> None:
        buffer = io.BytesIO()
        _Pickler(buffer).dump(value)
        self.pickled = buffer.getvalue()
        self.description = getattr(value, "__qualname__", type(value).__qualname__)
        self.error: str | None = None

    def load(self) -> Any:
        """Return the value, or this object if something that the value needs is missing."""
        try:
            return cloudpickle.loads(self.pickled)
        except Exception as error:  # whatever a user's module raises when it is imported
            self.error = f"{type(error).__name__}: {error}"
            return self

    def __repr__(self) -> str:
        if self.error is None:
            return f"<{self.description}, pickled>"
        return f"<{self.description}, which could not be loaded here ({self.error})>"


def is_data(value: Any) -> bool:
    """Return whether a value is plain data, and contains no code."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value) in (list, tuple, set, frozenset) and all(map(is_data, value))
    if isinstance(value, dict):
        return type(value) is dict and all(map(is_data, [*value, *value.values()]))
    numpy = np.generic, np.ndarray, np.random.RandomState, np.random.Generator
    return value is None or isinstance(value, (str, bytes, bool, int, float, *numpy))


class _Pickler(cloudpickle.Pickler):
    """A pickler that takes Keras objects as :func:`copy_object` does."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, keras.losses.Loss):
            return object.__new__, (type(obj),), vars(obj)
        if isinstance(obj, _COPIED_BY_CONFIG):
            return _from_config, (type(obj), _config(_copy_by_config(obj)))
        return super().reducer_override(obj)


def _from_config(kind: Any, config: dict[str, Any]) -> Any:
    return kind.from_config(config)
