"""
==================================================
A search on several machines that outlives a crash
==================================================

scikit-learn's searches run on any backend of joblib, and dask is one of them. Here the cluster is
two workers on this machine, and one of them is killed while the search runs. The search finishes
all the same, with exactly the scores of a search in a single process: a fit depends only on its
data, its parameters and its seed.

For real machines, replace ``LocalCluster`` by the class of your cluster, or pass the address of its
scheduler to ``Client``. Every worker needs Python and sklstm in the versions that you use.
"""

# %%
# The search, in this process and on the cluster
# ----------------------------------------------
# The search compares one-step forecasts of the sea temperatures in which El Niño shows.

import os
import signal
import threading
from itertools import chain

import joblib
import numpy as np
from dask.distributed import Client, LocalCluster
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklstm import (
    LSTMRegressor,
    PurgedTimeSeriesSplit,
    TimeDistributedTransformer,
    make_windows,
)
from sklstm.datasets import load_elnino

FOUR = "vanilla", "bidirectional", "stacked", "cnn_lstm"  # the lecture's networks


def main():
    X, Y = make_windows(load_elnino().data, lookback=24, horizon=1)
    X, y = np.ascontiguousarray(X), Y[:, 0]
    pipe = Pipeline(
        [
            ("scale", TimeDistributedTransformer(StandardScaler())),
            ("lstm", LSTMRegressor(units=16, epochs=40, random_state=0)),
        ]
    )
    folds = list(PurgedTimeSeriesSplit(3).split(X))
    search = GridSearchCV(pipe, {"lstm__arch": list(FOUR)}, cv=folds)
    here = search.fit(X, y).cv_results_["mean_test_score"]

    # The same search, on a cluster. Arrays that all tasks read are scattered to all workers first:
    # otherwise joblib would send each array to one worker only, and it would be lost with it.
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        doomed = next(iter(client.run(os.getpid).values()))
        threading.Timer(3, os.kill, (doomed, signal.SIGKILL)).start()
        with joblib.parallel_config("dask", scatter=[X, y, *chain.from_iterable(folds)]):
            there = search.set_params(n_jobs=-1).fit(X, y).cv_results_["mean_test_score"]
        client.wait_for_workers(2)
        replaced = doomed not in client.run(os.getpid).values()

    for arch, score in zip(FOUR, there, strict=True):
        print(f"{arch:<14} R2 = {score:.3f}")
    print("A worker was killed and replaced:", replaced)
    print("The scores are those of the search in this process:", np.array_equal(here, there))


# Workers import this file, so only the process that was started as a script may run main.
if __name__ == "__main__":
    main()
