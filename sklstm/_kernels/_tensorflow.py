"""TensorFlow and Keras, imported once and without the chatter of their start-up.

TensorFlow's C++ core writes to the standard error stream of the process while it is imported
and again when it first looks for devices. All these moments pass through here. What it writes is
held back, and shown after all when the step fails.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

__all__ = ["gc_paused", "keras", "start", "tf"]


@contextlib.contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the garbage collector while a great many permanent objects are made.

    It would walk through all of them again and again, which takes a quarter of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextlib.contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, by C++ code too; show it on failure."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (AttributeError, OSError, ValueError):  # no standard error: nothing to keep quiet
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _check_backend(name: str) -> None:
    if name != "tensorflow":
        raise ImportError(
            f"sklstm runs Keras on TensorFlow, but Keras is set to {name!r}. Unset the environment "
            "variable KERAS_BACKEND, or set it to 'tensorflow', before Keras is first imported "
            "(the file ~/.keras/keras.json can set it as well)."
        )


# Before Keras looks for a backend that may not be installed, and after it has settled on one.
_check_backend(os.environ.get("KERAS_BACKEND", "tensorflow"))
_quiet = contextlib.nullcontext() if "tensorflow" in sys.modules else _stderr_held_back()
with gc_paused(), _quiet:
    import keras
    import tensorflow as tf
    from tensorflow.python.eager import context

    # The import makes a million permanent objects. Frozen, they slow down no garbage collection;
    # joblib's workers collect again and again. A user's main process may hold garbage, which must
    # not be frozen with them: there they are unfrozen at once, and count as old.
    if not gc.get_freeze_count():
        gc.freeze()
        if multiprocessing.parent_process() is None:
            gc.unfreeze()
_check_backend(keras.backend.backend())

_started = False
_start_lock = threading.Lock()
_forked = False


def start() -> None:
    """Let TensorFlow find its devices, quietly; only the first call does anything.

    Every fit and predict calls it. The import does not, so that a user can still configure
    devices after importing sklstm.

    Raises
    ------
    RuntimeError
        In a process that was forked from one in which TensorFlow ran: its threads are not there,
        and any operation would wait for them for ever.
    """
    global _started
    if _forked:
        raise RuntimeError(
            "This process was forked from one in which TensorFlow has already run, and TensorFlow "
            "does not survive that. Start processes afresh: joblib's default backend 'loky' does "
            "so, as do multiprocessing.get_context('spawn') and 'forkserver'. Or fork before the "
            "first fit or predict."
        )
    with _start_lock:
        if not _started:
            with _stderr_held_back():
                tf.constant(0.0)
            _started = True


def _note_fork() -> None:
    """Remember, in a forked process, whether TensorFlow ran in the one it comes from."""
    global _forked
    runs = getattr(context.context(), "_context_handle", None) is not None  # by a user too
    _forked = _forked or _started or runs


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_note_fork)


def _configure_threads() -> None:
    """Give each operation one thread, and run as many operations at once as the process may.

    The rounding of an operation depends on the number of threads that share it: a search with
    ``n_jobs=2`` would not repeat the results of ``n_jobs=1``. Small operations are faster on one
    thread, too. joblib, dask and Ray tell their workers through OMP_NUM_THREADS how many threads
    they may use; TensorFlow does not read it. What the user has set for TensorFlow stays, and can
    still be set until TensorFlow starts. That may be long before a fit: every Keras optimizer that
    is made has a variable.
    """
    config = tf.config.threading
    is_set = (
        config.get_intra_op_parallelism_threads()
        or config.get_inter_op_parallelism_threads()
        or {"TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"} & set(os.environ)
    )
    if is_set:
        return
    granted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    with contextlib.suppress(RuntimeError):  # TensorFlow runs already, with what it has
        config.set_intra_op_parallelism_threads(1)
        if granted.isdecimal():
            config.set_inter_op_parallelism_threads(int(granted))


with _stderr_held_back():  # where there is a part of CUDA but no GPU, TensorFlow says so here
    _configure_threads()
