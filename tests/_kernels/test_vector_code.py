"""What compiled code computes with vectors."""

import numpy as np
import pytest

from sklstm._kernels import _compiled_loop
from sklstm._kernels._vector_code import LANES, Function, exp, sigmoid, tanh


def evaluate(function, x):
    """Apply a function to an array whose size is a multiple of a vector's."""
    code = Function("evaluate", 2, 1)
    with code.loop(0, code.ints[0], LANES) as at:
        code.store(function(code.load(code.arrays[0], at)), code.arrays[1], at)
    y = np.empty_like(x)
    code.compile()(x.ctypes.data, y.ctypes.data, len(x))
    return y


def test_modules_agree_about_a_vector():
    assert _compiled_loop.LANES == LANES


@pytest.mark.parametrize(
    ("function", "exact", "limits"),
    [
        (exp, np.exp, (-87, 88)),
        (sigmoid, lambda x: 1 / (1 + np.exp(-x)), (-87, 87)),
        (tanh, np.tanh, (-20, 20)),
    ],
)
def test_functions_are_exact_to_two_units_in_the_last_place(function, exact, limits):
    x = np.concatenate([np.linspace(*limits, 1 << 17), np.linspace(-1, 1, 1 << 17)]).astype("f4")
    expected = exact(x.astype("f8"))
    error = np.abs(evaluate(function, x) - expected) / np.spacing(np.abs(expected).astype("f4"))
    assert error.max() < (3 if function is sigmoid else 2)


def test_special_values():
    x = np.array([np.nan, np.inf, -np.inf, 1e9, -1e9, 0, 1e-30, -1e-30] * 2, "f4")
    nan = np.nan
    np.testing.assert_array_equal(evaluate(sigmoid, x)[:8], [nan, 1, 0, 1, 0, 0.5, 0.5, 0.5])
    expected = np.array([nan, 1, -1, 1, -1, 0, 1e-30, -1e-30], "f4")
    np.testing.assert_array_equal(evaluate(tanh, x)[:8], expected)


def test_sums_and_integers():
    """The sum of vectors 0, 2, 4, ... of an array, each times its number."""
    code = Function("total", 2, 1)
    (source, out), (n,) = code.arrays, code.ints

    def add(k, sums):
        return [sums[0] + code.load(source, k * 2 * LANES) * code.load_one(source, k)]

    (total,) = code.accumulate(n - n % 2, [code.load(out, n * 0)], add)
    code.store(total, out, n * 0)
    x = np.arange(5 * LANES, dtype="f4")
    y = np.ones(LANES, "f4")
    code.compile()(x.ctypes.data, y.ctypes.data, 3)
    np.testing.assert_array_equal(y, 1 + 0 * x[:LANES] + 1 * x[2 * LANES : 3 * LANES])
