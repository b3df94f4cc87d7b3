"""How an estimator is pickled and copied.

Arguments are stored as they are, or each pickled separately where they are more than data, and
what was fitted as one sealed record of plain data. Nothing of Keras is built when it is loaded.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Self

from sklearn.exceptions import InconsistentVersionWarning

from sklstm._storage._checks import DamagedStateError, digest
from sklstm._storage._keras_objects import (
    KERAS_ARGUMENTS,
    PickledArgument,
    copy_object,
    is_data,
)
from sklstm._storage._record import fitted_attributes, record_of
from sklstm._version import __version__
from sklstm._warnings import warn

# What a record holds, or what follows from it.
_FITTED = frozenset(
    {"_plan", "_state", "target_encoder_", "_sequence_shape", "n_timesteps_in_", "best_epoch_"}
    | {"_fingerprint", "n_features_in_", "feature_names_in_", "history_"}
)


def _seal_of(state: dict[str, Any], *, sequences: bool = True) -> str:
    """Return the digest of what a state holds beside the record: names, and simple values.

    Parameters
    ----------
    state : dict
        What is pickled.
    sequences : bool
        Whether lists and tuples of simple values count as well. They did not in format 2.
    """
    simple = {k: v for k, v in state.items() if _is_simple(v, sequences=sequences)}
    pickled = {k: v.pickled for k, v in state.get("_pickled_arguments", {}).items()}
    return digest([sorted(state), simple, pickled])


def _is_simple(value: Any, *, sequences: bool) -> bool:
    if sequences and type(value) in (list, tuple):
        return all(_is_simple(item, sequences=True) for item in value)
    return type(value) in (bool, int, float, str, bytes)


class PicklingMixin:
    """Pickling and copying of the estimators."""

    _encoder_class: ClassVar[Any]
    _argument_names: Callable[[], list[str]]

    def __getattr__(self, name: str) -> Any:
        """Unpickle an argument when it is asked for."""
        if name in (pickled := vars(self).get("_pickled_arguments", {})):
            value = pickled[name].load()
            setattr(self, name, value)
            return value
        return object.__getattribute__(self, name)  # to raise what was raised at first

    def __getstate__(self) -> dict[str, Any]:
        """Return arguments as they are, and what was fitted as one sealed record."""
        state = {**vars(self), "_sklstm_version": __version__}
        if not hasattr(self, "_state"):
            return state
        return {k: v for k, v in state.items() if k not in _FITTED} | {"_fitted": record_of(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        try:
            self._restore(state)
        except (DamagedStateError, Warning):  # a warning: of another version, as an error
            raise
        except Exception as error:  # whatever checks stumble over
            raise DamagedStateError(f"it cannot be read ({error!r:.200})") from error

    def _restore(self, state: Any) -> None:
        if not isinstance(state, dict) or "_sklstm_version" not in state:
            raise DamagedStateError("it is not what an estimator stores")
        state = dict(state)
        seal = state.pop("_seal", None)  # there was none in 0.1.0
        if seal not in (None, _seal_of(state), _seal_of(state, sequences=False)):
            raise DamagedStateError("its arguments do not match their digest")
        self._warn_of_another_version(state.pop("_sklstm_version"))
        if "_packed" in state:  # its name in version 0.1.0
            state["_pickled_arguments"] = state.pop("_packed")
        record = state.pop("_fitted", None)
        if loose := sorted({*state} & (_FITTED | {"_network"})):
            raise DamagedStateError(f"{loose} lie outside of the sealed record")
        if shadows := [name for name in state if callable(getattr(type(self), name, None))]:
            raise DamagedStateError(f"{shadows} would hide methods")
        vars(self).update(self._default_arguments() | state)
        for name in state.get("_pickled_arguments", {}):
            vars(self).pop(name, None)
        if record is not None:
            vars(self).update(fitted_attributes(record, self._encoder_class))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """Pickle data as they are, and each other argument separately."""
        reduced: Any = super().__reduce_ex__(max(2, protocol))
        make, arguments, state, *_ = reduced
        before = state.pop("_pickled_arguments", {})
        pickled = {name: value for name, value in before.items() if name not in state}
        for name in self._argument_names():
            if name in state and not is_data(state[name]):
                pickled[name] = PickledArgument(state.pop(name))
        if pickled:
            state["_pickled_arguments"] = pickled
        return make, arguments, state | {"_seal": _seal_of(state)}

    def __copy__(self) -> Self:
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = memo[id(self)] = type(self).__new__(type(self))
        for name, value in vars(self).items():
            copied = copy_object(value) if name in KERAS_ARGUMENTS else copy.deepcopy(value, memo)
            vars(twin)[name] = copied
        return twin

    def _default_arguments(self) -> dict[str, Any]:
        """Return what arguments are that the version which stored an estimator did not know."""
        parameters = inspect.signature(type(self)).parameters.values()
        return {p.name: p.default for p in parameters}

    def _warn_of_another_version(self, version: str | None) -> None:
        if version != __version__:
            warn(
                InconsistentVersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=__version__,
                    original_sklearn_version=version,
                ),
            )
