"""Machine code that computes with vectors of float32, written and compiled with llvmlite.

A function is written by computing with ``Floats`` and ``Int``, whose operators add instructions to
it. LLVM cuts the vectors into what the registers of the processor hold, and joins products and
sums. It takes less than a tenth of a second to compile a function.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

LANES = 16  # numbers in a vector

_FLOAT, _INT, _INT32 = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_FLOATS, _INTS = ir.VectorType(_FLOAT, LANES), ir.VectorType(_INT32, LANES)
_UNALIGNED = 4  # bytes: arrays begin anywhere


class Int:
    """An integer, known when the code runs."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = ir.Constant(_INT, value) if isinstance(value, int) else value

    def _apply(self, name: str, other: Int | int) -> Int:
        other = Int(self.builder, other) if isinstance(other, int) else other
        return Int(self.builder, getattr(self.builder, name)(self.value, other.value))

    def __add__(self, other: Int | int) -> Int:
        return self._apply("add", other)

    def __sub__(self, other: Int | int) -> Int:
        return self._apply("sub", other)

    def __mul__(self, other: Int | int) -> Int:
        return self._apply("mul", other)

    def __mod__(self, other: Int | int) -> Int:
        return self._apply("srem", other)

    def or_if_zero(self, step: Int, other: Int) -> Int:
        """Return another integer where a step is 0."""
        is_zero = self.builder.icmp_signed("==", step.value, Int(self.builder, 0).value)
        return Int(self.builder, self.builder.select(is_zero, other.value, self.value))


class Floats:
    """A vector of float32, known when the code runs."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        is_number = isinstance(value, (int, float))
        self.value = ir.Constant(_FLOATS, LANES * [float(value)]) if is_number else value

    def _apply(self, name: str, other: Floats | float) -> Floats:
        other = other if isinstance(other, Floats) else Floats(self.builder, other)
        instruction = getattr(self.builder, name)
        return Floats(self.builder, instruction(self.value, other.value, flags=("contract",)))

    def __add__(self, other: Floats | float) -> Floats:
        return self._apply("fadd", other)

    def __sub__(self, other: Floats | float) -> Floats:
        return self._apply("fsub", other)

    def __mul__(self, other: Floats | float) -> Floats:
        return self._apply("fmul", other)

    def __neg__(self) -> Floats:
        return self * -1.0

    def __rsub__(self, other: float) -> Floats:
        return Floats(self.builder, other) - self

    def __rtruediv__(self, other: float) -> Floats:
        return Floats(self.builder, other)._apply("fdiv", self)

    def if_above(self, bound: float, then: Floats | float, otherwise: Floats | float) -> Floats:
        """Choose a number for each that is above a bound, and another for all others and NaN."""
        return self._choose(">", bound, then, otherwise)

    def if_below(self, bound: float, then: Floats | float, otherwise: Floats | float) -> Floats:
        """Choose a number for each that is below a bound, and another for all others and NaN."""
        return self._choose("<", bound, then, otherwise)

    def _choose(self, comparison: str, *arguments: Floats | float) -> Floats:
        builder = self.builder
        bound, then, otherwise = (
            each.value if isinstance(each, Floats) else Floats(builder, each).value
            for each in arguments
        )
        condition = builder.fcmp_ordered(comparison, self.value, bound)
        return Floats(builder, builder.select(condition, then, otherwise))

    def magnitude(self) -> Floats:
        """Return the absolute values."""
        bits = self.builder.bitcast(self.value, _INTS)
        bits = self.builder.and_(bits, ir.Constant(_INTS, LANES * [0x7FFFFFFF]))
        return Floats(self.builder, self.builder.bitcast(bits, _FLOATS))


class Function:
    """A function of arrays of float32 and of integers, in that order, that is being written."""

    def __init__(self, name: str, n_arrays: int, n_ints: int) -> None:
        self.name, self._module = name, ir.Module(name)
        self._types = n_arrays * [ctypes.c_void_p] + n_ints * [ctypes.c_int64]
        arguments = n_arrays * [_FLOAT.as_pointer()] + n_ints * [_INT]
        function = ir.Function(self._module, ir.FunctionType(ir.VoidType(), arguments), name)
        self.builder = ir.IRBuilder(function.append_basic_block())
        self.arrays = function.args[:n_arrays]
        self.ints = [Int(self.builder, argument) for argument in function.args[n_arrays:]]

    @contextlib.contextmanager
    def loop(self, begin: Int | int, end: Int | int, step: int = 1) -> Iterator[Int]:
        """Repeat what is written in this context, which is given the counter."""
        builder, before = self.builder, self.builder.block
        begin, end = (Int(builder, i) if isinstance(i, int) else i for i in (begin, end))
        test, body, after = (builder.append_basic_block() for _ in range(3))
        builder.branch(test)
        builder.position_at_end(test)
        counter = builder.phi(_INT)
        counter.add_incoming(begin.value, before)
        builder.cbranch(builder.icmp_signed("<", counter, end.value), body, after)
        builder.position_at_end(body)
        yield Int(builder, counter)
        counter.add_incoming((Int(builder, counter) + step).value, builder.block)
        builder.branch(test)
        builder.position_at_end(after)

    def accumulate(
        self, n: Int, start: list[Floats], add: Callable[[Int, list[Floats]], list[Floats]]
    ) -> list[Floats]:
        """Return sums of ``n`` terms, at least one, kept in registers meanwhile."""
        builder, before = self.builder, self.builder.block
        body, after = builder.append_basic_block(), builder.append_basic_block()
        builder.branch(body)
        builder.position_at_end(body)
        counter, *sums = builder.phi(_INT), *(builder.phi(_FLOATS) for _ in start)
        ends = add(Int(builder, counter), [Floats(builder, each) for each in sums])
        following = (Int(builder, counter) + 1).value
        counter.add_incoming(ir.Constant(_INT, 0), before)
        counter.add_incoming(following, body)
        for each, first, last in zip(sums, start, ends, strict=True):
            each.add_incoming(first.value, before)
            each.add_incoming(last.value, body)
        builder.cbranch(builder.icmp_signed("<", following, n.value), body, after)
        builder.position_at_end(after)
        return ends

    def load(self, array: Any, at: Int) -> Floats:
        """Read as many numbers as a vector has."""
        pointer = self.builder.bitcast(self._pointer(array, at), _FLOATS.as_pointer())
        return Floats(self.builder, self.builder.load(pointer, align=_UNALIGNED))

    def load_one(self, array: Any, at: Int) -> Floats:
        """Read one number, for all places of a vector."""
        number = self.builder.load(self._pointer(array, at), align=_UNALIGNED)
        nothing, first = ir.Constant(_FLOATS, ir.Undefined), ir.Constant(_INT32, 0)
        vector = self.builder.insert_element(nothing, number, first)
        everywhere = ir.Constant(_INTS, LANES * [0])
        return Floats(self.builder, self.builder.shuffle_vector(vector, nothing, everywhere))

    def store(self, vector: Floats, array: Any, at: Int) -> None:
        """Write a vector."""
        pointer = self.builder.bitcast(self._pointer(array, at), _FLOATS.as_pointer())
        self.builder.store(vector.value, pointer, align=_UNALIGNED)

    def prefetch(self, array: Any, at: Int) -> None:
        """Let the processor fetch what will be needed; it may lie outside of an array."""
        builder = self.builder
        pointer = builder.bitcast(self._pointer(array, at), ir.IntType(8).as_pointer())
        arguments = [pointer.type, *(3 * [_INT32])]
        kind = ir.FunctionType(ir.VoidType(), arguments)
        name = "llvm.prefetch.p0"
        function = self._module.globals.get(name) or ir.Function(self._module, kind, name)
        hints = (ir.Constant(_INT32, hint) for hint in (0, 3, 1))  # read, keep, data
        builder.call(function, [pointer, *hints])

    def _pointer(self, array: Any, at: Int) -> Any:
        return self.builder.gep(array, [at.value])

    def compile(self) -> Callable[..., None]:
        """Return the finished function, which other threads of Python run beside."""
        self.builder.ret_void()
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3
        )
        module = llvm.parse_assembly(str(self._module))
        module.verify()
        engine = llvm.create_mcjit_compiler(module, machine)
        engine.finalize_object()
        address = engine.get_function_address(self.name)
        run: Any = ctypes.CFUNCTYPE(None, *self._types)(address)
        run.engine = engine  # owns the code
        return run


# --- functions of vectors ----------------------------------------------------------------------
# The polynomials are those of the Cephes library (S. L. Moshier, https://www.netlib.org/cephes).


def exp(x: Floats) -> Floats:
    """Return the exponential, within 2 units in the last place; infinite above 88.4.

    Below -87.3, where it would be less than all normal numbers, it is that of -87.3.
    """
    builder = x.builder
    x = x.if_below(-87.3, -87.3, x.if_above(89.0, 89.0, x))
    rounding = 1.5 * 2.0**23  # what is added to it is rounded to an integer, in the last bits
    shifted = x * 1.44269504088896341 + rounding
    n = shifted - rounding
    r = x - n * 0.693359375 - n * -2.12194440e-4  # minus n times the logarithm of 2
    p = r * 1.9875691500e-4 + 1.3981999507e-3
    for coefficient in (8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1):
        p = p * r + coefficient
    p = p * (r * r) + r + 1.0
    exponent = builder.add(builder.bitcast(shifted.value, _INTS), ir.Constant(_INTS, LANES * [127]))
    power = builder.shl(exponent, ir.Constant(_INTS, LANES * [23]))
    return p * Floats(builder, builder.bitcast(power, _FLOATS))


def sigmoid(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)); exactly 0 below -89."""
    return 1.0 / (exp(-x) + 1.0)


def tanh(x: Floats) -> Floats:
    """Return the hyperbolic tangent, within 2 units in the last place."""
    z, square = x.magnitude(), x * x
    p = square * -5.70498872745e-3 + 2.06390887954e-2
    for coefficient in (-5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1):
        p = p * square + coefficient
    near = p * square * x + x
    far = 1.0 - 2.0 / (exp(z + z) + 1.0)
    return z.if_below(0.625, near, x.if_below(0.0, -far, far))
