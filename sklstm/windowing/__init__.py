"""Windows over time series, and pipeline steps that work on windows."""

from sklstm.windowing._calendar import calendar_features
from sklstm.windowing._imputer import WindowImputer
from sklstm.windowing._lazy import Windows
from sklstm.windowing._padding import pad_sequences, unpad_sequences
from sklstm.windowing._sliding_window import SlidingWindow
from sklstm.windowing._time_distributed import TimeDistributedTransformer
from sklstm.windowing._windows import last_window, make_windows

__all__ = [
    "SlidingWindow",
    "TimeDistributedTransformer",
    "WindowImputer",
    "Windows",
    "calendar_features",
    "last_window",
    "make_windows",
    "pad_sequences",
    "unpad_sequences",
]
