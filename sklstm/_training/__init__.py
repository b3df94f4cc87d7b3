"""Everything that trains a network or runs one forward; it knows networks by their plan alone."""

from sklstm._training._callbacks import EpochTasks
from sklstm._training._compilation import Compilation
from sklstm._training._divergence import DivergedError
from sklstm._training._early_stopping import (
    EarlyStopping,
    hold_out_last,
    hold_out_stratified,
    level_shift,
    warn_of_shift,
)
from sklstm._training._fit_loop import Outcome, train
from sklstm._training._gradients import input_gradients
from sklstm._training._history import extend_history
from sklstm._training._pinball import PinballLoss
from sklstm._training._prediction import keras_model, predict
from sklstm._training._recipe import Recipe, choose_recipe
from sklstm._training._schedule import COURSES
from sklstm._training._seeds import draw_seed
from sklstm._training._state import Samples, TrainingState

__all__ = [
    "COURSES",
    "Compilation",
    "DivergedError",
    "EarlyStopping",
    "EpochTasks",
    "Outcome",
    "PinballLoss",
    "Recipe",
    "Samples",
    "TrainingState",
    "choose_recipe",
    "draw_seed",
    "extend_history",
    "hold_out_last",
    "hold_out_stratified",
    "input_gradients",
    "keras_model",
    "level_shift",
    "predict",
    "train",
    "warn_of_shift",
]
