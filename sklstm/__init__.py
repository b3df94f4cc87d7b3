"""LSTM networks that behave like scikit-learn.

Names are resolved when they are first used: what needs no network imports no TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sklstm._version import __version__

_HOMES = {
    "ARCHITECTURES": "_networks",
    "Forecaster": "forecasting",
    "LSTMClassifier": "_classifier",
    "LSTMRegressor": "_regressor",
    "NaiveForecaster": "forecasting",
    "PurgedTimeSeriesSplit": "model_selection",
    "SlidingWindow": "windowing",
    "TimeDistributedTransformer": "windowing",
    "WindowImputer": "windowing",
    "Windows": "windowing",
    "backtest": "forecasting",
    "last_window": "windowing",
    "make_windows": "windowing",
    "pad_sequences": "windowing",
    "show_versions": "_show_versions",
    "unpad_sequences": "windowing",
}
_MODULES = (
    "datasets",
    "forecasting",
    "inspection",
    "metrics",
    "model_selection",
    "plotting",
    "windowing",
)

__all__ = [
    "ARCHITECTURES",
    "Forecaster",
    "LSTMClassifier",
    "LSTMRegressor",
    "NaiveForecaster",
    "PurgedTimeSeriesSplit",
    "SlidingWindow",
    "TimeDistributedTransformer",
    "WindowImputer",
    "Windows",
    "__version__",
    "backtest",
    "datasets",
    "forecasting",
    "inspection",
    "last_window",
    "make_windows",
    "metrics",
    "model_selection",
    "pad_sequences",
    "plotting",
    "show_versions",
    "unpad_sequences",
    "windowing",
]

if TYPE_CHECKING:
    from sklstm import (
        datasets,
        forecasting,
        inspection,
        metrics,
        model_selection,
        plotting,
        windowing,
    )
    from sklstm._classifier import LSTMClassifier
    from sklstm._networks import ARCHITECTURES
    from sklstm._regressor import LSTMRegressor
    from sklstm._show_versions import show_versions
    from sklstm.forecasting import Forecaster, NaiveForecaster, backtest
    from sklstm.model_selection import PurgedTimeSeriesSplit
    from sklstm.windowing import (
        SlidingWindow,
        TimeDistributedTransformer,
        WindowImputer,
        Windows,
        last_window,
        make_windows,
        pad_sequences,
        unpad_sequences,
    )


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _HOMES:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
