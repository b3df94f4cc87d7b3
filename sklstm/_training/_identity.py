"""Whether two objects of Keras or of a user's are proven to compute the same.

A compiled network is shared by fits whose loss, optimizer and metrics have the same identity.
Everything that a traced graph may depend on must be part of it: the values that objects and
functions hold, in attributes, closures, defaults and globals. In doubt there is no identity.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import numpy as np

from sklstm._kernels._tensorflow import keras, tf

# Code that does not change while a process runs.
_LIBRARIES = frozenset({"keras", "numpy", "scipy", "sklearn", "tensorflow", "sklstm"})
_LIBRARIES |= sys.stdlib_module_names - {"__main__"}

# What Keras's objects keep beside what they compute with.
_BOOKKEEPING = frozenset(
    {"_lock", "_tracker", "_variables", "_trainable_variables", "_trainable_variables_indices"}
    | {"_distribution_strategy", "_metrics"}
)


class DoubtError(Exception):
    """What an object computes cannot be told from what is seen of it."""


def identity(value: Any, *, unknown: Callable[[Any], Hashable] | None = None) -> Hashable:
    """Return a hashable that is equal only for objects which compute the same.

    Numbers, names, arrays, tensors and containers count by value; functions by themselves and the
    values that they refer to; objects by class and attributes. The state of optimizers and metrics
    does not count: a learning rate is not part of an optimizer's identity, a schedule of learning
    rates is. The names that Keras numbers (``adam_1``) do not count either, except those of
    metrics, which users read.

    Parameters
    ----------
    value : object
        Any object, or a container of objects.
    unknown : callable, default=None
        Maps what cannot be looked into to its identity. By default it is refused.

    Raises
    ------
    DoubtError
        If something cannot be looked into.
    """
    return _Reader(unknown or _refuse).read(value)


def _refuse(value: Any) -> Hashable:
    raise DoubtError(f"{type(value).__name__} cannot be looked into")


class ByIdentity:
    """Wrapper of an object that equals itself alone.

    It keeps the object alive, so that no other object can get its id.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class _Reader:
    """Reads one object; cycles of references end where they begin."""

    def __init__(self, unknown: Callable[[Any], Hashable]) -> None:
        self.unknown = unknown
        self.above: list[int] = []
        self.state: set[int] = set()

    def read(self, value: Any) -> Hashable:
        if value is None or isinstance(value, (str, bytes, bool, int)):
            return type(value).__name__, value
        if isinstance(value, float):
            return "float", value.hex()
        if id(value) in self.state:
            return "state"
        if id(value) in self.above:
            return "above", len(self.above) - self.above.index(id(value))
        self.above.append(id(value))
        try:
            return self._read(value)
        finally:
            self.above.pop()

    def _read(self, value: Any) -> Hashable:
        if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind != "O":
            return "array", value.shape, value.dtype.str, value.tobytes()
        if isinstance(value, tf.Tensor) and hasattr(value, "numpy"):
            return "tensor", self.read(value.numpy())
        if isinstance(value, (keras.Variable, tf.Variable)):
            return ByIdentity(value)  # a graph reads the variable itself
        if isinstance(value, (list, tuple)):
            return type(value).__name__, *map(self.read, value)
        if isinstance(value, (set, frozenset)):
            return "set", frozenset(map(self.read, value))
        if isinstance(value, Mapping):
            return "mapping", *((self.read(key), self.read(item)) for key, item in value.items())
        return self._read_code(value)

    def _read_code(self, value: Any) -> Hashable:
        if isinstance(value, functools.partial):
            parts = value.func, value.args, value.keywords
            return "partial", *map(self.read, parts)
        if isinstance(value, types.MethodType):
            return "method", self.read(value.__func__), self.read(value.__self__)
        if isinstance(value, types.ModuleType):
            return ByIdentity(value) if _is_of_library(value.__name__) else self.unknown(value)
        if isinstance(value, types.FunctionType):
            return self._read_function(value)
        if inspect.isclass(value):
            return self._read_class(value)
        if inspect.isroutine(value) or isinstance(value, (np.dtype, tf.DType)):
            return ByIdentity(value)
        return self._read_object(value)

    def _read_function(self, function: types.FunctionType) -> Hashable:
        if _is_of_library(function.__module__):
            return ByIdentity(function)
        refers_to = [function.__defaults__, function.__kwdefaults__, *_values_used(function)]
        return "function", ByIdentity(function), *map(self.read, refers_to)

    def _read_class(self, kind: type) -> Hashable:
        if _is_of_library(kind.__module__):
            return ByIdentity(kind)
        own = [item for name, item in vars(kind).items() if not _is_of_every_class(name)]
        return "class", ByIdentity(kind), *map(self.read, [*kind.__bases__, *map(_unwrap, own)])

    def _read_object(self, value: Any) -> Hashable:
        if isinstance(value, keras.Layer) or not hasattr(value, "__dict__"):
            return self.unknown(value)  # a layer has state of all kinds
        self.state |= _state_of(value)
        return self.read(type(value)), self.read(_attributes(value))


def _is_of_library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _LIBRARIES


def _is_of_every_class(name: str) -> bool:
    return name in ("__dict__", "__weakref__", "__doc__", "__module__", "__annotations__")


def _unwrap(item: Any) -> Any:
    """Return what a static method, class method or property calls."""
    if isinstance(item, property):
        return [item.fget, item.fset]
    return getattr(item, "__func__", item)


def _values_used(function: types.FunctionType) -> Iterator[Any]:
    """Yield the values in a function's closure, and the globals that it may refer to."""
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # it is not set yet
            yield None
    for name in sorted(_names_in(function.__code__)):
        if name in function.__globals__:
            yield name
            yield function.__globals__[name]


def _names_in(code: types.CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(_names_in, inner))


def _state_of(value: Any) -> set[int]:
    """Return the ids of the variables that a fit sets itself."""
    if isinstance(value, keras.optimizers.Optimizer):
        rate = value._learning_rate
        own = [rate] if isinstance(rate, keras.Variable) else []  # a schedule is no state
        slots = value.variables if value.built else []
        return set(map(id, [value._iterations, *own, *slots]))
    return set(map(id, value.variables)) if isinstance(value, keras.metrics.Metric) else set()


def _attributes(value: Any) -> dict[str, Any]:
    named = isinstance(value, keras.metrics.Metric)
    return {
        key: item
        for key, item in sorted(vars(value).items())
        if key not in _BOOKKEEPING and not key.startswith("_self_") and (named or key != "name")
    }
