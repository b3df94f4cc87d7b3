"""Whether two objects of Keras or of a user's compute the same."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import keras, tf

# What Keras's objects keep beside what they compute with.
_BOOKKEEPING = frozenset(
    {"_lock", "_tracker", "_variables", "_trainable_variables", "_trainable_variables_indices"}
    | {"_iterations", "_distribution_strategy", "_metrics"}
)


def identity(value: Any, _above: tuple[int, ...] = ()) -> Hashable:
    """Return a hashable that is equal for objects which compute the same.

    Numbers, names, arrays and containers count by value, functions and classes as themselves,
    Keras objects by class and attributes. Variables are state and do not count: the learning
    rate is not part of an optimizer's identity, a schedule of learning rates is. The names that
    Keras numbers (``adam_1``) do not count either, except those of metrics, which users read.
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
        return _ByIdentity(value)
    return _ByIdentity(type(value)), identity(_attributes(value), above)


def _attributes(value: Any) -> dict[str, Any]:
    named = isinstance(value, keras.metrics.Metric)
    return {
        key: item
        for key, item in vars(value).items()
        if key not in _BOOKKEEPING and not key.startswith("_self_") and (named or key != "name")
    }


class _ByIdentity:
    """Wrapper of an object that equals itself alone.

    It keeps the object alive, so that no other object can get its id.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and (
            self.value is other.value or _same_method(self.value, other.value)
        )

    def __hash__(self) -> int:
        return id(getattr(self.value, "__func__", self.value))


def _same_method(a: Any, b: Any) -> bool:
    """Bound methods are made anew at each access; they are equal when they bind the same."""
    return inspect.ismethod(a) and inspect.ismethod(b) and a == b
