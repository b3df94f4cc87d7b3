"""The networks, as plans of plain data from which Keras models are built.

An architecture is one file, and one line in ``_registry``.
"""

from sklstm._networks._plan import NetworkPlan
from sklstm._networks._registry import ARCHITECTURES, REGISTRY

__all__ = ["ARCHITECTURES", "REGISTRY", "NetworkPlan"]
