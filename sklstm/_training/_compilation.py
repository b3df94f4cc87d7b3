"""What a network is compiled with."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from sklstm._kernels._tensorflow import keras
from sklstm._training._identity import DoubtError, identity

_METRIC = keras.metrics.Metric


@dataclass(frozen=True)
class Compilation:
    """Fresh Keras objects that belong to one fit.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Unbuilt.
    loss, metrics : object
        What ``keras.Model.compile`` takes.
    """

    optimizer: Any
    loss: Any
    metrics: Any = None

    def key(self) -> Hashable | None:
        """Return what is equal for compilations that can share a network; None if in doubt."""
        # The rates of a MultiOptimizer are several, and no inputs of the graph.
        several = [each.get_config() for each in getattr(self.optimizer, "optimizers", ())]
        rates = [config.get("learning_rate") for config in several]
        metrics = [m for m in keras.tree.flatten(self.metrics) if isinstance(m, _METRIC)]
        begin_with = [variable.numpy() for metric in metrics for variable in metric.variables]
        try:
            return identity((self.optimizer, self.loss, self.metrics, rates, begin_with))
        except DoubtError:
            return None

    def learning_rate(self) -> float | None:
        """Return the constant learning rate; None where there is a schedule, or several rates."""
        rate = _inner(self.optimizer).get_config().get("learning_rate")
        return rate if isinstance(rate, float) else None


def rate_variable(optimizer: Any) -> Any:
    """Return the variable of a constant learning rate; None as above."""
    rate = getattr(_inner(optimizer), "_learning_rate", None)
    return rate if isinstance(rate, keras.Variable) else None


def _inner(optimizer: Any) -> Any:
    while isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = optimizer.inner_optimizer
    return optimizer
