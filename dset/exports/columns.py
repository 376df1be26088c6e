"""The column that a shape becomes in Parquet and Arrow, and how values are fitted to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dset.exports.shapes import Shape

_INT64 = (-(1 << 63), (1 << 63) - 1)
_EXACT = 1 << 53  # float64 holds every integer up to here
_encode = json.JSONEncoder(ensure_ascii=False).encode
Fit = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """`kind`: bool, int (64 bits), float (64 bits), text, json (JSON as text), list or struct; image (bytes and path)."""

    kind: str
    item: "Column | None" = None
    fields: tuple[tuple[str, "Column"], ...] = ()


def of(shape: Shape) -> Column:
    """The column that holds every value of the shape exactly.

    Nothing but null: text. Integers beyond 64 bits, integers beyond 2^53 beside fractions, values of different kinds,
    objects without any field (Parquet has no such struct) and objects that are maps: JSON text.
    """
    kinds = shape.kinds
    if not kinds:
        return Column("text")
    if kinds <= {"int", "float"}:
        low, high = _INT64 if kinds == {"int"} else (-_EXACT, _EXACT)
        if not low <= shape.low <= shape.high <= high:
            return Column("json")
        return Column("float" if "float" in kinds else "int")
    if kinds == {"list"} and shape.item is not None:
        return Column("list", item=of(shape.item))
    if kinds == {"object"} and shape.fields:
        return Column("struct", fields=tuple((name, of(inner)) for name, inner in shape.fields.items()))
    return Column(next(iter(kinds)) if kinds in ({"bool"}, {"text"}) else "json")


def as_json(value: Any) -> str | None:
    """The value as JSON text; null stays null."""
    return None if value is None else _encode(value)


def fit(column: Column) -> Fit | None:
    """What makes a value fit into the column; None where every value does as it is."""
    if column.kind == "json":
        return as_json
    if column.kind == "list" and column.item is not None:
        inner = fit(column.item)
        return inner and _fit_each(inner)
    if column.kind == "struct":
        fits = {name: one for name, inner in column.fields if (one := fit(inner))}
        return _fit_fields(fits) if fits else None
    return None


def _fit_each(inner: Fit) -> Fit:
    def apply(values: Any) -> Any:
        return None if values is None else [inner(value) for value in values]

    return apply


def _fit_fields(fits: dict[str, Fit]) -> Fit:
    def apply(value: Any) -> Any:
        if value is None:
            return None
        return value | {name: one(value[name]) for name, one in fits.items() if name in value}

    return apply
