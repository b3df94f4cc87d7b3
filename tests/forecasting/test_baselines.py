import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge

from sklstm.forecasting._baselines import Known, overfits, predict_unseen


def mean_of_the_others(moments, horizon):
    moments = np.asarray(moments)
    values = moments[:, np.newaxis].astype(float)
    known = Known(values[:, :, np.newaxis], values, None)
    return predict_unseen(
        lambda some, goals: DummyRegressor().fit(some.inputs[:, 0], goals),
        known,
        values,
        moments,
        horizon,
    )


def test_windows_are_predicted_without_them_and_those_near():
    predicted = mean_of_the_others(np.arange(30), horizon=2)[:, 0]
    assert predicted[0] == predicted[5] == np.mean(range(7, 30))
    assert predicted[12] == predicted[17] == np.mean([*range(11), *range(19, 30)])
    twice = mean_of_the_others(np.tile(np.arange(30), 2), horizon=2)[:, 0]
    np.testing.assert_array_equal(twice, np.tile(predicted, 2))


def test_too_few_windows_to_leave_any_out():
    assert mean_of_the_others(np.arange(30), horizon=5) is None
    assert mean_of_the_others(np.arange(30), horizon=4) is not None


@pytest.mark.parametrize(
    ("baseline", "n_windows", "expected"),
    [
        ("linear", 599, True),
        ("linear", 600, False),
        (Ridge(), 10_000, True),
        ("last", 5, False),
        (None, 5, False),
    ],
)
def test_which_baselines_know_their_windows_too_well(baseline, n_windows, expected):
    assert overfits(baseline, np.zeros((n_windows, 3, 2))) is expected
