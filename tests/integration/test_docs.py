"""The guide's code runs as printed and prints what the pages say; so do the notes."""

import doctest
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest
from dask.distributed import LocalCluster

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
def test_the_code_of_a_page_that_begins_with_tensorflow(name, fresh_python):
    ((_, code),) = CODE[DOCS / "guide" / name]
    check = "print(tf.config.threading.get_intra_op_parallelism_threads())"
    use = (
        "from sklstm import LSTMRegressor; LSTMRegressor(epochs=1).fit([[1.0], [2.0]], [1.0, 2.0])"
    )
    assert fresh_python("\n".join([code, use, check])).stdout.strip() == "8"


def test_a_fifth_architecture_as_the_notes_add_it(fresh_python):
    """The code of CONTRIBUTING.md, entered where it says, is an architecture like the others."""
    notes = (DOCS.parent / "CONTRIBUTING.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", notes, re.DOTALL)
    entry = re.search(r'`"gru": (_Architecture\(.*?\))`', notes).group(1)
    done = fresh_python(f"""
import pickle

import sklstm._networks._plan as file
exec({code!r}, vars(file))
file._ARCHITECTURES["gru"] = eval({entry!r}, vars(file))
file.ARCHITECTURES = tuple(file._ARCHITECTURES)

import numpy as np
from sklstm import LSTMRegressor
X = np.random.default_rng(0).normal(size=(40, 6, 2))
model = LSTMRegressor("gru", units=3, epochs=2, dropout=0.1, random_state=0).fit(X, X[:, -1, 0])
again = pickle.loads(pickle.dumps(model))
assert (again.predict(X) == model.predict(X)).all()
same = LSTMRegressor("gru", units=3, epochs=2, dropout=0.1, random_state=0).fit(X, X[:, -1, 0])
assert (same.predict(X) == model.predict(X)).all()
print(model.model_.count_params())
""")
    # three gates of 3 units that read 2 features, 3 states and a bias; a head of 3 and a bias
    assert done.stdout.split() == [str(3 * 3 * (2 + 3 + 1) + 3 + 1)]
