"""Callbacks of Keras, and of scikit-learn, which are called in every epoch.

scikit-learn sees a fit as a tree of tasks: a search has candidates and folds, a fold has one
fit, and a fit of ours has one sub-task per epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sklstm._kernels._tensorflow import keras


class EpochTasks(keras.callbacks.Callback):
    """Open and close scikit-learn's sub-task of each epoch.

    Parameters
    ----------
    estimator : estimator
        Whose fit it is.
    context : sklearn.callback.CallbackContext
        The context of the fit.
    data : dict
        ``X``, ``y`` and ``metadata`` of the fit, for callbacks that score.
    fitted_attributes : callable
        From the network's weights to the attributes that make ``estimator`` a fitted one.
    """

    def __init__(
        self,
        estimator: Any,
        context: Any,
        data: dict[str, Any],
        fitted_attributes: Callable[[list[Any]], dict[str, Any]],
    ) -> None:
        super().__init__()
        self.estimator, self.context, self.data = estimator, context, data
        self.fitted_attributes = fitted_attributes

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Open the sub-task."""
        self.task = self.context.subcontext(task_name="epoch")
        self.task.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Close the sub-task; a callback that asks to stop stops the fit."""
        stop = self.task.call_on_fit_task_end(
            estimator=self.estimator,
            # a function: the weights are copied only for callbacks that want them
            reconstruction_attributes=lambda: self.fitted_attributes(self.model.get_weights()),
            **self.data,
        )
        if stop:
            self.model.stop_training = True


def watches_batches(callbacks: Sequence[Any]) -> bool:
    """Return whether any callback of Keras is called for every batch."""
    names = "on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"
    base = keras.callbacks.Callback
    return any(
        getattr(type(callback), name) is not getattr(base, name) or name in vars(callback)
        for callback in callbacks
        for name in names
    )


def restored_epoch(callbacks: Sequence[Any]) -> int | None:
    """Return the epoch, counted from 1, whose weights a callback of Keras has restored."""
    for callback in callbacks:
        stopping = isinstance(callback, keras.callbacks.EarlyStopping)
        if stopping and callback.restore_best_weights and callback.best_weights is not None:
            return callback.best_epoch + 1
    return None
