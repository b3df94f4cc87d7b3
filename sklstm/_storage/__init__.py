"""How fitted estimators and Keras objects are copied and stored."""

from sklstm._storage._checks import DamagedStateError, check_fields, is_array, is_one_of
from sklstm._storage._keras_objects import KERAS_ARGUMENTS, copy_object
from sklstm._storage._pickling import PicklingMixin

__all__ = [
    "KERAS_ARGUMENTS",
    "DamagedStateError",
    "PicklingMixin",
    "check_fields",
    "copy_object",
    "is_array",
    "is_one_of",
]
