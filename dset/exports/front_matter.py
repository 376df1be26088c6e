"""The YAML at the head of a dataset's card: what the hub and `datasets` read."""

import json
import re
from collections.abc import Iterator
from typing import Any

from dset.exports.columns import Column

# What a YAML reader would take for a line end or refuse, within double quotes.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_PLAIN = re.compile(r"[A-Za-z][\w./-]*\Z", re.ASCII)
# Words that YAML 1.1 takes for something else than text.
_WORDS = frozenset("y n yes no on off true false null none nan inf".split())
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
_SIZE_NAMES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B")
_DTYPES = {"bool": "bool", "int": "int64", "float": "float64", "image": "image"}


def dump(value: dict[str, Any]) -> str:
    """Mappings and lists of text, numbers, true and false as YAML, a line each."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, dict | list) and one:
                yield f"{_scalar(key)}:"
                # A list within a mapping stands at the mapping's own depth, as the hub writes it.
                indent = "" if isinstance(one, list) else "  "
                yield from (indent + line for line in _lines(one))
            else:
                yield f"{_scalar(key)}: {_scalar(one)}"
        return
    for one in value:
        start = "- "
        for line in _lines(one) if isinstance(one, dict | list) and one else [_scalar(one)]:
            yield start + line
            start = "  "


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if _PLAIN.match(value) and value.lower() not in _WORDS:
            return value
        text = json.dumps(value, ensure_ascii=False)
        return _ESCAPED.sub(lambda one: f"\\u{ord(one[0]):04x}", text)
    return json.dumps(value)


def features(struct: Column) -> list[dict[str, Any]]:
    """The columns as `dataset_info.features` names them (datasets 5, Features._to_yaml_list)."""
    return [{"name": name, **_feature(column)} for name, column in struct.fields]


def _feature(column: Column) -> dict[str, Any]:
    if column.kind == "list" and column.item is not None:
        inner = _feature(column.item)
        return {"list": inner.get("struct", inner.get("dtype", inner))}
    if column.kind == "struct":
        return {"struct": features(column)}
    return {"dtype": _DTYPES.get(column.kind, "string")}


def size_category(count: int) -> str:
    """The hub's word for a number of rows: n<1K, 1K<n<10K …"""
    if count < _SIZES[0]:
        return "n<1K"
    names = zip(_SIZES[1:], _SIZE_NAMES, _SIZE_NAMES[1:], strict=False)
    return next((f"{low}<n<{high}" for size, low, high in names if count < size), "n>1B")
