"""The networks, as plans of plain data from which Keras models are built."""

from sklstm._networks._plan import ARCHITECTURES

__all__ = ["ARCHITECTURES"]
