"""What a network is compiled with."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from sklstm._training._identity import identity


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

    def key(self) -> Hashable:
        """Return what two compilations have in common if they can share a compiled network."""
        return identity((self.optimizer, self.loss, self.metrics))

    def learning_rate(self) -> float | None:
        """Return the optimizer's constant learning rate; None where it has a schedule."""
        rate = self.optimizer.get_config()["learning_rate"]
        return rate if isinstance(rate, float) else None
