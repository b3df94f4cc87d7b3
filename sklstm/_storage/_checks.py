"""What a field of stored data may hold, and the digest that seals it.

Stored data are dicts of numbers, names, arrays, and dicts or lists of them. The digest shows damage
that leaves every field plausible. It is no signature: it does not tell who wrote a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

Check = Callable[[Any], bool]


class DamagedStateError(ValueError):
    """The stored state of an estimator is not what was stored."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "The stored state of the estimator is damaged, has been changed, or comes from a newer "
            f"version of sklstm: {what}. Load an intact copy, or fit again."
        )


def check_fields(record: Any, fields: Mapping[str, Check], what: str) -> None:
    """Refuse a record with a field that is missing, unknown or not of its kind."""
    if not isinstance(record, dict):
        raise DamagedStateError(f"{what} is a {type(record).__name__}, not a dict")
    if missing := fields.keys() - record.keys():
        raise DamagedStateError(f"{what} lacks {sorted(missing)}")
    if unknown := record.keys() - fields.keys():
        raise DamagedStateError(f"{what} has unknown fields {sorted(map(str, unknown))}")
    for name, check in fields.items():
        if not check(record[name]):
            raise DamagedStateError(f"{name} of {what} is {_brief(record[name])}")


def check_weights(arrays: list[np.ndarray], shapes: list[tuple[int, ...]]) -> None:
    """Refuse weights other than finite float32 arrays of the shapes that a plan asks for."""
    if len(arrays) != len(shapes):
        raise DamagedStateError(f"the weights should be a list of {len(shapes)} arrays")
    for number, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        if array.dtype != np.float32 or array.shape != shape:
            raise DamagedStateError(
                f"number {number} of the weights is {_brief(array)}, but the plan of the network "
                f"asks for a float32 array of shape {shape}"
            )
        if not np.isfinite(array).all():
            raise DamagedStateError(f"number {number} of the weights holds NaN or infinity")


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


# --- checks of fields ----------------------------------------------------------------------


def is_integer(low: int, high: int | None = None) -> Check:
    """Return a check for ints, and no bools, between two numbers."""

    def check(value: Any) -> bool:
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        return whole and low <= int(value) and (high is None or int(value) <= high)

    return check


def is_one_of(*values: Any) -> Check:
    """Return a check for names or other constants."""
    return lambda value: any(type(value) is type(known) and value == known for known in values)


def is_array(kinds: str, ndim: int | None = None) -> Check:
    """Return a check for arrays of some dtype kinds; arrays of objects may hold labels only."""
    labels = (str, bytes, bool, Integral, Real)

    def check(value: Any) -> bool:
        if not isinstance(value, np.ndarray) or value.dtype.kind not in kinds:
            return False
        if value.dtype.kind == "O" and not all(isinstance(item, labels) for item in value.flat):
            return False
        return ndim in (None, value.ndim)

    return check


def is_list_of_arrays(value: Any) -> bool:
    """Return whether a value is a list of numeric arrays."""
    return isinstance(value, list) and all(map(is_array("biuf"), value))


def is_history(value: Any) -> bool:
    """Return whether a value is a dict of lists of floats, or of text that a callback has noted."""
    columns = value.values() if isinstance(value, dict) else [None]
    return all(isinstance(c, list) and all(isinstance(v, (float, str)) for v in c) for c in columns)


# --- the digest ----------------------------------------------------------------------------


def seal(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with a digest of its content."""
    return record | {"digest": digest(record)}


def unseal(record: Any) -> dict[str, Any]:
    """Return a sealed record without its digest, once it matches.

    Raises
    ------
    DamagedStateError
        If the content is not what was sealed.
    """
    if not isinstance(record, dict):
        raise DamagedStateError(f"it is a {type(record).__name__}, not a dict")
    content = {name: value for name, value in record.items() if name != "digest"}
    if record.get("digest") != digest(content):
        raise DamagedStateError("its content does not match its digest")
    return content


def digest(record: Any) -> str:
    """Return a text that tells a record from any other."""
    hashed = hashlib.sha256()
    try:
        _feed(hashed.update, record)
    except TypeError:  # names that cannot be sorted: no record of ours
        return ""
    return hashed.hexdigest()


def _feed(update: Callable[[bytes], None], value: Any) -> None:
    """Feed a value to a digest, so that equal values give equal bytes and no others do."""
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        update(f"array {value.dtype.str} {value.shape} ".encode())
        update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        update(f"dict {len(value)} ".encode())
        for name in sorted(value):
            _feed(update, name)
            _feed(update, value[name])
    elif isinstance(value, (list, tuple, np.ndarray)):
        update(f"{type(value).__name__} {len(value)} ".encode())
        for item in value:
            _feed(update, item)
    else:
        plain = value.item() if isinstance(value, np.generic) else value
        update(f"{type(plain).__name__} {plain!r} ".encode())
