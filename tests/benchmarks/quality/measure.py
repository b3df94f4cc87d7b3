"""Fit one model on one set and score it: on the test part, or on folds of the training part."""

import contextlib
import signal
import time

from sklearn.metrics import get_scorer

from quality import models
from quality.data import load


def measure(name, model, seed=0, params=None, limit=None):
    """Fit on the training part, score on the test part.

    For example ``measure("gunpoint", "vanilla", params={"epochs": 5})``.

    Returns
    -------
    record : dict
        `score`, a dict by measure, and `seconds` of the fit; or `error`, what kept the fit from
        ending. `limit` is the most seconds it may take.
    """
    task = load(name)
    estimator = models.make(model, task, seed, params)
    if model in models.COMPILED:
        task.fit(estimator)  # what is compiled at the first fit is not timed
    result, fitted = timed(lambda: task.fit(estimator), limit)
    if fitted is not None:
        score = task.score_of(fitted)
        result["score"] = {key: float(value) for key, value in score.items()}
    return result


def cross_validate(name, model, seed=0, params=None, limit=None):
    """Score on folds of the training part, as a search does: `folds`, the higher the better."""
    task = load(name)
    scorer = get_scorer(task.scoring)

    def fold(train, test):
        estimator = models.make(model, task, seed, params).fit(task.X[train], task.y[train])
        return float(scorer(estimator, task.X[test], task.y[test]))

    def fit():
        return [fold(train, test) for train, test in task.split()]

    result, folds = timed(fit, limit)
    if folds is not None:
        result["folds"] = folds
    return result


def timed(work, limit):
    """Do some work; its seconds and, if it failed, its error, along with what it returned."""
    begin = time.perf_counter()
    returned, result = None, {}
    try:
        with at_most(limit):
            returned = work()
    except Exception as error:  # a network that diverges is a result as well
        result["error"] = f"{type(error).__name__}: {error}"
    return {"seconds": round(time.perf_counter() - begin, 2)} | result, returned


@contextlib.contextmanager
def at_most(seconds):
    """Raise TimeoutError after so many seconds, in a main thread on Unix; None: never."""
    if seconds is None:
        yield
        return

    def stop(signum, frame):
        raise TimeoutError(f"not ready after {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
