"""What the displays share: axes, legends, what is shown, and the LSTM inside an estimator."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklstm import LSTMRegressor
from sklstm.plotting._drawing import count_back, draw_legend, find_lstm, get_axes, spread_evenly


def test_new_axes_stand_in_a_column_and_share_their_steps():
    figure, axes = get_axes(None, 3, height=2.0, width=5.0)
    assert figure.axes == list(axes)
    np.testing.assert_allclose(figure.get_size_inches(), [5.0, 6.6])  # 3 * 2.0 + 0.6
    axes[0].set_xlim(2, 7)
    assert axes[2].get_xlim() == (2, 7)


def test_axes_that_are_given_are_used():
    figure, grid = plt.subplots(2, 2)
    found, axes = get_axes(grid, 4, height=2.0)
    assert found is figure
    assert list(axes) == list(grid.ravel())


def test_the_wrong_number_of_axes_is_refused():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"ax must be 2 Axes, .* got 1"):
        get_axes(ax, 2, height=2.0)


@pytest.mark.parametrize(
    ("n_items", "n_shown", "expected"),
    [(9, 3, [0, 4, 8]), (8, 4, [0, 2, 5, 7]), (2, 5, [0, 1]), (1, 4, [0]), (5, 1, [0])],
)
def test_what_is_shown_is_spread_evenly(n_items, n_shown, expected):
    """By hand: 7 / 3 and 14 / 3 are next to 2 and 5."""
    assert spread_evenly(n_items, n_shown).tolist() == expected


@pytest.mark.parametrize(
    ("n_items", "n_shown", "expected"),
    [(10, 10, [*range(10)]), (10, 9, [1, 3, 5, 7, 9]), (11, 4, [1, 4, 7, 10]), (1, 4, [0])],
)
def test_labels_are_counted_back_in_equal_steps(n_items, n_shown, expected):
    assert count_back(n_items, n_shown).tolist() == expected


def test_a_long_legend_stands_beside_the_axes():
    figure, (short, long) = plt.subplots(2)
    for number in range(7):
        long.plot([0, 1], label=f"line {number}")
        if number < 6:
            short.plot([0, 1], label=f"line {number}")
    draw_legend(short)
    draw_legend(long)
    figure.draw_without_rendering()
    assert short.get_legend().get_window_extent().x0 < short.get_window_extent().x1
    assert long.get_legend().get_window_extent().x0 > long.get_window_extent().x1


def test_without_labels_there_is_no_legend():
    _, ax = plt.subplots()
    ax.plot([0, 1])
    draw_legend(ax)
    assert ax.get_legend() is None


def test_the_lstm_is_found_inside_what_surrounds_it():
    lstm = LSTMRegressor()
    lstm.history_ = {}
    target_scaler = TransformedTargetRegressor(lstm)
    target_scaler.regressor_ = lstm
    search = GridSearchCV(lstm, {})
    search.best_estimator_ = Pipeline([("model", target_scaler)])
    for wrapped in (lstm, target_scaler, search.best_estimator_, search):
        assert find_lstm(wrapped) is lstm
    with pytest.raises(ValueError, match=r"No fitted LSTMRegressor .* was found in LSTMRegressor"):
        find_lstm(LSTMRegressor())


def test_without_matplotlib_the_remedy_is_named(fresh_python):
    fresh_python(
        """
import sys
sys.modules["matplotlib"] = None
import numpy as np
from sklstm.plotting import ForecastDisplay
assert "tensorflow" not in sys.modules
try:
    ForecastDisplay.from_predictions(np.zeros(5), [1], [[1.0]])
except ImportError as error:
    assert ".[plot]" in str(error)
else:
    raise AssertionError("drawn without matplotlib")
"""
    )
