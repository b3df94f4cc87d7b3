"""What importing costs, says and leaves behind."""

import numpy as np
import pytest

import sklstm

NEED_NO_NETWORK = [
    "import sklstm",
    "from sklstm import PurgedTimeSeriesSplit, SlidingWindow, make_windows, last_window",
    "from sklstm import TimeDistributedTransformer, datasets; datasets.load_co2()",
    "from sklstm import NaiveForecaster, backtest, metrics; metrics.MASEScorer()",
    "from sklstm import Forecaster; Forecaster('ridge').get_params()",
    "from sklstm.inspection import integrated_gradients, permutation_importance",
    "import sklstm; dir(sklstm)",
]


def test_what_needs_no_network_imports_no_tensorflow(fresh_python):
    fresh_python(f"""
import sys
for code in {NEED_NO_NETWORK}:
    exec(code)
    assert not {{"tensorflow", "keras", "scikeras"}} & set(sys.modules), code
""")


def test_every_public_name_resolves():
    import sklstm

    for name in sklstm.__all__:
        assert getattr(sklstm, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'LSTM'"):
        _ = sklstm.LSTM


FIT = """
import numpy as np
from sklstm import LSTMRegressor
X = np.arange(60.0).reshape(10, 6) / 60
LSTMRegressor(units=2, epochs=1).fit(X, X[:, 0]).predict(X)
"""


def test_what_tensorflow_says_is_shown_when_it_fails(fresh_tensorflow):
    done = fresh_tensorflow("""
import os, pytest
from sklstm._kernels._tensorflow import _stderr_held_back
with _stderr_held_back():
    os.write(2, b"all is well")
with pytest.raises(RuntimeError), _stderr_held_back():
    os.write(2, b"the reason")
    raise RuntimeError
""")
    assert done.stderr == "the reason"


def test_tensorflow_keeps_quiet_and_the_environment_is_as_it_leaves_it(fresh_python):
    """TensorFlow and Keras set variables of their own on import; sklstm adds none."""
    show = "import os, json; print(json.dumps(dict(os.environ), sort_keys=True))"
    plain = fresh_python("import keras, tensorflow\n" + show)
    done = fresh_python(FIT + show)
    assert done.stdout == plain.stdout
    assert done.stderr == ""


def test_keras_copies_its_objects_as_before(fresh_tensorflow):
    fresh_tensorflow("""
import keras
classes = keras.Model, keras.losses.Loss, keras.metrics.Metric, keras.optimizers.Optimizer
before = [(c.__reduce__, "__deepcopy__" in vars(c)) for c in classes]
from sklstm import LSTMRegressor
assert [(c.__reduce__, "__deepcopy__" in vars(c)) for c in classes] == before
""")


def test_another_backend_is_refused(fresh_python):
    fresh_python("""
import os, pytest
os.environ["KERAS_BACKEND"] = "numpy"
with pytest.raises(ImportError, match="Keras is set to 'numpy'. Unset"):
    from sklstm import LSTMRegressor
""")


def test_a_bug_report_needs_no_tensorflow(fresh_python):
    done = fresh_python(
        "import sys, sklstm; sklstm.show_versions(); assert 'tensorflow' not in sys.modules"
    )
    lines = done.stdout.splitlines()
    assert f"    sklstm: {sklstm.__version__}" in lines
    assert f"    numpy: {np.__version__}" in lines
    assert [line for line in lines if line and line[0] != " "] == ["System", "Packages", "Settings"]
