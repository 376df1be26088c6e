"""How much work a task's schema can make: a few references that double each other stand for millions of places."""

from typing import Any

from dset.tasks import paths

LIGHT = 100_000  # places times values: checked within a second or so, whatever stands there
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


class _EndlessError(Exception):
    """Written out it has no end, or nobody here knows where it leads."""


def is_light(schema: Any, *values: Any) -> bool:
    """The values are soon checked: the schema, its references written out, has not many places for so many values.

    No schema without references that lead into each other is heavier than the text it was sent as.
    """
    if not isinstance(schema, dict):
        return True
    try:
        places = _weight(schema, schema, {}, set())
    except (_EndlessError, RecursionError):
        return False
    return places <= LIGHT and places * sum(map(_size, values)) <= LIGHT


def _weight(value: Any, root: dict[str, Any], known: dict[int, int], entered: set[int]) -> int:
    """The places in the value. Whatever is an object counts as a schema: rather too many than too few."""
    if not isinstance(value, dict | list) or id(value) in known:
        return known.get(id(value), 1)
    if id(value) in entered:
        raise _EndlessError
    entered.add(id(value))
    inside = value.values() if isinstance(value, dict) else value
    weight = 1 + sum(_weight(one, root, known, entered) for one in inside)
    if isinstance(value, dict):
        weight += sum(_weight(one, root, known, entered) for one in _referred(value, root))
    entered.discard(id(value))
    known[id(value)] = weight
    return weight


def _referred(node: dict[str, Any], root: dict[str, Any]) -> list[Any]:
    if "$id" in node and node is not root:
        raise _EndlessError  # from here on references begin elsewhere
    found = [name for name in _REFERENCES if isinstance(node.get(name), str)]
    if any(name != "$ref" for name in found):
        raise _EndlessError
    return [paths.referred(node["$ref"], root)] if found else []


def _size(value: Any) -> int:
    """The values in a value."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        count += 1
        if isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return count
