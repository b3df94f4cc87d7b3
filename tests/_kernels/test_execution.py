"""No fit hangs, whatever its loss, optimizer or Keras's policy bring into the graph."""

import os

FITS = """
import keras, tensorflow as tf, numpy as np
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

def fit(**arguments):
    print(arguments, flush=True)  # the last one that is printed is the one that hangs
    model = LSTMRegressor(units=2, epochs=2, random_state=0, early_stopping=True, **arguments)
    assert len(model.fit(X, X[:, 0]).loss_curve_) == 2

for loss in (two_conditionals, in_a_loop, a_function, "hinge"):
    fit(loss=loss)
fit(optimizer="sgd", learning_rate=warm_up, optimizer__gradient_accumulation_steps=2)
keras.mixed_precision.set_global_policy("mixed_float16")
fit()
"""


def test_no_fit_hangs(fresh_tensorflow):
    """With one thread, as workers of joblib have it, a single conditional was enough to hang."""
    done = fresh_tensorflow(FITS, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert len(done.stdout.splitlines()) == 6
