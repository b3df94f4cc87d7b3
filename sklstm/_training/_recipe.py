"""What ``"auto"`` stands for: the recipe of a fit, from its arguments, the network and the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sklstm._networks import NetworkPlan
from sklstm._training._auto_epochs import (
    CROPPED_EPOCHS,
    MAX_EPOCHS,
    USUAL_EPOCHS,
    auto_epochs,
    enough_epochs,
    trial_parts,
)
from sklstm._training._schedule import Course, choose_course
from sklstm._training._state import Samples

# A regression on many samples, as the windows of many series are, takes larger batches: epochs are
# faster, and forecasts as good.
UPDATES_PER_EPOCH, LARGEST_BATCH = 50, 256


@dataclass(frozen=True)
class Recipe:
    """How often, in which batches and with what course of the learning rate a fit trains.

    Parameters
    ----------
    epochs, batch_size, shuffle
        As in ``keras.Model.fit``.
    schedule : str or callable
        Course of the learning rate, see ``Schedule``.
    random_crop : bool
        Whether each epoch sees random beginnings of sequences of unequal length.
    """

    epochs: int
    batch_size: int
    shuffle: bool
    schedule: Course
    random_crop: bool = False

    def to_options(self) -> dict[str, Any]:
        """Return the options of ``train``."""
        return vars(self).copy()


# Trains as a recipe says on the first samples; returns the loss on the second after each epoch.
Trial = Callable[[Recipe, Samples, Samples], list[float]]


def choose_recipe(
    arguments: Mapping[str, Any],
    plan: NetworkPlan,
    training: Samples,
    *,
    has_one_rate: bool,
    trial: Trial | None = None,
) -> Recipe:
    """Turn the arguments of an estimator into a recipe.

    Parameters
    ----------
    arguments : mapping
        By name, with Python's numbers.
    plan : NetworkPlan
        The network.
    training : Samples
        What it will be trained on.
    has_one_rate : bool
        Whether the optimizer has one constant rate, and no schedule of its own.
    trial : callable, optional
        For a task that is soon overfitted: what tries a recipe out.
    """
    course = choose_course(
        arguments["learning_rate_schedule"],
        has_one_rate=has_one_rate,
        continues=arguments["warm_start"],
    )
    batch_size = arguments["batch_size"]
    if batch_size == "auto":
        batch_size = _auto_batch_size(plan, len(training))
    shuffle, random_crop = arguments["shuffle"], arguments["random_crop"]
    recipe = Recipe(arguments["epochs"], batch_size, shuffle, course, random_crop)
    if arguments["epochs"] != "auto":
        return recipe
    if trial is None:
        return replace(recipe, epochs=_affordable(recipe, plan, training))
    goes_on = arguments["early_stopping"] or arguments["warm_start"]
    return replace(recipe, epochs=_tried_epochs(recipe, plan, training, trial, goes_on=goes_on))


def _auto_batch_size(plan: NetworkPlan, n_samples: int) -> int:
    """Return the architecture's batch size; a larger one for a regression on many samples."""
    least = plan.architecture.auto_batch_size
    if plan.output_activation != "linear":
        return least
    return max(least, min(n_samples // UPDATES_PER_EPOCH, LARGEST_BATCH))


def _tried_epochs(
    recipe: Recipe, plan: NetworkPlan, training: Samples, trial: Trial, *, goes_on: bool
) -> int:
    """Return how many epochs are enough where the last fifth of the samples is held out.

    A noisy series is overfitted soon, one without noise is learnt better and better. There is
    no trial where training is to be continued, or is validated anyway.
    """
    most = _affordable(recipe, plan, training, n_fits=2)
    if goes_on:
        return min(most, USUAL_EPOCHS)
    architecture = plan.architecture
    n_batches = math.ceil(len(training) / recipe.batch_size)
    least = math.ceil(architecture.regression_updates / n_batches)
    parts = trial_parts(training.y)
    if parts is None:
        return min(most, least if architecture.is_unbounded else USUAL_EPOCHS)
    first, last = (training[part] for part in parts)
    enough = enough_epochs(trial(replace(recipe, epochs=most), first, last))
    return min(most, max(enough, least))


def _affordable(recipe: Recipe, plan: NetworkPlan, training: Samples, n_fits: int = 1) -> int:
    cost = n_fits * plan.architecture.epoch_cost
    is_cropped = recipe.random_crop and training.lengths is not None
    most = CROPPED_EPOCHS if is_cropped else MAX_EPOCHS
    return auto_epochs(len(training), training.mean_length, cost, most)
