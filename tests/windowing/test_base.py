import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from sklstm.windowing import SlidingWindow, TimeDistributedTransformer

pd = pytest.importorskip("pandas")

RANDOM_WINDOWS = np.random.default_rng(0).normal(3, 5, size=(30, 4, 2))


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("rows", [False, True])
def test_set_output_does_no_harm(library, everywhere, rows):
    X = pd.DataFrame(RANDOM_WINDOWS[:, 0], columns=["a", "b"]) if rows else RANDOM_WINDOWS
    pipeline = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("pca", TimeDistributedTransformer(PCA(1))),
            ("window", SlidingWindow(lookback=3)),
        ]
    )
    expected = clone(pipeline).fit_transform(X)
    assert expected.shape == (30, 3, 1)
    with config_context(transform_output=library if everywhere else "default"):
        if not everywhere:
            pipeline.set_output(transform=library)
        out = pipeline.fit_transform(X)
        assert_allclose(pipeline.transform(X), expected, atol=1e-12)
    assert isinstance(out, np.ndarray)
    assert_allclose(out, expected, atol=1e-12)


def test_subclasses_with_feature_names_return_arrays_too():
    class Named(SlidingWindow):
        def transform(self, X):
            return super().transform(X)

        def get_feature_names_out(self, input_features=None):
            return np.array(["a", "b"], dtype=object)

    with config_context(transform_output="pandas"):
        assert isinstance(Named().fit_transform(RANDOM_WINDOWS), np.ndarray)


def test_tags():
    for estimator in (SlidingWindow(), TimeDistributedTransformer(StandardScaler())):
        tags = get_tags(estimator).input_tags
        assert tags.two_d_array and tags.three_d_array and not tags.one_d_array
    assert get_tags(TimeDistributedTransformer(StandardScaler())).input_tags.allow_nan
    assert not get_tags(TimeDistributedTransformer(PCA())).input_tags.allow_nan
