"""Where files stored by version 0.1.0 look for the pipeline steps."""

from sklstm.windowing import SlidingWindow, TimeDistributedTransformer

__all__ = ["SlidingWindow", "TimeDistributedTransformer"]
