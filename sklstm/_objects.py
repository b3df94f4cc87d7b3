"""Where files stored by version 0.1.0 look for arguments that are more than data."""

from __future__ import annotations

from typing import Any

from sklstm._storage._keras_objects import PickledArgument, _from_config

__all__ = ["Packed", "_from_config"]


class Packed(PickledArgument):
    """A pickled argument under its old names; it turns into one under the new names."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__class__ = PickledArgument  # type: ignore[assignment]
        vars(self).update(
            pickled=state["pickled"], description=state["described"], error=state["trouble"]
        )
