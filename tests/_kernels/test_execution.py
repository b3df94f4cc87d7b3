"""No fit hangs, whatever its loss, optimizer or Keras's policy bring into the graph."""

import os
import subprocess
import sys

import pytest

FIT = """
import keras, tensorflow as tf, numpy as np
{before}
from sklstm import LSTMRegressor

def two_conditionals(y, outputs):
    error = tf.reduce_mean((y - outputs) ** 2)
    inner = lambda: tf.cond(error > 2, lambda: error, lambda: 2 * error)
    return tf.cond(error > 1, inner, lambda: error)

def in_a_loop(y, outputs):
    error = tf.reduce_mean((y - outputs) ** 2, axis=-1)
    return tf.map_fn(lambda e: tf.cond(e > 1, lambda: e, lambda: 2 * e), error)

@tf.function
def a_function(y, outputs):
    return two_conditionals(y, outputs)

warm_up = keras.optimizers.schedules.CosineDecay(1e-3, 20, warmup_target=1e-2, warmup_steps=5)
X = np.random.default_rng(0).normal(size=(20, 6))
model = LSTMRegressor(units=2, epochs=2, random_state=0, early_stopping=True, {arguments})
print(len(model.fit(X, X[:, 0]).loss_curve_))
"""


@pytest.mark.parametrize(
    ("arguments", "before"),
    [
        ("loss=two_conditionals", ""),
        ("loss=in_a_loop", ""),
        ("loss=a_function", ""),
        ("loss='hinge'", ""),
        ("optimizer='sgd', learning_rate=warm_up, optimizer__gradient_accumulation_steps=2", ""),
        ("", "keras.mixed_precision.set_global_policy('mixed_float16')"),
    ],
)
def test_no_fit_hangs(arguments, before):
    """With one thread, as workers of joblib have it, a single conditional was enough to hang."""
    code = FIT.format(arguments=arguments, before=before)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=180,  # the fit takes some seconds, or for ever
    )
    assert done.stdout.strip() == "2", done.stderr
