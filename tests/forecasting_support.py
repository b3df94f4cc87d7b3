"""Regressors that show what a forecaster gives them."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import check_random_state


class Recorder(RegressorMixin, BaseEstimator):
    """Predict a constant, which depends on the seed alone; keep what fit is given."""

    def __init__(self, constant=0.0, *, n_dims=2, random_state=None, warm_start=False):
        self.constant = constant
        self.n_dims = n_dims
        self.random_state = random_state
        self.warm_start = warm_start

    def fit(self, X, y, sample_weight=None):
        self.fits_ = [*getattr(self, "fits_", []), (X, y, sample_weight)]
        noise = 0.0 if self.random_state is None else check_random_state(self.random_state).normal()
        self.predicted_ = self.constant + noise
        return self

    @property
    def last_fit(self):
        return self.fits_[-1]

    def predict(self, X):
        return np.full((len(X), *self.last_fit[1].shape[1:]), self.predicted_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = self.n_dims == 3
        tags.target_tags.multi_output = True
        return tags


class Band(Recorder):
    """Predict the quantiles -1, 0 and 1."""

    quantiles = (0.1, 0.5, 0.9)

    def predict_quantiles(self, X):
        return np.tile([-1.0, 0.0, 1.0], (len(X), self.last_fit[1][0].size, 1))
