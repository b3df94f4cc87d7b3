"""``history_``: loss and metrics by epoch, over all calls of fit that continue each other."""

from __future__ import annotations

from typing import Any

History = dict[str, list[Any]]


def recorded_history(model: Any) -> History:
    """Return what Keras's History callback has recorded, as floats, or text where it is none."""
    recorded = model.history.history
    return {name: [_number_or_text(value) for value in values] for name, values in recorded.items()}


def _number_or_text(value: Any) -> float | str:
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def extend_history(before: History, history: History) -> History:
    """Return the history of a fit with that of the fits that it continues.

    A metric that not all of them have computed is NaN in the epochs of the others.
    """
    n_before, n_more = len(before.get("loss", [])), len(history.get("loss", []))
    missing = float("nan")
    return {
        name: [
            *before.get(name, [missing] * n_before),
            *history.get(name, [missing] * n_more),
        ]
        for name in {**before, **history}
    }
