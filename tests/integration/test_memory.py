"""Memory stays flat: fits of one network share its graphs."""

import numpy as np
import pytest

from sklstm import LSTMRegressor

ARCHITECTURES = ["vanilla", "bidirectional", "stacked", "cnn_lstm", "lstm_fcn"]

GROWTH = """
import numpy as np, psutil
from sklearn.model_selection import GridSearchCV
from sklstm import LSTMClassifier, LSTMRegressor
X = np.random.default_rng(0).normal(size=(64, 12))
y = X[:, 0]

def memory():
    return psutil.Process().memory_info().rss / 1e6
"""


def test_sixty_fits_of_each_kind(fresh_python):
    done = fresh_python(f"""{GROWTH}
kinds = [
    estimator(architecture, units=4, epochs=2, fcn_filters=[4, 4], fcn_kernel_sizes=[2, 2])
    for estimator in (LSTMRegressor, LSTMClassifier) for architecture in {ARCHITECTURES}
]
def fit_all():
    for model in kinds:
        model.fit(X, y > 0 if isinstance(model, LSTMClassifier) else y).predict(X)
for _ in range(5):
    fit_all()
before = memory()
for _ in range(55):
    fit_all()
print((memory() - before) / (55 * len(kinds)))
""")
    # Keras's optimizers leave 0.07 each, unless they share a name
    assert float(done.stdout) <= 0.05


def test_forty_candidates(fresh_python):
    done = fresh_python(f"""{GROWTH}
def search(rates):
    model = LSTMRegressor(units=2, epochs=1)
    GridSearchCV(model, {{"learning_rate": rates}}, cv=2, refit=False).fit(X, y)
search([0.1, 0.01, 0.001])
before = memory()
search(np.geomspace(1e-4, 1e-2, 40))
print((memory() - before) / 80)
""")
    assert float(done.stdout) <= 0.5


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_fit_that_reuses_a_slot_leaves_no_graph(architecture):
    from tensorflow.python.eager import context
    from tensorflow.python.framework import ops

    def registered():
        graphs = set(context.context().list_function_names())
        return graphs, set(ops.gradient_registry.list())

    rng = np.random.default_rng(0)
    model = LSTMRegressor(architecture, units=5, epochs=2)
    X = rng.normal(size=(50, 12))
    model.fit(X, X[:, 0]).predict(X)
    before = registered()
    X = rng.normal(size=(33, 12))
    model.set_params(batch_size=8, learning_rate=0.01, epochs=3).fit(X, X[:, 0]).predict(X)
    assert registered() == before


def test_prediction_is_bounded_by_memory(fresh_python):
    """1,000 sequences of 500 steps: all at once, the outputs of each layer alone take 200 MB."""
    done = fresh_python("""
import resource, sys
import numpy as np
from sklstm import LSTMRegressor

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

X = np.random.default_rng(0).normal(size=(1000, 500)).astype("f4")
models = [LSTMRegressor(a, units=100).initialize(X[:2], [0, 1]) for a in ("vanilla", "stacked")]
for model in models:
    model.predict(X[:8])
before = peak()
for model in models:
    model.predict(X)
print(peak() - before)
""")
    assert float(done.stdout) <= 250


def test_different_networks_leave_nothing_behind(fresh_python):
    """A random search over widths: each network is another one, and soon evicted."""
    done = fresh_python(f"""{GROWTH}
from sklstm._training import _network_pool
_network_pool.MAX_NETWORKS = 8  # evicted sooner
def fit(units):
    for architecture in {ARCHITECTURES}:
        network = LSTMRegressor(
            architecture, units=units, epochs=1, fcn_filters=[4, 4], fcn_kernel_sizes=[2, 2]
        )
        network.fit(X, y).predict(X)
for units in range(1, 4):
    fit(units)
before = memory()
for units in range(4, 11):
    fit(units)
print((memory() - before) / (7 * {len(ARCHITECTURES)}))
""")
    # 150 MB for 180 networks; TensorFlow by itself keeps some 10 MB of each
    assert float(done.stdout) <= 0.83


def test_a_fit_copies_its_samples_at_most_once(fresh_python):
    """160 MB in float32, which TensorFlow shares where they are aligned, and 320 in float64."""
    done = fresh_python("""
import resource, sys
import numpy as np
from sklstm import LSTMRegressor
from sklstm._precision import empty_aligned

def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6

model = LSTMRegressor(units=1, epochs=1, batch_size=5000)
X = empty_aligned((100_000, 50, 8))
X[:] = np.random.default_rng(0).random((50, 8))
y = X[:, 0, 0] + np.arange(100_000) % 7
model.fit(X[:10_000], y[:10_000]).predict(X[:1000])
before = peak()
model.fit(X, y).predict(X)
print(peak() - before)
X = X.astype(float)
before = peak()
model.fit(X, y).predict(X)
print(peak() - before)
""")
    single, double = map(float, done.stdout.split())
    assert single <= 40 and double <= 200
