"""The pinball loss, which quantiles minimize."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklstm._kernels._tensorflow import keras


@keras.saving.register_keras_serializable("sklstm")
class PinballLoss(keras.losses.Loss):
    """Mean pinball loss of several quantiles of each target.

    The answer q for the quantile t costs t (y - q) where it lies below the target y, and
    (1 - t) (q - y) where it lies above. The cost of a sample is the mean over targets and
    quantiles.

    Parameters
    ----------
    quantiles : sequence of float
        Each in (0, 1).
    **options : dict
        Passed to ``keras.losses.Loss``.

    References
    ----------
    R. Koenker and G. Bassett, "Regression Quantiles", Econometrica 46(1), 33-50 (1978).
    """

    def __init__(self, quantiles: Sequence[float], **options: Any) -> None:
        super().__init__(**{"name": "pinball_loss", **options})
        self.quantiles = tuple(quantiles)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each sample.

        Parameters
        ----------
        y_true : tensor of shape (n_samples, n_outputs)
            Targets.
        y_pred : tensor of shape (n_samples, n_outputs * n_quantiles)
            All quantiles of the first target, then all of the second, and so on.
        """
        shape = -1, y_true.shape[-1], len(self.quantiles)
        difference = keras.ops.expand_dims(y_true, -1) - keras.ops.reshape(y_pred, shape)
        below = keras.ops.convert_to_tensor(self.quantiles, difference.dtype)
        cost = keras.ops.maximum(below * difference, (below - 1) * difference)
        return keras.ops.mean(cost, axis=(1, 2))

    def __repr__(self) -> str:
        return f"PinballLoss({self.quantiles})"

    def get_config(self) -> dict[str, Any]:
        """Return what Keras stores of the loss in a whole model, as ``ModelCheckpoint`` does."""
        return {**super().get_config(), "quantiles": self.quantiles}
