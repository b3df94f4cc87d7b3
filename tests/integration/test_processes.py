"""Workers, forks, a cluster that loses a worker, and threads that predict."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import joblib
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.multioutput import MultiOutputRegressor

from sklstm import ARCHITECTURES, LSTMClassifier, LSTMRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 8, 2)).astype("f4")
TARGETS = {
    LSTMRegressor: X.sum(axis=(1, 2)),
    LSTMClassifier: np.where(X.sum(axis=(1, 2)) > 0, "rises", "falls"),
}
SMALL = dict(units=3, fcn_filters=(4, 3, 4), epochs=2, dropout=0.1, random_state=0)


def search(estimator, **arguments):
    grid = {"arch": list(ARCHITECTURES)}
    arguments = dict(cv=2, error_score="raise") | arguments
    return GridSearchCV(estimator(**SMALL), grid, **arguments).fit(X, TARGETS[estimator])


def scores(found):
    return [found.cv_results_[f"split{fold}_test_score"].tolist() for fold in range(2)]


# --- workers of joblib ---------------------------------------------------------------------


@pytest.mark.parametrize("estimator", TARGETS)
def test_a_search_in_two_processes_finds_the_same(estimator):
    one, two = search(estimator, n_jobs=1), search(estimator, n_jobs=2)
    assert scores(two) == scores(one)
    np.testing.assert_array_equal(two.predict(X), one.predict(X))


@pytest.mark.parametrize("arch", ["vanilla", "lstm_fcn"])  # which has moving statistics
def test_estimators_come_back_from_workers_with_the_same_weights(arch):
    y = TARGETS[LSTMRegressor]
    one, two = (
        cross_validate(LSTMRegressor(arch, **SMALL), X, y, cv=2, n_jobs=n, return_estimator=True)
        for n in (1, 2)
    )
    np.testing.assert_array_equal(two["test_score"], one["test_score"])
    for ours, theirs in zip(one["estimator"], two["estimator"], strict=True):
        pairs = zip(ours.model_.get_weights(), theirs.model_.get_weights(), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs)


class WhereX(LSTMRegressor):
    """Notes what kind of array it is fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.seen_ = type(X), X.flags.writeable
        return super().fit(X, y, sample_weight)


def test_a_large_X_reaches_workers_mapped():
    large = np.zeros((3000, 50, 2))  # 2.4 MB, where joblib maps from 1 MB
    targets = RNG.normal(size=(3000, 2))
    both = MultiOutputRegressor(WhereX(units=1, epochs=1, batch_size=3000), n_jobs=2)
    both.fit(large, targets)
    assert [model.seen_ for model in both.estimators_] == [(np.memmap, False)] * 2


# --- forks ---------------------------------------------------------------------------------

FORKING = """
import os, signal
import numpy as np
from sklstm import LSTMRegressor
X = np.random.default_rng(0).normal(size=(20, 5))
model = LSTMRegressor(units=2, epochs=1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.parametrize(
    ("before", "then"),
    [
        (
            "model.fit(X, X[:, 0])",
            [
                "model.predict(X)",
                "model.fit(X, X[:, 0])",
                "model.model_",
                "LSTMRegressor('stacked', units=2).fit(X, X[:, 0])",
            ],
        ),
        ("model.fit(X, X[:, 0]).predict(X)", ["model.predict(X)"]),
        # it was the user who made TensorFlow run
        ("import tensorflow as tf; tf.zeros(1) + 1", ["model.fit(X, X[:, 0])"]),
    ],
)
def test_a_fork_after_tensorflow_ran_is_told(before, then, fresh_tensorflow):
    """The alarm kills a child that hangs."""
    fresh_tensorflow(f"""{FORKING}
{before}
for then in {then}:
    child = os.fork()
    if not child:
        signal.alarm(20)
        try:
            exec(then)
        except RuntimeError as error:
            os._exit(7 if "was forked" in str(error) and "loky" in str(error) else 1)
        os._exit(2)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7, (then, status)
model.fit(X, X[:, 0]).predict(X)  # the parent goes on
""")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_a_fork_before_tensorflow_runs_is_fine(fresh_tensorflow):
    fresh_tensorflow(f"""{FORKING}
child = os.fork()
if not child:
    signal.alarm(200)
    model.fit(X, X[:, 0]).predict(X)
    os._exit(7)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 7, status
""")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
def test_the_multiprocessing_backend_is_told(fresh_tensorflow):
    fresh_tensorflow(f"""{FORKING}
from joblib import parallel_config
from sklearn.model_selection import cross_val_score
model.fit(X, X[:, 0])
signal.alarm(200)
with parallel_config("multiprocessing"):
    try:
        cross_val_score(model, X, X[:, 0], cv=2, n_jobs=2, error_score="raise")
    except RuntimeError as error:
        assert "was forked" in str(error)
    else:
        raise AssertionError("no error")
""")


# --- a cluster -----------------------------------------------------------------------------


class DiesOnce:
    """A scorer that kills the first worker which scores, and scores as R2 afterwards."""

    def __init__(self, marker):
        self.marker = marker

    def __call__(self, estimator, X, y):
        try:
            os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return get_scorer("r2")(estimator, X, y)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signal")
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the killed worker's sockets
def test_a_search_on_a_cluster_survives_the_death_of_a_worker(tmp_path):
    """Data is scattered to all workers: what joblib sends to one by itself would die with it."""
    local = search(LSTMRegressor)
    folds = list(KFold(2).split(X))
    data = [X, TARGETS[LSTMRegressor], *chain.from_iterable(folds)]
    marker = tmp_path / "one worker is dead"
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        before = set(client.run(os.getpid).values())
        with joblib.parallel_config("dask", scatter=data):
            scoring = DiesOnce(str(marker))
            remote = search(LSTMRegressor, n_jobs=-1, cv=folds, scoring=scoring)
        client.wait_for_workers(2)
        after = set(client.run(os.getpid).values())
    assert marker.exists() and len(before - after) == 1
    assert scores(remote) == scores(local)
    np.testing.assert_array_equal(remote.predict(X), local.predict(X))


# --- threads -------------------------------------------------------------------------------


def test_predictions_are_right_while_another_estimator_fits():
    y = TARGETS[LSTMRegressor]
    models = [LSTMRegressor(arch, **SMALL).fit(X, y) for arch in ARCHITECTURES]
    expected = [model.predict(X) for model in models]
    done = threading.Event()

    def fit():
        while not done.is_set():
            for arch in ARCHITECTURES:
                LSTMRegressor(arch, **SMALL).fit(X, y)

    with ThreadPoolExecutor(9) as pool:
        fitting = pool.submit(fit)
        try:
            answers = list(pool.map(lambda i: models[i % len(models)].predict(X), range(200)))
        finally:
            done.set()
        fitting.result()
    right = [np.array_equal(answer, expected[i % len(models)]) for i, answer in enumerate(answers)]
    assert sum(right) == 200
