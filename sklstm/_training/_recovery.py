"""What is done when a fit diverges: go back to the last good epoch, and on more carefully."""

from __future__ import annotations

from typing import Any

from sklearn.exceptions import ConvergenceWarning

from sklstm._training._compiled_network import CompiledNetwork
from sklstm._training._divergence import REMEDY, BadBeginningError, DivergedError
from sklstm._warnings import warn

MAX_FAILURES = 12


class Recovery:
    """Keeps the last good epoch of a fit, and the measures that have been taken.

    A fit that diverges from weights that are fine continues from the last good epoch with half the
    learning rate. Initial weights with which the loss is not finite, or huge, are halved.

    Parameters
    ----------
    snapshot : list of tensors
        Where the fit begins.
    network : CompiledNetwork
        What is taken back.
    is_new : bool
        Whether its weights are initial ones, which may be changed.
    """

    def __init__(self, snapshot: list[Any], network: CompiledNetwork, *, is_new: bool) -> None:
        self.good, self.network = snapshot, network
        self.weights_are_initial = is_new
        self.rate_factor = 1.0
        self.n_halvings = 0
        self.n_failures = 0
        self.failed_epochs: list[int] = []

    def keep(self, snapshot: list[Any]) -> None:
        """Take note of an epoch that went well."""
        self.good = snapshot
        self.weights_are_initial = False

    def take_back(self, epoch: int, error: DivergedError) -> None:
        """Go back to the last good epoch, or raise the error when nothing helps.

        Parameters
        ----------
        epoch : int
            The epoch that diverged, counted from 0.
        error : DivergedError
            What happened.
        """
        self.n_failures += 1
        if self.n_failures > MAX_FAILURES:
            raise error
        if isinstance(error, BadBeginningError):
            self.n_halvings += 1
        else:
            self.rate_factor /= 2
            self.failed_epochs.append(epoch + 1)
        self.network.restore(self.good)
        if self.weights_are_initial and self.n_halvings:
            self.network.scale_weights(0.5**self.n_halvings)

    def report(self) -> None:
        """Warn of what was done."""
        done = []
        if self.n_halvings:
            done.append(f"the initial weights were halved {self.n_halvings} times")
        if self.failed_epochs:
            epochs = ", ".join(map(str, dict.fromkeys(self.failed_epochs)))
            done.append(
                f"training diverged in epoch {epochs}, was taken back to the epoch before, and "
                f"went on with {self.rate_factor:.3g} times the learning rate"
            )
        if done:
            text = "; ".join(done)
            warn(f"{text[0].upper()}{text[1:]}. {REMEDY}", ConvergenceWarning)
