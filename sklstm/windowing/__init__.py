"""Windows over time series, and pipeline steps that work on windows."""

from sklstm.windowing._sliding_window import SlidingWindow
from sklstm.windowing._time_distributed import TimeDistributedTransformer
from sklstm.windowing._windows import last_window, make_windows

__all__ = ["SlidingWindow", "TimeDistributedTransformer", "last_window", "make_windows"]
