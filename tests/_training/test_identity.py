"""What shares a compiled network computes the same, by proof."""

import functools
import inspect

import numpy as np
import pytest

from sklstm._kernels._tensorflow import keras, start, tf
from sklstm._training._identity import DoubtError, identity

start()
losses, metrics, optimizers = keras.losses, keras.metrics, keras.optimizers


def stock_objects():
    """Every loss, metric and optimizer of Keras that can be made without arguments."""
    for module, base in (
        (losses, losses.Loss), (metrics, metrics.Metric), (optimizers, optimizers.Optimizer),
    ):  # fmt: skip
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and issubclass(kind, base) and kind is not base:
                needed = [
                    p for p in inspect.signature(kind).parameters.values()
                    if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
                ]  # fmt: skip
                if not needed:
                    arguments = {} if module is losses else {"name": "some"}
                    yield pytest.param(functools.partial(kind, **arguments), id=name)


@pytest.mark.parametrize("make", list(stock_objects()))
def test_equal_objects_of_keras_share(make):
    assert identity(make()) == identity(make())
    assert hash(identity(make())) == hash(identity(make()))


def scaled(factor):
    return lambda y, outputs: factor * keras.ops.mean((y - outputs) ** 2, axis=-1)


class Scaled(losses.Loss):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, y, outputs):
        return self.factor * keras.ops.mean((y - outputs) ** 2, axis=-1)


class Slotted:
    __slots__ = ("value",)


focal = losses.CategoricalFocalCrossentropy


@pytest.mark.parametrize(
    "make",
    [
        lambda value: functools.partial(losses.huber, delta=value),
        lambda value: functools.partial(losses.huber, 0.0, 1.0, value),
        lambda value: focal(alpha=tf.constant(value)),
        lambda value: Scaled(value),
        lambda value: Scaled(tf.constant(value)),
        lambda value: Scaled(np.float32(value)),
        lambda value: Scaled([1, {"a": value}]),
        lambda value: Scaled(value).call,
        lambda value: metrics.MeanMetricWrapper(
            functools.partial(losses.huber, delta=value), name="some"
        ),
        lambda value: optimizers.Adam(optimizers.schedules.ExponentialDecay(value, 10, 0.5)),
    ],
)
def test_values_count_wherever_they_are(make):
    assert identity(make(1.0)) == identity(make(1.0))
    assert identity(make(1.0)) != identity(make(2.0))


def test_variables_are_themselves():
    """A graph reads the variable, so the same one may be shared, whatever its value."""
    variable = keras.Variable(1.0)
    assert identity(Scaled(variable)) == identity(Scaled(variable))
    assert identity(Scaled(variable)) != identity(Scaled(keras.Variable(1.0)))


def test_what_a_function_refers_to_counts():
    value = 1.0

    def with_closure(y, outputs, scale=[1.0]):  # noqa: B006
        return value * scale[0] * (y - outputs)

    first = identity(with_closure)
    assert identity(with_closure) == first
    value = 2.0
    second = identity(with_closure)
    with_closure.__defaults__[0][0] = 3.0
    third = identity(with_closure)
    assert len({first, second, third}) == 3


FACTOR = 1.0


def with_global(y, outputs):
    return FACTOR * (y - outputs)


def calls_another(y, outputs):
    return 2 * with_global(y, outputs)


class UsesGlobal(losses.Loss):
    def call(self, y, outputs):
        return FACTOR * (y - outputs)


@pytest.mark.parametrize("make", [lambda: with_global, lambda: calls_another, UsesGlobal])
def test_globals_count(make, monkeypatch):
    before = identity(make())
    assert identity(make()) == before
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    assert identity(make()) != before


def test_other_zeros_and_types_are_other_values():
    for one, other in [(0.0, -0.0), (1, True), (1, 1.0), ("1", b"1"), ([1], (1,))]:
        assert identity(one) != identity(other)


@pytest.mark.parametrize(
    "make", [Slotted, lambda: Scaled(Slotted()), lambda: keras.layers.Dense(1)]
)
def test_what_cannot_be_looked_into_is_in_doubt(make):
    with pytest.raises(DoubtError):
        identity(make())


def test_cycles_end():
    loss = Scaled(1.0)
    loss.itself = loss
    assert hash(identity(loss)) == hash(identity(loss))
