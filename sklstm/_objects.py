"""Where files stored by version 0.1.0 look for arguments that are more than data."""

from sklstm._storage._keras_objects import Packed, _from_config

__all__ = ["Packed", "_from_config"]
