"""Fit one model on one set and score it: the test part, or folds of the training part."""

import contextlib
import signal
import time

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
    begin = time.perf_counter()
    try:
        with at_most(limit):
            estimator.fit(task.X, task.y)
    except Exception as error:
        seconds = round(time.perf_counter() - begin, 2)
        return {"error": f"{type(error).__name__}: {error}", "seconds": seconds}
    seconds = round(time.perf_counter() - begin, 2)
    score = task.score(estimator.predict(task.X_test))
    return {"score": {key: float(value) for key, value in score.items()}, "seconds": seconds}


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
