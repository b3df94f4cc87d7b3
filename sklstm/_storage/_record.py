"""The record: plain data in which a fitted estimator is stored, and how older ones are read.

A record has a format number. When the format changes, ``FORMAT`` goes up by one and ``_UPGRADES``
gets a function from the format before to the new one, so that files of all releases are read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklstm._networks import NetworkPlan
from sklstm._storage._checks import (
    DamagedStateError,
    check_fields,
    check_weights,
    is_array,
    is_history,
    is_integer,
    is_list_of_arrays,
    is_one_of,
    seal,
    unseal,
)
from sklstm._training import TrainingState

FORMAT = 5

_FIELDS = {
    "format": is_one_of(FORMAT),
    "plan": lambda value: isinstance(value, dict),
    "weights": is_list_of_arrays,
    "optimizer": lambda value: value is None or is_list_of_arrays(value),
    "optimizer_kind": lambda value: value is None or isinstance(value, str),
    "seed": is_integer(0, 2**31 - 1),
    "epoch": is_integer(0),
    "target_encoder": lambda value: isinstance(value, dict),
    "n_features_in": is_integer(1),
    "feature_names_in": lambda value: value is None or is_array("O", ndim=1)(value),
    "fingerprint": lambda value: value is None or isinstance(value, str),
    "history": is_history,
    "best_epoch": is_integer(0),
}


_OF_STATE = "seed", "weights", "optimizer", "epoch", "optimizer_kind"


def record_of(estimator: Any) -> dict[str, Any]:
    """Return what was fitted as a sealed record."""
    state = estimator._state
    return seal(
        {
            "format": FORMAT,
            "plan": estimator._plan.to_record(),
            "weights": state.weights,
            "optimizer": state.optimizer,
            "optimizer_kind": state.optimizer_kind,
            "seed": state.seed,
            "epoch": state.epoch,
            "target_encoder": vars(estimator.target_encoder_),
            "n_features_in": estimator.n_features_in_,
            "feature_names_in": getattr(estimator, "feature_names_in_", None),
            # a callback may store the estimator during its fit, before these are known
            "fingerprint": getattr(estimator, "_fingerprint", None),
            "history": getattr(estimator, "history_", {}),
            "best_epoch": getattr(estimator, "best_epoch_", state.epoch),
        }
    )


def fitted_attributes(record: Any, encoder_class: Any) -> dict[str, Any]:
    """Return the attributes that a record gives an estimator, checked from end to end.

    Nothing is built or computed, so loading is fast and damaged data do no harm.

    Raises
    ------
    DamagedStateError
        If the record is not what was stored.
    """
    fields = _upgraded(unseal(record))
    check_fields(fields, _FIELDS, "the state")
    plan = _plan_of(fields)
    check_weights(fields["weights"], plan.weight_shapes())
    encoder = encoder_class.from_record(fields["target_encoder"])
    if (encoder.output_activation_, encoder.n_columns_) != (plan.output_activation, plan.n_outputs):
        raise DamagedStateError("the encoder of the targets does not fit the network")
    state = {name: fields[name] for name in _OF_STATE}
    return {
        "_plan": plan,
        "_state": TrainingState(**state),
        "_sequence_shape": (plan.n_timesteps, plan.n_features),
        "n_timesteps_in_": plan.n_timesteps,
        "target_encoder_": encoder,
        "_fingerprint": fields["fingerprint"],
        "history_": fields["history"],
        "best_epoch_": fields["best_epoch"],
        **_features_of(fields, plan),
    }


def _plan_of(fields: dict[str, Any]) -> NetworkPlan:
    try:
        return NetworkPlan.from_record(fields["plan"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedStateError(f"the plan describes no network ({error})") from None


def _features_of(fields: dict[str, Any], plan: NetworkPlan) -> dict[str, Any]:
    number, names = fields["n_features_in"], fields["feature_names_in"]
    if number not in ((plan.n_features,) if plan.n_features > 1 else (1, plan.n_timesteps)):
        raise DamagedStateError(
            f"n_features_in does not fit sequences of {plan.n_timesteps} steps of "
            f"{plan.n_features} features"
        )
    if names is None:
        return {"n_features_in_": number}
    if len(names) != number:
        raise DamagedStateError("feature_names_in are not as many as n_features_in")
    return {"n_features_in_": number, "feature_names_in_": names}


# --- older formats -------------------------------------------------------------------------


def _upgraded(record: dict[str, Any]) -> dict[str, Any]:
    """Bring a record up to date, one format after another."""
    number = record.get("format", 1)
    if type(number) is not int or not 1 <= number <= FORMAT:
        raise DamagedStateError(f"its format is {number!r}, where 1 to {FORMAT} are known")
    while number < FORMAT:
        try:
            record = _UPGRADES[number](record)
        except (AttributeError, KeyError, TypeError) as error:
            raise DamagedStateError(f"it is no record of format {number} ({error!r})") from None
        number += 1
    return record


def _from_format_1(record: dict[str, Any]) -> dict[str, Any]:
    """Read version 0.1.0: the options of all architectures lay flat in the plan."""
    record = dict(record)
    network = dict(record.pop("network"))
    of_convolution = ["filters", "kernel_size", "pool_size", "subsequences"]
    convolution = {name: network.pop(name) for name in of_convolution}
    options = {name: network.pop(name) for name in ("units", "activations", "dropout")}
    if network["arch"] == "cnn_lstm":
        options |= convolution
    plan = {**network, "options": options, "output_activation": network["head"]}
    del plan["head"]
    encoder = dict(record.pop("target_encoder"))
    encoder.pop("n_columns_")
    if "codes" in encoder:
        encoder["integer_labels"] = encoder.pop("codes")
        encoder.pop("head_")
    unknown = {"fingerprint": None, "optimizer_kind": None}
    return {**record, "format": 2, "plan": plan, "target_encoder": encoder, **unknown}


def _from_format_2(record: dict[str, Any]) -> dict[str, Any]:
    """Read what was stored before there were read-outs: the head read the last step."""
    plan = dict(record["plan"])
    if plan["arch"] in ("vanilla", "bidirectional", "stacked", "cnn_lstm"):
        plan["options"] = {**plan["options"], "readout": "last"}
    return {**record, "format": 3, "plan": plan}


def _from_format_3(record: dict[str, Any]) -> dict[str, Any]:
    """Read what was stored before there were quantiles; classifiers have none."""
    encoder = record["target_encoder"]
    if "mean_" in encoder:
        encoder = {**encoder, "quantiles": None}
    return {**record, "format": 4, "target_encoder": encoder}


def _from_format_4(record: dict[str, Any]) -> dict[str, Any]:
    """Read what was stored before sequences could differ in length."""
    return {**record, "format": 5, "plan": {**record["plan"], "ragged": False}}


_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _from_format_1,
    2: _from_format_2,
    3: _from_format_3,
    4: _from_format_4,
}
