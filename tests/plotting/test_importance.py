from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from sklearn.utils import Bunch

from sklstm.plotting import ImportanceDisplay


def importances(mean, *, features=None, edges=None, spread=0.1):
    mean = np.asarray(mean, dtype=float)
    steps = None if edges is None else [f"step {k}" for k in range(len(edges) - 1)]
    return Bunch(
        importances_mean=mean,
        importances_std=np.full(mean.shape, spread),
        feature_names=features,
        step_names=steps,
        step_edges=None if edges is None else np.array(edges),
    )


def test_features_are_bars_with_the_most_important_on_top():
    result = importances([0.2, 0.9, -0.1], features=["wind", "load", "noise"])
    display = ImportanceDisplay.from_importances(result, score_name="neg_log_loss")
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["noise", "wind", "load"]
    assert_allclose([bar.get_width() for bar in display.bars_], [-0.1, 0.2, 0.9])
    (spread,) = display.bars_.errorbar.lines[2]
    ends = np.array([segment[:, 0] for segment in spread.get_segments()])
    assert_allclose(ends, [[-0.2, 0.0], [0.1, 0.3], [0.8, 1.0]])
    assert display.ax_.get_xlabel() == "fall of the neg log loss"
    few = ImportanceDisplay.from_importances(result, max_features=1)
    assert [bar.get_width() for bar in few.bars_] == [0.9]


def test_steps_are_bars_in_the_order_of_time_as_wide_as_their_blocks():
    result = importances([0.1, 0.5, 0.3], edges=[0, 1, 4, 7])
    display = ImportanceDisplay.from_importances(result)
    assert_allclose([bar.get_width() for bar in display.bars_], [0.9, 2.7, 2.7])
    assert_allclose([bar.get_height() for bar in display.bars_], [0.1, 0.5, 0.3])
    middle = [bar.get_x() + bar.get_width() / 2 for bar in display.bars_]
    assert_allclose(middle, [0.5, 2.5, 5.5])
    assert display.ax_.get_xlim() == (0, 7)


def test_a_heat_map_below_a_sequence_whose_steps_lie_above_its_own():
    result = importances([[0.1, -0.2], [0.5, 0.3]], features=["wind", "load"], edges=[0, 1, 4])
    sequence = np.arange(8.0).reshape(4, 2)
    display = ImportanceDisplay.from_importances(result, sequence=sequence)
    assert_allclose(display.image_.get_array(), [[0.1, 0.5], [0, 0.3]])  # features are rows
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["wind", "load"]
    assert display.ax_.get_ylim() == (1.5, -0.5)
    load = display.sequence_lines_[1]
    assert_array_equal(load.get_xydata(), [[0.5, 1], [1.5, 3], [2.5, 5], [3.5, 7]])
    assert load.get_label() == "load" and load.axes is display.axes_[0]
    assert display.axes_[0].get_xlim() == display.ax_.get_xlim() == (0, 4)
    with pytest.raises(ValueError, match=r"sequence must have the shape.*\(3, 2\)"):
        ImportanceDisplay.from_importances(result, sequence=sequence[1:])


def test_labels_of_blocks_do_not_overlap():
    edges = [*range(0, 101, 10)]
    result = importances(np.ones((10, 2)), features=["a", "b"], edges=edges)
    result.step_names = [f"t-{99 - k} to t-{90 - k}" for k in range(0, 100, 10)]
    display = ImportanceDisplay.from_importances(result, sequence=np.zeros((100, 2)))
    display.figure_.canvas.draw()
    boxes = [label.get_window_extent() for label in display.ax_.get_xticklabels()]
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_from_an_estimator():
    X = np.random.default_rng(0).normal(size=(60, 4))
    model = LinearRegression().fit(X, X[:, 2])
    display = ImportanceDisplay.from_estimator(
        model, X, X[:, 2], by="step", scoring="r2", random_state=0
    )
    assert np.argmax([bar.get_height() for bar in display.bars_]) == 2
    assert display.ax_.get_ylabel() == "fall of the r2"
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == ["t-3", "t-2", "t-1", "t"]


def test_one_score_at_a_time():
    result = importances([1.0], features=["a"])
    with pytest.raises(ValueError, match=r"scores \['r2', 'mae'\].*shows one"):
        ImportanceDisplay.from_importances({"r2": result, "mae": result})
