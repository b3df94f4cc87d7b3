"""How a fitted estimator is stored: pickled, copied, and taken back checked.

Arguments go as they are, packed where they are more than data, and what was fitted goes as one
sealed record of plain data. Nothing of Keras is built and nothing computed when it comes back.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any, Self

from sklearn.exceptions import InconsistentVersionWarning

from sklstm._networks._plan import Network
from sklstm._training._loop import State
from sklstm._storage._keras_objects import Packed, copy_object, is_plain
from sklstm._storage._records import DamagedStateError, check_arrays, is_array, is_integer, seal, unseal
from sklstm._version import __version__

__all__ = ["KERAS_OBJECTS", "StorageMixin"]

KERAS_OBJECTS = ("loss", "optimizer", "metrics")  # arguments that copy.deepcopy copies wrongly

_FITTED = frozenset(
    {"_network", "_state", "target_encoder_", "_sequence_shape", "n_timesteps_in_"}
    | {"n_features_in_", "feature_names_in_", "history_", "loss_curve_", "n_iter_", "best_epoch_"}
)


def _is_list_of_arrays(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_array("biuf"), value))


def _is_history(value: Any) -> bool:
    columns = value.values() if isinstance(value, dict) else [None]
    return all(isinstance(c, list) and all(isinstance(v, float) for v in c) for c in columns)


_RECORD = {
    "network": lambda value: isinstance(value, dict),
    "weights": _is_list_of_arrays,
    "optimizer": lambda value: value is None or _is_list_of_arrays(value),
    "seed": is_integer(0, 2**31 - 1),
    "epoch": is_integer(0),
    "target_encoder": lambda value: isinstance(value, dict),
    "n_features_in": is_integer(1),
    "feature_names_in": lambda value: value is None or is_array("O", ndim=1)(value),
    "history": _is_history,
    "best_epoch": is_integer(0),
}


class StorageMixin:
    """Pickling and copying of the estimators.

    A fitted estimator is plain data: ``_network``, the plan, and ``_state``, NumPy weights, with
    the encoder of its targets and its history.
    """

    _network: Network
    _state: State
    target_encoder: Any
    target_encoder_: Any
    n_features_in_: int
    history_: dict[str, list[float]]

    def _argument_names(self) -> list[str]:
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        """Unpack an argument that came packed out of a pickle."""
        if name in (packed := vars(self).get("_packed", {})):
            value = packed[name].unpack()
            setattr(self, name, value)
            return value
        return object.__getattribute__(self, name)  # to raise what was raised at first

    def __getstate__(self) -> dict[str, Any]:
        """Return arguments as they are, and what was fitted as one sealed record."""
        state = {**vars(self), "_sklstm_version": __version__}
        if not self.__sklearn_is_fitted__():
            return state
        return {k: v for k, v in state.items() if k not in _FITTED} | {"_fitted": self._record()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        version = state.pop("_sklstm_version", None)
        if version != __version__:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=type(self).__name__,
                    current_sklearn_version=__version__,
                    original_sklearn_version=version,
                ),
                stacklevel=2,
            )
        record = state.pop("_fitted", None)
        if "_network" in state or "_state" in state:
            raise DamagedStateError("what was fitted lies outside of its sealed record")
        if shadows := [name for name in state if callable(getattr(type(self), name, None))]:
            raise DamagedStateError(f"{shadows} would hide methods")
        vars(self).update(state)
        if record is not None:
            self._restore(record)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """Pickle plain arguments as they are, and others packed."""
        reduced: Any = super().__reduce_ex__(max(2, protocol))
        make, arguments, state, *_ = reduced
        packed = {k: v for k, v in state.pop("_packed", {}).items() if k not in state}
        for name in self._argument_names():
            if name in state and not is_plain(state[name]):
                packed[name] = Packed(state.pop(name))
        if packed:
            state["_packed"] = packed
        return make, arguments, state

    def __copy__(self) -> Self:
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = memo[id(self)] = type(self).__new__(type(self))
        for name, value in vars(self).items():
            copied = copy_object(value) if name in KERAS_OBJECTS else copy.deepcopy(value, memo)
            vars(twin)[name] = copied
        return twin

    def _record(self) -> dict[str, Any]:
        """Return what was fitted as a record that is plain data throughout."""
        state = self._state
        return seal(
            {
                "network": self._network.to_record(),
                "weights": state.weights,
                "optimizer": state.optimizer,
                "seed": state.seed,
                "epoch": state.epoch,
                "target_encoder": vars(self.target_encoder_),
                "n_features_in": self.n_features_in_,
                "feature_names_in": getattr(self, "feature_names_in_", None),
                # a callback may store the estimator amid its fit, before these are known
                "history": getattr(self, "history_", {}),
                "best_epoch": getattr(self, "best_epoch_", state.epoch),
            }
        )

    def _restore(self, record: Any) -> None:
        """Take over a record, checked from end to end: nothing is built or computed."""
        fitted = unseal(record, _RECORD)
        network = Network.from_record(fitted["network"])
        check_arrays(fitted["weights"], network.weight_shapes(), "the weights")
        shape = network.n_timesteps, network.n_features
        if fitted["n_features_in"] not in ((shape[1],) if shape[1] > 1 else (1, shape[0])):
            raise DamagedStateError(f"n_features_in does not fit sequences of shape {shape}")
        names = fitted["feature_names_in"]
        if names is not None:
            if len(names) != fitted["n_features_in"]:
                raise DamagedStateError("feature_names_in are not as many as n_features_in")
            self.feature_names_in_ = names
        encoder = self.target_encoder.from_record(fitted["target_encoder"])
        if (encoder.head_, encoder.n_columns_) != (network.head, network.n_outputs):
            raise DamagedStateError("the encoder of the targets does not fit the network")
        self._network, self.target_encoder_ = network, encoder
        self._state = State(fitted["seed"], fitted["weights"], fitted["optimizer"], fitted["epoch"])
        self._sequence_shape = shape
        self.n_timesteps_in_, self.n_features_in_ = shape[0], fitted["n_features_in"]
        self.best_epoch_ = fitted["best_epoch"]
        self._keep_history(fitted["history"])

    def _keep_history(self, history: dict[str, list[float]]) -> None:
        self.history_ = history
        self.loss_curve_ = history.get("loss", [])
        self.n_iter_ = len(self.loss_curve_)
