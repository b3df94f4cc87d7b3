"""What is done when a fit diverges: go back to good weights, and on more carefully."""

from __future__ import annotations

from typing import Any

from sklearn.exceptions import ConvergenceWarning

from sklstm._training._compiled_network import CompiledNetwork
from sklstm._training._divergence import REMEDY, BadBeginningError, DivergedError
from sklstm._warnings import warn

MAX_FAILURES = 12


class Recovery:
    """Keeps the best weights of a fit, and the measures that have been taken.

    A fit that diverges continues with half the learning rate from the beginning of its best epoch:
    the weights at the end of the last one may be those that the loss explodes with. There it ends,
    too, if it diverges again and again, or if no later epoch is better. Initial weights with which
    the loss is not finite, or huge, are halved.

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
        self.best, self.network = snapshot, network
        self.best_logs: dict[str, float] | None = None
        self.weights_are_initial = is_new
        self.rate_factor = 1.0
        self.n_halvings = 0
        self.n_failures = 0
        self.failed_epochs: list[int] = []
        self.has_given_up = False

    def note(self, snapshot: list[Any], logs: dict[str, float]) -> None:
        """Take note of an epoch that went well, and of the weights that it began with."""
        self.weights_are_initial = False
        if self.best_logs is None or logs["loss"] <= self.best_logs["loss"]:
            self.best, self.best_logs = snapshot, logs

    def take_back(self, epoch: int, error: DivergedError) -> None:
        """Go back to the best weights; give up, or raise the error, where that does not help.

        Parameters
        ----------
        epoch : int
            The epoch that diverged, counted from 0.
        error : DivergedError
            What happened.
        """
        self.n_failures += 1
        self.has_given_up = self.n_failures > MAX_FAILURES
        if self.has_given_up and self.best_logs is None:
            raise error
        if isinstance(error, BadBeginningError):
            self.n_halvings += 1
        else:
            self.rate_factor /= 2
            self.failed_epochs.append(epoch + 1)
        self.network.restore(self.best)
        if self.weights_are_initial and self.n_halvings:
            self.network.scale_weights(0.5**self.n_halvings)

    def best_of(self, last: dict[str, float]) -> dict[str, float]:
        """Bring back the best weights if training diverged and did not end with better ones.

        Parameters
        ----------
        last : dict
            Loss and metrics of the last epoch.

        Returns
        -------
        dict
            Loss and metrics of the epoch that the fit ends with: the last, or the best.
        """
        if not self.failed_epochs or self.best_logs is None:
            return last
        if not self.has_given_up and last["loss"] <= self.best_logs["loss"]:
            return last
        self.network.restore(self.best)
        return self.best_logs

    def report(self) -> None:
        """Warn of what was done."""
        done = []
        if self.n_halvings:
            done.append(f"the initial weights were halved {self.n_halvings} times")
        if self.failed_epochs:
            epochs = ", ".join(map(str, dict.fromkeys(self.failed_epochs)))
            done.append(
                f"training diverged in epoch {epochs}, and was taken back to the best epoch, where "
                + self._end()
            )
        if done:
            text = "; ".join(done)
            warn(f"{text[0].upper()}{text[1:]}. {REMEDY}", ConvergenceWarning)

    def _end(self) -> str:
        if self.has_given_up:
            return "it has ended"
        return f"it went on with {self.rate_factor:.3g} times the learning rate"
