"""``history_``: loss and metrics by epoch, over all calls of fit that continue each other."""

from __future__ import annotations

from typing import Any

History = dict[str, list[float]]


def recorded_history(model: Any) -> History:
    """Return what Keras's History callback has recorded, as floats."""
    recorded = model.history.history
    return {name: [float(value) for value in values] for name, values in recorded.items()}


def extend_history(before: History, history: History) -> History:
    """Return the history of a fit with that of the fits that it continues."""
    return {name: [*before.get(name, []), *values] for name, values in history.items()}
