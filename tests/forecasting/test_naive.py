"""Naive forecasts, by hand."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklstm import make_windows
from sklstm.forecasting import NaiveForecaster

WINDOW = [1.0, 5.0, 2.0, 7.0, 4.0]


@pytest.mark.parametrize(
    ("forecaster", "expected"),
    [
        (NaiveForecaster(), [4, 4, 4, 4]),
        (NaiveForecaster("seasonal", season=3), [2, 7, 4, 2]),
        (NaiveForecaster("seasonal", season=5), [1, 5, 2, 7]),
        (NaiveForecaster("drift"), [4.75, 5.5, 6.25, 7]),  # from 1 to 4 in four steps
    ],
)
def test_strategies(forecaster, expected):
    X, Y = np.array([WINDOW, np.multiply(WINDOW, 10)]), np.zeros((2, 4))
    forecasts = forecaster.fit(X, Y).predict(X)
    np.testing.assert_allclose(forecasts, [expected, np.multiply(expected, 10)])
    np.testing.assert_array_equal(
        forecaster.fit(X[:, :, None], Y).predict(X[:, :, None]), forecasts
    )


def test_targets_are_columns_of_the_windows():
    X = np.array([[[1, 10, 100], [3, 40, 600]]])
    steps = np.zeros((1, 2))
    assert NaiveForecaster("drift", target=1).fit(X, steps).predict(X).tolist() == [[70, 100]]
    both = NaiveForecaster("drift", target=[2, 0]).fit(X, np.zeros((1, 4)))
    assert both.predict(X).tolist() == [[1100, 1600, 5, 7]]  # all steps of a target, then the next
    assert both.horizon_ == 2 and both.n_outputs_ == 4
    assert NaiveForecaster(target=-1).fit(X, [0]).predict(X).tolist() == [600]  # 1-D as y is


def test_windows_of_a_frame_know_their_targets_by_name():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"heat": [1.0, 3, 5], "load": [10.0, 40, 50]})
    X, Y = make_windows(frame, y=["load", "heat"], lookback=2)
    assert NaiveForecaster(target=["load", "heat"]).fit(X, Y).predict(X).tolist() == [[40, 3]]
    with pytest.raises(ValueError, match=r"among the features, which are \['heat', 'load'\]"):
        NaiveForecaster(target="price").fit(X, Y[:, :1])


@pytest.mark.parametrize(
    ("arguments", "n_outputs", "message"),
    [
        (dict(strategy="seasonal"), 2, "season=None. Set it"),
        (dict(strategy="seasonal", season=4), 2, "season=4 is longer.*3 time steps.*at least 4"),
        (dict(target=2), 2, "target=2 must be the number.*ints from 0 to 1"),
        (dict(target=["load"]), 2, "windows have no names. Cut .* DataFrame, or pass the number"),
        (dict(target=[]), 2, "names no feature"),
        (dict(target=[0, 1]), 3, "3 column.*no multiple of the 2 features"),
        (dict(strategy="mean"), 2, "'strategy' parameter"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, n_outputs, message):
    with pytest.raises(ValueError, match=message):
        NaiveForecaster(**arguments).fit(np.zeros((2, 3, 2)), np.zeros((2, n_outputs)))


def test_windows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="first and the last of at least 2"):
        NaiveForecaster("drift").fit(np.zeros((2, 1)), np.zeros(2))
    with pytest.raises(ValueError, match=r"\(2, 0, 1\).*minimum of 1 window, 1 time step"):
        NaiveForecaster().fit(np.zeros((2, 0, 1)), np.zeros(2))
    forecaster = NaiveForecaster().fit(np.zeros((2, 3, 2)), np.zeros(2))
    with pytest.raises(
        ValueError, match=r"windows of 4 time steps, .* of 3\. Cut them with lookback=3"
    ):
        forecaster.predict(np.zeros((2, 4, 2)))
    with pytest.raises(ValueError, match=r"3 time steps of 2 feature\(s\).*\(2, 3, 4\)"):
        forecaster.predict(np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="sample 1 of X, time step 0"):
        forecaster.predict(np.array([[[0, 0]] * 3, [[np.nan, 0]] * 3]))


@parametrize_with_checks([NaiveForecaster(), NaiveForecaster("seasonal", season=1)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)
