"""Threads: how many TensorFlow takes, that answers do not depend on it, and fits side by side."""

import os

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.model_selection import GridSearchCV

from sklstm import LSTMRegressor

FIT = """
import numpy as np
from sklstm import LSTMRegressor
X = np.random.default_rng(0).normal(size=(70, 12, 2))
y = X[:, 0, 0]
def fit(**arguments):
    return LSTMRegressor(**{"units": 3, "epochs": 1, "random_state": 0, **arguments}).fit(X, y)
"""
SHOW = """
fit()
import tensorflow as tf
config = tf.config.threading
print(config.get_intra_op_parallelism_threads(), config.get_inter_op_parallelism_threads())
"""


def environment(**more):
    return {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"} | more


@pytest.mark.parametrize(
    ("before", "variables", "threads"),
    [
        ("", {}, "1 0"),  # 0: as many as there are cores
        ("", {"OMP_NUM_THREADS": "3"}, "1 3"),
        ("", {"OMP_NUM_THREADS": "3,2"}, "1 3"),
        ("", {"OMP_NUM_THREADS": "many"}, "1 0"),
        # what is set for TensorFlow goes first
        ("", {"OMP_NUM_THREADS": "3", "TF_NUM_INTRAOP_THREADS": "2"}, "0 0"),
        (
            "import tensorflow as tf; tf.config.threading.set_intra_op_parallelism_threads(2)",
            {"OMP_NUM_THREADS": "3"},
            "2 0",
        ),
        # TensorFlow runs already
        ("import tensorflow as tf; tf.zeros(1)", {"OMP_NUM_THREADS": "3"}, "0 0"),
    ],
)
def test_how_many_threads_tensorflow_takes(before, variables, threads, fresh_tensorflow):
    done = fresh_tensorflow(f"{before}\n{FIT}\n{SHOW}", env=environment(**variables))
    assert done.stdout.split("\n")[-2] == threads


@pytest.mark.parametrize(
    ("between", "threads"),
    [
        ("import keras; keras.optimizers.Adam()", "1 0"),  # its variables start TensorFlow
        ("import tensorflow as tf; tf.config.threading.set_intra_op_parallelism_threads(4)", "4 0"),
    ],
)
def test_what_starts_or_configures_tensorflow_before_the_first_fit(
    between, threads, fresh_tensorflow
):
    done = fresh_tensorflow(f"{FIT}\n{between}\n{SHOW}", env=environment())
    assert done.stdout.split("\n")[-2] == threads


def threads_of_a_worker():
    import tensorflow as tf

    LSTMRegressor(units=1, epochs=1).fit(np.zeros((4, 3)), np.arange(4.0))
    return tf.config.threading.get_inter_op_parallelism_threads()


def test_a_worker_takes_the_threads_that_joblib_grants_it():
    with parallel_config("loky", inner_max_num_threads=3):
        granted = Parallel(n_jobs=2)(delayed(threads_of_a_worker)() for _ in range(2))
    assert granted == [3, 3]


def test_answers_do_not_depend_on_the_number_of_threads(fresh_tensorflow):
    code = f"""{FIT}
import hashlib
for arguments in [
    dict(arch="stacked", units=24),
    dict(arch="bidirectional", units=130),
    dict(arch="cnn_lstm", units=20, filters=16),
    dict(arch="lstm_fcn", fcn_filters=(400, 10), fcn_kernel_sizes=(3, 2)),  # in parts
    dict(dropout=0.5),
]:
    fitted = fit(**arguments)
    print(hashlib.sha256(fitted.predict(X).tobytes()).hexdigest())
"""
    answers = {
        fresh_tensorflow(code, env=environment(OMP_NUM_THREADS=threads)).stdout
        for threads in ("1", "5")
    }
    assert len(answers) == 1


def search(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, 9))
    grid = {"arch": ["vanilla", "stacked"], "learning_rate": [1e-3, 1e-2]}
    model = LSTMRegressor(units=3, epochs=2, dropout=0.2, random_state=seed)
    found = GridSearchCV(model, grid, cv=2).fit(X, X[:, 0])
    return joblib.hash((found.cv_results_["mean_test_score"], found.predict(X)))


def test_searches_in_threads_find_what_they_find_in_turn():
    in_turn = [search(seed) for seed in range(3)]
    in_threads = Parallel(n_jobs=3, backend="threading")(delayed(search)(s) for s in range(3))
    assert in_threads == in_turn
    assert len(set(in_turn)) == 3
