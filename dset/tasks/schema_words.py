"""What a validation error says, in plain words for a model and a person."""

from collections.abc import Callable, Mapping
from typing import Any

from jsonschema_rs import ValidationError

from dset.tasks import shown
from dset.wording import counted

_BRANCHES = 3  # of anyOf and oneOf that are told
_A = {"integer": "a whole number", "number": "a number", "string": "a string", "array": "a list"}
_A |= {"object": "an object", "boolean": "true or false", "null": "null"}


def fault(error: ValidationError) -> str:
    """`path: what is wrong and what is wanted`."""
    return f"{shown.place(error.instance_path)}: {wrong(error)}"


def wrong(error: ValidationError) -> str:
    """What is wrong at its place."""
    says = _SAYS.get(error.kind.name)
    return says(error) if says else shown.plain(error.message)


def _kind(error: ValidationError) -> Mapping[str, Any]:
    return error.kind.as_dict()


def _type(error: ValidationError) -> str:
    wanted = " or ".join(_A.get(one, one) for one in _kind(error)["types"])
    return f"it must be {wanted}, not {shown.value(error.instance)}"


def _limit(limit: str, thing: str = "") -> Callable[[ValidationError], str]:
    """The words for a limit on a number, or on how many of something there are."""

    def words(error: ValidationError) -> str:
        number = _kind(error)["limit"]
        if not thing:
            return f"it must be {limit} {shown.value(number)}, not {shown.value(error.instance)}"
        has = len(error.instance) if isinstance(error.instance, str | list | dict) else 0
        named = counted(number, thing) if isinstance(number, int) else f"{number} {thing}s"
        return f"it must have {limit} {named}, and has {has:,}"

    return words


def _additional(error: ValidationError) -> str:
    unexpected = _kind(error)["unexpected"]
    many = "these fields are" if len(unexpected) > 1 else "this field is"
    return f"{many} not allowed: {shown.options(unexpected)}"


def _items(error: ValidationError) -> str:
    return f"it has {counted(len(_kind(error)['unexpected']), 'item')} more than allowed"


def _branches(error: ValidationError) -> str:
    """What each of the allowed forms misses in the value; inside, places count from the value."""
    context = _kind(error)["context"]
    told = [_branch(error, errors) for errors in context[:_BRANCHES]]
    more = f"; and {len(context) - _BRANCHES} more" if len(context) > _BRANCHES else ""
    return f"{shown.value(error.instance)} has none of the allowed forms ({'; or: '.join(told)}{more})"


def _branch(outer: ValidationError, errors: list[ValidationError]) -> str:
    first = min(errors, key=lambda one: [str(step) for step in one.instance_path], default=None)
    if first is None:
        return "another"
    inner = first.instance_path[len(outer.instance_path) :]
    words = wrong(first) if first.kind.name not in ("anyOf", "oneOf") else "it has none of the allowed forms"
    return f"{shown.place(inner)}: {words}" if inner else words


def _several(error: ValidationError) -> str:
    fits = sum(not errors for errors in _kind(error)["context"])
    return f"it must have exactly one of the allowed forms, and has {fits}"


def _nothing(error: ValidationError) -> str:
    if error.schema_path[-1:] == [
        "additionalProperties"
    ]:  # its path is the object's, its instance the field's
        return "no field is allowed in it"
    return "nothing may stand here"


def _contains(error: ValidationError) -> str:
    words = {"minContains": "too few items", "maxContains": "too many items"}
    has = words.get(str(error.schema_path[-1]), "no item")
    return f"it has {has} of the wanted form"


def _property_names(error: ValidationError) -> str:
    inner = _kind(error)["error"]
    return f"the name of the field {shown.value(inner.instance)} is not allowed: {wrong(inner)}"


_SAYS: dict[str, Callable[[ValidationError], str]] = {
    "type": _type,
    "required": lambda error: f"the field {shown.value(_kind(error)['property'])} is missing",
    "additionalProperties": _additional,
    "unevaluatedProperties": _additional,
    "additionalItems": lambda _: "it has more items than allowed",
    "unevaluatedItems": _items,
    "enum": lambda e: (
        f"it must be one of {shown.options(_kind(e)['options'])}, not {shown.value(e.instance)}"
    ),
    "const": lambda e: (
        f"it must be {shown.options([_kind(e)['expected_value']])}, not {shown.value(e.instance)}"
    ),
    "minimum": _limit("at least"),
    "maximum": _limit("at most"),
    "exclusiveMinimum": _limit("more than"),
    "exclusiveMaximum": _limit("less than"),
    "minLength": _limit("at least", "character"),
    "maxLength": _limit("at most", "character"),
    "minItems": _limit("at least", "item"),
    "maxItems": _limit("at most", "item"),
    "minProperties": _limit("at least", "field"),
    "maxProperties": _limit("at most", "field"),
    "multipleOf": lambda e: (
        f"it must be a multiple of {_kind(e)['multiple_of']}, not {shown.value(e.instance)}"
    ),
    "pattern": lambda e: (
        f"it must match {shown.value(_kind(e)['pattern'])}, and {shown.value(e.instance)} does not"
    ),
    "format": lambda e: f"it must be a valid {_kind(e)['format']}, not {shown.value(e.instance)}",
    "uniqueItems": lambda _: "its items must differ, and two are alike",
    "falseSchema": _nothing,
    "not": lambda e: f"{shown.value(e.instance)} is of a form that is not allowed",
    "contains": _contains,
    "propertyNames": _property_names,
    "anyOf": _branches,
    "oneOf": lambda e: _several(e) if "OneOfMultiple" in type(e.kind).__name__ else _branches(e),
}
