"""Memory that a compiled loop will need soon: asked for while it is busy with what comes before."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

LINE = 64
"""Bytes that the machine reads at once."""

LINES = 8
"""Most lines of a row that are asked for; it sees by itself that one goes on."""

Place = np.integer[Any] | int


def ahead(array: NDArray[Any], row: Place) -> None:
    """Ask for the entry, or the row, of an array that will be read soon. Changes nothing; uncompiled, it does nothing.

    A click reaches rows all over arrays that no cache holds, so what its loops do is wait for memory, one row after
    the other. Who goes through positions can name the one some steps further on.
    """


def cell_ahead(array: NDArray[Any], row: Place, column: Place) -> None:
    """Ask for one entry of an array [·, ·], as `ahead` does."""


@functools.cache
def register() -> None:
    """Tell numba what these are in compiled code: the machine's own instruction (LLVM's `llvm.prefetch`)."""
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic, overload

    def asked(context: Any, builder: Any, kind: Any, value: Any, places: list[Any]) -> Any:
        array = context.make_array(kind)(context, builder, value)
        at = cgutils.get_item_pointer(context, builder, kind, array, places, wraparound=False)
        byte = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        ask = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        )
        builder.call(ask, [builder.bitcast(at, byte), number(0), number(3), number(1)])  # to read, keep, data
        return context.get_dummy_value()

    @intrinsic  # type: ignore[untyped-decorator]
    def entry(_: Any, array: Any, _row: Any) -> Any:
        def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            return asked(context, builder, signature.args[0], given[0], [given[1]])

        return types.void(array, types.intp), made

    @intrinsic  # type: ignore[untyped-decorator]
    def cell(_: Any, array: Any, _row: Any, _column: Any) -> Any:
        def made(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            return asked(context, builder, signature.args[0], given[0], [given[1], given[2]])

        return types.void(array, types.intp, types.intp), made

    def one(array: Any, row: Any) -> None:
        entry(array, row)

    @overload(ahead)  # type: ignore[untyped-decorator]
    def _(array: Any, row: Any) -> Callable[..., None]:  # noqa: ARG001  # numba asks for these names
        if array.ndim == 1:
            return one
        step = LINE // (array.dtype.bitwidth // 8)

        def a_row(array: Any, row: Any) -> None:
            for column in range(0, min(array.shape[1], LINES * step), step):
                cell(array, row, column)

        return a_row

    def one_cell(array: Any, row: Any, column: Any) -> None:
        cell(array, row, column)

    @overload(cell_ahead)  # type: ignore[untyped-decorator]
    def _(array: Any, row: Any, column: Any) -> Callable[..., None]:  # noqa: ARG001
        return one_cell
