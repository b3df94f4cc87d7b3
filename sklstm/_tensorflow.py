"""TensorFlow and Keras, imported once and without the chatter of their start-up.

TensorFlow's C++ core writes to the standard error stream of the process while it is imported
and again when it first looks for devices. Both moments pass through here. What it writes is
held back, and shown after all when the step fails.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

__all__ = ["keras", "start", "tf"]


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
with contextlib.nullcontext() if "tensorflow" in sys.modules else _stderr_held_back():
    import keras
    import tensorflow as tf
_check_backend(keras.backend.backend())

_started = False
_start_lock = threading.Lock()


def start() -> None:
    """Let TensorFlow find its devices, quietly; only the first call does anything.

    It is called by the first fit or predict and not on import, so that a user can still
    configure devices and threads after importing sklstm.
    """
    global _started
    with _start_lock:
        if not _started:
            with _stderr_held_back():
                tf.constant(0.0)
            _started = True
