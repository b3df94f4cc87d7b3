"""Which number a network gives is explained."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import is_classifier

__all__ = ["Explained", "choose_explained"]


class Explained:
    """One number for each sample, made of what the head of a network gives.

    Parameters
    ----------
    columns : ndarray of int of shape (n_samples,)
        The output that is explained.
    names : ndarray of shape (n_samples,)
        What is explained, for the user.
    scale, mean : float
        What one unit of the head is in units of the prediction, and where its zero lies.
    n_quantiles : int, default=1
        Neighbouring outputs that are sorted before one of them is taken.
    """

    def __init__(
        self,
        columns: np.ndarray,
        names: np.ndarray,
        *,
        scale: float = 1.0,
        mean: float = 0.0,
        n_quantiles: int = 1,
    ) -> None:
        self._columns = columns
        self.names = names
        self.scale = scale
        self.mean = mean
        self._n_quantiles = n_quantiles

    @property
    def is_sorted(self) -> bool:
        """Whether outputs have to be known to find the explained one."""
        return self._n_quantiles > 1

    def find(self, outputs: Any, samples: np.ndarray) -> np.ndarray:
        """Return the output of the head that is the explained one, for rows of some samples."""
        columns = self._columns[samples]
        if not self.is_sorted:
            return columns
        first = columns - columns % self._n_quantiles
        together = first[:, np.newaxis] + np.arange(self._n_quantiles)
        order = np.take_along_axis(outputs, together, axis=1).argsort(axis=1, kind="stable")
        rank = columns % self._n_quantiles
        return first + order[np.arange(len(rank)), rank]

    def predictions(self, values: np.ndarray) -> np.ndarray:
        """Return what values of the head are as predictions."""
        return values * self.scale + self.mean


def choose_explained(
    network: Any, target: Any, quantile: float | None, outputs: np.ndarray
) -> Explained:
    """Return what is explained of a classifier or a regressor."""
    if not is_classifier(network):
        return _explained_output(network, target, quantile, len(outputs))
    if quantile is not None:
        raise ValueError(f"quantile={quantile!r} is for regressors. Leave it out.")
    return _explained_class(network, target, outputs)


def _explained_class(network: Any, target: Any, outputs: np.ndarray) -> Explained:
    """Return which class is explained: one for all samples, one each, or the predicted ones."""
    classes, n_samples = network.classes_, len(outputs)
    if target is None:
        if network.target_encoder_.kind_ == "indicator":
            raise ValueError(
                "target=None explains the predicted class, but a sample may have several labels "
                f"here. Pass target as the number of a column, 0 to {len(classes) - 1}."
            )
        columns = outputs.argmax(axis=1)
        return Explained(columns, classes[columns])
    labels = np.asarray(target)
    if labels.ndim > 1 or (labels.ndim == 1 and len(labels) != n_samples):
        raise ValueError(
            f"target must be one class, or one for each of the {n_samples} samples, got shape "
            f"{labels.shape}."
        )
    labels = np.broadcast_to(labels, n_samples)
    known = {label: number for number, label in enumerate(classes.tolist())}
    missing = [label for label in labels.tolist() if label not in known]
    if missing:
        raise ValueError(f"target={missing[0]!r} is none of the classes, {classes.tolist()}.")
    columns = np.array([known[label] for label in labels.tolist()])
    return Explained(columns, classes[columns])


def _explained_output(network: Any, target: Any, quantile: Any, n_samples: int) -> Explained:
    """Return which output of a regressor is explained, and which quantile of it."""
    encoder = network.target_encoder_
    n_outputs = encoder.n_outputs_
    if target is None and n_outputs == 1:
        target = 0
    if not isinstance(target, Integral) or not -n_outputs <= target < n_outputs:
        raise ValueError(
            f"target must be the number of one of the {n_outputs} outputs, 0 to {n_outputs - 1}, "
            f"got {target!r}."
        )
    output = int(target) % n_outputs
    quantiles = encoder.quantiles or (0.5,)
    level = 0.5 if quantile is None else quantile
    if (quantile is not None and not encoder.quantiles) or level not in quantiles:
        raise ValueError(
            f"quantile={quantile!r} is not predicted: the estimator has quantiles="
            f"{encoder.quantiles!r}."
        )
    column = output * len(quantiles) + quantiles.index(level)
    return Explained(
        np.full(n_samples, column),
        np.full(n_samples, output),
        scale=float(encoder.scale_[output]),
        mean=float(encoder.mean_[output]),
        n_quantiles=len(quantiles),
    )
