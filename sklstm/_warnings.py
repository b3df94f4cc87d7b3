"""Warnings that point at the user's line."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

_CALLEES = {"joblib", "sklearn", "sklstm"}


def warn(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn of what a user should know, at the line that called sklstm or scikit-learn."""
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _CALLEES:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
