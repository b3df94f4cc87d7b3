"""What ``verbose`` does: a bar over the epochs, or one line per epoch."""

from __future__ import annotations

import sys
from typing import Any

from sklstm._kernels._tensorflow import keras


class Progress(keras.callbacks.Callback):
    """Show the progress of a fit.

    Parameters
    ----------
    first : int
        Epochs trained before.
    verbose : int
        1: a bar in a terminal or notebook; otherwise, and in a log file, one line per epoch.
    """

    def __init__(self, first: int, verbose: int) -> None:
        super().__init__()
        self.first = first
        self.draws_bar = verbose == 1 and (sys.stdout.isatty() or "ipykernel" in sys.modules)
        self.bar: Any = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Show the loss and the metrics of the epoch."""
        if self.draws_bar:
            self._move_bar(epoch, logs)
        else:
            values = " - ".join(f"{name}: {value:.4g}" for name, value in logs.items())
            print(f"Epoch {epoch + 1}/{self.params['epochs']} - {values}", flush=True)

    def _move_bar(self, epoch: int, logs: Any) -> None:
        if self.bar is None:
            self.bar = keras.utils.Progbar(
                self.params["epochs"] - self.first,
                unit_name="epoch",
                stateful_metrics=list(logs),  # shown as they are, not averaged over epochs
            )
        finished = self.model.stop_training or None
        self.bar.update(epoch + 1 - self.first, list(logs.items()), finalize=finished)
