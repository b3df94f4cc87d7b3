"""The guide's code runs as printed and prints what the pages say; so do the notes."""

import doctest
import re
import shutil
import textwrap
from pathlib import Path

import numpy as np
import pytest
from dask.distributed import LocalCluster

import sklstm

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*DOCS.glob("*.rst"), *DOCS.glob("guide/*.rst")]
BLOCK = re.compile(
    r"^( *)\.\. code-block:: (python|text)\n(?:\1 +:.*\n)*\n((?:\1 +\S.*\n|\s*\n)+)", re.MULTILINE
)


def blocks_of(page):
    found = BLOCK.findall(page.read_text("utf-8"))
    return [(language, textwrap.dedent(code).strip() + "\n") for _, language, code in found]


CODE = {page: blocks_of(page) for page in sorted(PAGES)}
CODE = {page: blocks for page, blocks in CODE.items() if "python" in dict(blocks)}
OWN_PROCESS = {"speed.rst"}  # it sets TensorFlow's threads, which can be done once


def run(page, capsys, namespace):
    """Run a page's blocks one after the other; a block of text is what the last one printed."""
    printed = ""
    for language, code in CODE[page]:
        if language == "python":
            capsys.readouterr()
            exec(compile(code, page.name, "exec"), namespace)
            printed = capsys.readouterr().out
        elif not doctest.OutputChecker().check_output(
            code, printed, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        ):
            pytest.fail(f"{page.name} says\n{code}\nbut this was printed\n{printed}")
    return namespace


@pytest.fixture
def namespace(tmp_path, monkeypatch):
    """Return an empty namespace, with an empty working directory and no windows to draw in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    return {}


def test_all_blocks_are_found():
    for page, blocks in CODE.items():
        found = sum(language == "python" for language, _ in blocks)
        assert found == page.read_text("utf-8").count("code-block:: python") > 0


# Keras's exporter to ONNX looks for NumPy's old name `np.object`, whatever it is asked to export.
ONNX = pytest.mark.filterwarnings("ignore:In the future `np.object`:FutureWarning")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[ONNX] if page.name == "saving.rst" else [])
        for page in CODE
        if page.name not in OWN_PROCESS
    ],
)
def test_the_code_of_a_page(page, capsys, namespace):
    run(page, capsys, namespace)
    if page.name == "saving.rst":
        forecast = namespace["forecast"][:, 0]
        np.testing.assert_allclose(forecast, namespace["model"].predict(namespace["X"]), rtol=1e-5)
        with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
            found = namespace["search_on"](cluster)
        assert found.best_params_["units"] in (2, 4)


@pytest.mark.parametrize("name", sorted(OWN_PROCESS))
def test_the_code_of_a_page_that_begins_with_tensorflow(name, fresh_tensorflow):
    ((_, code),) = CODE[DOCS / "guide" / name]
    check = "print(tf.config.threading.get_intra_op_parallelism_threads())"
    use = (
        "from sklstm import LSTMRegressor; LSTMRegressor(epochs=1).fit([[1.0], [2.0]], [1.0, 2.0])"
    )
    assert fresh_tensorflow("\n".join([code, use, check])).stdout.strip() == "8"


@pytest.fixture(scope="module")
def with_the_architecture_of_the_notes(tmp_path_factory):
    """Return a folder with a copy of the package, to which CONTRIBUTING.md has been followed."""
    notes = (DOCS.parent / "CONTRIBUTING.md").read_text("utf-8")
    (name,) = re.findall(r"`(_norm_\w+\.py)`", notes)
    file, entry = re.findall(r"```python\n(.*?)```", notes, re.DOTALL)
    folder = tmp_path_factory.mktemp("fork")
    networks = folder / "sklstm" / "_networks"
    shutil.copytree(Path(sklstm.__file__).parent, folder / "sklstm")
    (networks / name).write_text(file, "utf-8")
    registry = networks / "_registry.py"
    before, after = registry.read_text("utf-8").split("\nREGISTRY = ")
    registry.write_text(f"{before}\n{entry}\nREGISTRY = {after}", "utf-8")
    return folder


def test_an_architecture_is_added_as_the_notes_say(
    with_the_architecture_of_the_notes, fresh_tensorflow
):
    """Its batch normalisation begins anew in each fit, is stored, and is used by predictions."""
    code = """
import copy, pickle
import numpy as np
import sklstm
from sklearn.model_selection import GridSearchCV
from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor
assert ARCHITECTURES[-1] == "norm_cnn", ARCHITECTURES
X = np.random.default_rng(0).normal(3, 5, size=(40, 6, 2))
y = X[:, -1, 0]
settings = dict(units=3, filters=4, fcn_filters=(4, 3, 4), epochs=3, dropout=0.1, random_state=0)
model = LSTMRegressor("norm_cnn", **settings, early_stopping=True).fit(X, y)
again = pickle.loads(pickle.dumps(model))
assert (again.predict(X) == model.predict(X)).all()
same = LSTMRegressor("norm_cnn", **settings, early_stopping=True).fit(X, y)
assert (same.predict(X) == model.predict(X)).all(), "moving statistics leaked from fit to fit"
encoder = model.target_encoder_
by_keras = model.model_.predict(X, verbose=0)[:, 0] * encoder.scale_ + encoder.mean_
np.testing.assert_allclose(model.predict(X), by_keras, rtol=1e-4, atol=1e-5)
gamma, beta, mean, variance = model.model_.get_layer("batch_normalization").get_weights()
assert np.abs(mean).min() > 1e-3 and np.abs(variance - 1).min() > 1e-3, "nothing was learnt"
fresh = LSTMRegressor("norm_cnn", **settings).initialize(X, y)
gamma, beta, mean, variance = fresh.model_.get_layer("batch_normalization").get_weights()
assert (gamma == 1).all() and (beta == 0).all() and (mean == 0).all() and (variance == 1).all()
warm = LSTMRegressor("norm_cnn", **settings, warm_start=True).fit(X, y)
loaded = pickle.loads(pickle.dumps(warm))
assert (loaded.fit(X, y).predict(X) == warm.fit(X, y).predict(X)).all()
search = GridSearchCV(LSTMClassifier(**settings), {"arch": ARCHITECTURES}, cv=2).fit(X, y > 3)
assert not np.isnan(search.cv_results_["mean_test_score"]).any()
try:
    LSTMRegressor("norm_cnn", kernel_size=7).fit(X, y)
except ValueError as error:
    assert "kernel_size=7 is longer than the 6 time steps" in str(error)
shapes = [tuple(w.shape) for w in model.model_.get_weights()]
assert shapes == model._plan.weight_shapes(), shapes
print(model.model_.count_params())
"""
    done = fresh_tensorflow(code, cwd=with_the_architecture_of_the_notes)
    # a convolution of 4 filters over 3 steps of 2 features; 4 numbers a filter; four gates of 3
    # units that read 4 filters, 3 states and a bias; a head of 3 and a bias
    parameters = 4 * (3 * 2 + 1) + 4 * 4 + 4 * 3 * (4 + 3 + 1) + 3 + 1
    assert done.stdout.split() == [str(parameters)]
