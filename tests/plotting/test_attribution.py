import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils import Bunch

from sklstm import LSTMClassifier
from sklstm.plotting import AttributionDisplay

SEQUENCE = np.array([[0.0, 5.0], [1.0, 5.0], [4.0, 6.0], [2.0, 7.0]])
SHARES = np.array([[0.0, 0.01], [0.4, 0.0], [-0.2, 0.0], [0.02, 0.0]])


def test_triangles_point_up_where_a_step_raises_the_prediction():
    display = AttributionDisplay(SEQUENCE, SHARES, feature_names=["load", "wind"]).plot()
    assert [axes.get_ylabel() for axes in display.axes_] == ["load", "wind"]
    raising, lowering = display.raising_[0], display.lowering_[0]
    assert_array_equal(raising.get_offsets(), [[-2, 1]])  # 0.02 is too little for a triangle
    assert_array_equal(lowering.get_offsets(), [[-1, 4]])
    assert raising.get_sizes()[0] == 2 * lowering.get_sizes()[0]
    tips = [min(p.get_paths()[0].vertices, key=lambda v: abs(v[0]))[1] for p in (raising, lowering)]
    assert tips[0] > 0 > tips[1]
    assert len(display.raising_[1].get_offsets()) == 0  # all features have one scale


def test_the_line_is_coloured_piece_by_piece():
    display = AttributionDisplay(SEQUENCE, SHARES, feature_names=["load", "wind"]).plot()
    line = display.lines_[0]
    assert_allclose(line.get_array(), SHARES[:, 0])
    assert (line.norm.vmin, line.norm.vmax) == (-0.4, 0.4)
    pieces = line.get_segments()
    assert_allclose(pieces[1], [[-2.5, 0.5], [-2, 1], [-1.5, 2.5]])
    assert [t.get_text() for t in display.axes_[-1].get_xticklabels()] == ["t-3", "t-2", "t-1", "t"]


def test_the_features_with_most_to_say_are_shown():
    display = AttributionDisplay(SEQUENCE, SHARES, feature_names=["load", "wind"])
    assert [ax.get_ylabel() for ax in display.plot(max_features=1).axes_] == ["load"]
    assert [ax.get_ylabel() for ax in display.plot(features=[1]).axes_] == ["wind"]


def test_samples_of_a_result():
    padded = np.concatenate([SHARES, np.full((2, 2), np.nan)])
    result = Bunch(
        attributions=np.stack([padded, padded]),
        predictions=np.array([0.25, 0.75]),
        baseline_predictions=np.array([0.5, 0.5]),
        target=np.array(["cat", "dog"]),
        feature_names=["load", "wind"],
    )
    sequence = np.concatenate([SEQUENCE, np.full((2, 2), np.nan)])
    display = AttributionDisplay.from_attributions(result, [sequence, sequence], sample=1)
    assert display.ax_.get_title(loc="left") == "dog: 0.75, baseline 0.5"
    assert_array_equal(display.sequence, SEQUENCE)
    with pytest.raises(ValueError, match=r"\(4, 2\), but its attributions have \(6, 2\)"):
        AttributionDisplay.from_attributions(result, [SEQUENCE, SEQUENCE])


def test_from_an_estimator(X, labels):
    model = LSTMClassifier(units=3, epochs=2, random_state=0).fit(X, labels)
    display = AttributionDisplay.from_estimator(model, X, sample=2, target="rises", baseline=0)
    assert display.ax_.get_title(loc="left").startswith("rises: ")
    change = model.predict_proba(X[[2]]) - model.predict_proba(np.zeros((1, 8, 2)))
    assert_allclose(display.attributions.sum(), change[0, 1], atol=1e-3)
