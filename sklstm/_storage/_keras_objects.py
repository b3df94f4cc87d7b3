"""Copies, identities and pickles of the objects that users pass: losses, optimizers, metrics.

``copy.deepcopy`` cannot be trusted with them. Keras copies through ``get_config``, and a config
need not hold everything: the copy of ``Huber(2.0)`` has a delta of 1. So state is read from the
objects themselves, and a copy that is no equal of its original is refused.

In a pickle they lie packed, and are unpacked when they are asked for: an estimator predicts where
the function that was its loss is not known.
"""

from __future__ import annotations

import copy
import functools
import inspect
import io
from collections.abc import Hashable, Mapping
from typing import Any

import cloudpickle
import numpy as np

from sklstm._kernels._tensorflow import keras, tf

_COPIED_BY_CONFIG = (keras.optimizers.Optimizer, keras.metrics.Metric)
# What Keras keeps in its objects to keep book, beside what they compute.
_BOOKKEEPING = frozenset(
    {"_lock", "_tracker", "_variables", "_trainable_variables", "_trainable_variables_indices"}
    | {"_iterations", "_distribution_strategy", "_metrics"}
)


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
        twin = type(value).from_config(value.get_config())
        faithful = identity(twin) == identity(value)
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


@functools.cache
def optimizer_class(name: str) -> Any:
    """Find the class of an optimizer by its name.

    TensorFlow keeps some tens of kilobytes for every name that a variable ever had, and Keras
    makes an optimizer of a new name to look up its class, and for each fit. So classes are looked
    up once, and optimizers get the same name in every fit.
    """
    return type(keras.optimizers.get(name))


class Packed:
    """An argument in pickled form, unpacked on demand.

    Parameters
    ----------
    value : object
        What to pack. Functions and classes that cannot be imported go with their code.
    """

    def __init__(self, value: Any) -> None:
        buffer = io.BytesIO()
        _Pickler(buffer).dump(value)
        self.pickled = buffer.getvalue()
        self.described = getattr(value, "__qualname__", type(value).__qualname__)
        self.trouble: str | None = None

    def unpack(self) -> Any:
        """Return the value; where what it needs is missing, this object, which says so."""
        try:
            return cloudpickle.loads(self.pickled)
        except Exception as error:  # whatever a user's module raises when it is imported
            self.trouble = f"{type(error).__name__}: {error}"
            return self

    def __repr__(self) -> str:
        if self.trouble is None:
            return f"<{self.described}, packed>"
        return f"<{self.described}, which could not be loaded here ({self.trouble})>"


def is_plain(value: Any) -> bool:
    """Say whether a value can lie in a pickle as it is: data, and none of anybody's code."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value) in (list, tuple, set, frozenset) and all(map(is_plain, value))
    if isinstance(value, dict):
        return type(value) is dict and all(map(is_plain, [*value, *value.values()]))
    numpy = np.generic, np.ndarray, np.random.RandomState, np.random.Generator
    return value is None or isinstance(value, (str, bytes, bool, int, float, *numpy))


class _Pickler(cloudpickle.Pickler):
    """A pickler that takes Keras objects as :func:`copy_object` does."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, keras.losses.Loss):
            return object.__new__, (type(obj),), vars(obj)
        if isinstance(obj, _COPIED_BY_CONFIG):
            return _from_config, (type(obj), _copy_by_config(obj).get_config())
        return super().reducer_override(obj)


def _from_config(kind: Any, config: dict[str, Any]) -> Any:
    return kind.from_config(config)


def settle_names(metrics: Any) -> Any:
    """Take Keras's running numbers off the names of metrics, where that leaves them distinct.

    Keras names the second AUC of a process ``auc_1``. In the history of a fit it is ``auc``.
    """
    taken: set[str] = set()
    for metric in keras.tree.flatten(metrics):
        if isinstance(metric, keras.metrics.Metric):
            plain, _, number = metric.name.rpartition("_")
            automatic = plain.replace("_", "") == type(metric).__name__.lower()
            if number.isdigit() and automatic and plain not in taken:
                metric.name = plain
            taken.add(metric.name)
    return metrics


def identity(value: Any, _above: tuple[int, ...] = ()) -> Hashable:
    """Return a hashable that is equal for objects which compute the same.

    Numbers, names, arrays and containers count by value, functions and classes as themselves,
    Keras objects by class and attributes. Variables are state and do not count: a learning
    rate is none of an optimizer's identity, a schedule of learning rates is. The names that
    Keras numbers (``adam_1``) do not count either, but those of metrics, which users read.
    """
    if value is None or isinstance(value, (str, bytes, bool, int, float, np.generic)):
        return type(value).__name__, value
    if id(value) in _above or isinstance(value, (keras.Variable, tf.Variable)):
        return "state"
    above = (*_above, id(value))
    if isinstance(value, np.ndarray):
        return "array", value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value).__name__, *(identity(item, above) for item in value)
    if isinstance(value, Mapping):
        items = ((key, identity(item, above)) for key, item in value.items())
        return "mapping", *sorted(items, key=repr)
    if inspect.isroutine(value) or inspect.isclass(value) or not hasattr(value, "__dict__"):
        return _Itself(value)
    return _Itself(type(value)), identity(_attributes(value), above)


def _attributes(value: Any) -> dict[str, Any]:
    named = isinstance(value, keras.metrics.Metric)
    return {
        key: item
        for key, item in vars(value).items()
        if key not in _BOOKKEEPING and not key.startswith("_self_") and (named or key != "name")
    }


class _Itself:
    """An object that equals itself alone, kept alive so that its id is not given away."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and (
            self.value is other.value or _same_method(self.value, other.value)
        )

    def __hash__(self) -> int:
        return id(getattr(self.value, "__func__", self.value))


def _same_method(a: Any, b: Any) -> bool:
    """Bound methods are made anew at each access; they are equal when they bind the same."""
    return inspect.ismethod(a) and inspect.ismethod(b) and a == b
