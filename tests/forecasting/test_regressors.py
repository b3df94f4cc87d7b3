import numpy as np
import pytest
from forecasting_support import Recorder
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor, VotingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import LSTMRegressor, SlidingWindow, TimeDistributedTransformer
from sklstm.forecasting._regressors import (
    fit_regressor,
    for_outputs,
    predict_regressor,
    takes_windows,
)


@pytest.mark.parametrize(
    ("regressor", "expected"),
    [
        (LSTMRegressor(), True),
        (GridSearchCV(LSTMRegressor(), {}), True),
        (make_pipeline(TimeDistributedTransformer(StandardScaler()), LSTMRegressor()), True),
        (make_pipeline("passthrough", SlidingWindow(2), LSTMRegressor()), True),
        (TransformedTargetRegressor(LSTMRegressor()), True),
        (VotingRegressor([("a", LSTMRegressor()), ("b", LSTMRegressor())]), True),
        (Ridge(), False),
        (GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {}), False),
        (MultiOutputRegressor(GradientBoostingRegressor()), False),
    ],
)
def test_which_regressors_take_windows(regressor, expected):
    assert takes_windows(regressor) is expected


def test_one_regressor_for_each_output_where_it_has_one():
    search = GridSearchCV(Ridge(), {"alpha": [1.0]})
    for regressor in (Ridge(), search, LSTMRegressor()):
        assert for_outputs(regressor, 3) is regressor
    boosting = GradientBoostingRegressor(n_estimators=2)
    assert for_outputs(boosting, 1) is boosting
    several = for_outputs(boosting, 2)
    inputs, goals = np.arange(8.0).reshape(4, 2, 1), np.arange(8.0).reshape(4, 2)
    weight = np.array([1.0, 1.0, 0.0, 0.0])
    fit_regressor(several, inputs, goals, {"sample_weight": weight})
    assert len(several.estimators_) == 2
    assert predict_regressor(several, inputs).shape == (4, 2)
    assert predict_regressor(several, inputs).max() < 4  # the last two windows weigh nothing


def test_one_output_is_one_dimensional():
    recorder = fit_regressor(Recorder(2.0), np.zeros((3, 2, 1)), np.zeros((3, 1)), {})
    assert recorder.last_fit[1].shape == (3,)
    assert predict_regressor(recorder, np.zeros((5, 2, 1))).tolist() == [[2.0]] * 5
