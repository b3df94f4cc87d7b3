"""Records: the plain data in which a fitted estimator is stored, checked when it comes back.

A record is a dict of numbers, names, arrays, and records or lists of them. It is sealed with a
digest of its content, so that damage is noticed where no field looks wrong. A digest is no
signature: it does not tell who wrote a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np

Check = Callable[[Any], bool]


class DamagedStateError(ValueError):
    """The stored state of an estimator is not what was stored."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "The stored state of the estimator is damaged, has been changed, or comes from a newer "
            f"version of sklstm: {what}. Load an intact copy, or fit again."
        )


def seal(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with a digest of its content."""
    return record | {"digest": _digest(record)}


def unseal(record: Any, fields: Mapping[str, Check]) -> dict[str, Any]:
    """Check the fields and the digest of a sealed record; return it without the digest.

    Raises
    ------
    DamagedStateError
        If a field is missing, unknown or not of its kind, or the digest is another.
    """
    check_fields(record, {**fields, "digest": is_name}, "the state")
    content = {name: value for name, value in record.items() if name != "digest"}
    if _digest(content) != record["digest"]:
        raise DamagedStateError("its content does not match its digest")
    return content


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


def check_arrays(arrays: Any, shapes: list[tuple[int, ...]], what: str) -> None:
    """Refuse all but a list of finite float32 arrays of the shapes given."""
    if not isinstance(arrays, list) or len(arrays) != len(shapes):
        raise DamagedStateError(f"{what} should be a list of {len(shapes)} arrays")
    for number, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        if not (is_array("f")(array) and array.dtype == np.float32 and array.shape == shape):
            raise DamagedStateError(
                f"number {number} of {what} is {_brief(array)}, but the plan of the network asks "
                f"for a float32 array of shape {shape}"
            )
        if not np.isfinite(array).all():
            raise DamagedStateError(f"number {number} of {what} holds NaN or infinity")


def _brief(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} and shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


class Recorded:
    """Mixin of a class whose attributes are the fields of a record."""

    _fields: ClassVar[dict[str, Check]]

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Make an instance from a record, checked."""
        check_fields(record, cls._fields, f"the {cls.__name__}")
        made = cls.__new__(cls)
        vars(made).update(record)
        if not made._is_consistent():
            raise DamagedStateError(f"the fields of the {cls.__name__} do not fit each other")
        return made

    def _is_consistent(self) -> bool:
        raise NotImplementedError


# --- what a field may hold -----------------------------------------------------------------


def is_integer(low: int, high: int | None = None) -> Check:
    """Return a check for ints, and no bools, between two numbers."""

    def check(value: Any) -> bool:
        whole = isinstance(value, Integral) and not isinstance(value, bool)
        return whole and low <= int(value) and (high is None or int(value) <= high)

    return check


def is_number(low: float, below: float) -> Check:
    """Return a check for numbers from ``low`` to less than ``below``."""
    return lambda value: isinstance(value, Real) and low <= float(value) < below


def is_one_of(*values: Any) -> Check:
    """Return a check for names or other constants."""
    return lambda value: any(type(value) is type(known) and value == known for known in values)


def is_name(value: Any) -> bool:
    """Say whether a value is a str."""
    return isinstance(value, str)


def is_tuple_of(check: Check, at_most: int) -> Check:
    """Return a check for tuples that are neither empty nor too long."""
    return lambda value: (
        isinstance(value, tuple) and 0 < len(value) <= at_most and all(map(check, value))
    )


def is_array(kinds: str, ndim: int | None = None) -> Check:
    """Return a check for arrays of some dtype kinds; of objects, they may hold labels alone."""
    labels = (str, bytes, bool, Integral, Real)

    def check(value: Any) -> bool:
        if not isinstance(value, np.ndarray) or value.dtype.kind not in kinds:
            return False
        if value.dtype.kind == "O" and not all(isinstance(item, labels) for item in value.flat):
            return False
        return ndim in (None, value.ndim)

    return check


def _digest(record: Any) -> str:
    digest = hashlib.sha256()
    _feed(digest.update, record)
    return digest.hexdigest()


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
