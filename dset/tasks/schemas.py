"""One record's JSON Schema (2020-12): is it one, and what all is wrong with a value.

Nothing is fetched: a $ref leads into the document or is refused. Formats are checked (jsonschema_rs: date, email,
uri, uuid …); a format nobody knows says nothing, as the standard has it. Patterns are matched in time linear in the
text: look-around, back-references and counted repeats that grow too large are refused; \\w and \\d are ASCII as in
ECMA 262, \\p{Thai} and \\p{L} work.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

from dset.errors import UsageError
from dset.tasks import grammar, schema_words, shown

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SHOWN = 20  # faults of one value
_VAST = 20_000  # parts of a value: a list of a million wrong items has as many faults


class Schema:
    """A compiled schema. A value deeper than `grammar.DEPTH` levels is nobody's: parsing refuses it before."""

    def __init__(self, document: Any) -> None:
        """Raises UsageError, with the place in the schema, for what is no JSON Schema 2020-12."""
        _check_outside(document)
        try:
            self._validator = Draft202012Validator(
                document, validate_formats=True, offline=True, pattern_options=RegexOptions()
            )
        except ValidationError as error:
            raise UsageError(_schema_fault(document, error)) from None
        except ValueError as error:  # a key that is no text, half of a surrogate pair
            raise UsageError(f"schema: {shown.plain(str(error))}") from None

    def is_valid(self, value: Any) -> bool:
        """Has `value` no fault?"""
        try:
            return self._validator.is_valid(value)
        except ValueError:
            return False

    def faults(self, value: Any) -> list[str]:
        """All that is wrong, each "path: what is wrong and what is wanted", by path; beyond 20 their number.

        Of a value with more than 20,000 parts only the first fault: the validator builds all at once, 20 µs each.
        """
        if self.is_valid(value):
            return []
        try:
            if _is_vast(value):
                self._validator.validate(value)
            errors = list(self._validator.iter_errors(value))
        except ValidationError as error:
            return [schema_words.fault(error), "and perhaps more: it is too large to tell all"]
        except ValueError as error:  # what no JSON holds: half of a surrogate pair, a key that is no text
            return [f"record: {shown.plain(str(error))}"]
        errors.sort(key=_by_place)
        faults = list(dict.fromkeys(schema_words.fault(error) for error in errors))
        if len(faults) <= _SHOWN:
            return faults
        return [*faults[:_SHOWN], f"and {len(faults) - _SHOWN:,} more"]


def version(document: Any) -> str:
    """12 hex digits that differ where the schema does; the order of its keys says nothing."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _by_place(error: ValidationError) -> tuple[list[tuple[bool, Any]], list[str]]:
    path = [(isinstance(step, str), step) for step in error.instance_path]
    return path, [str(step) for step in error.schema_path]


def _is_vast(value: Any) -> bool:
    parts = [value]
    for part in parts:  # it grows as it is read
        if len(parts) > _VAST:
            return True
        if isinstance(part, list | dict):
            parts.extend(part if isinstance(part, list) else part.values())
    return False


def _check_outside(document: Any) -> None:
    """What the validator itself would take, or fall over."""
    if not isinstance(document, dict):
        raise UsageError("schema: it must be an object")
    for path, value in _walk(document):
        if len(path) > grammar.DEPTH:  # the validator recurses, and a stack that overflows ends the program
            raise UsageError(f"schema: it is nested deeper than {grammar.DEPTH} levels")
        if path == ("$schema",) and isinstance(value, str) and value.rstrip("#") != _DRAFT:
            raise UsageError(f"schema.$schema: only {_DRAFT} is read, not {shown.value(value)}")


def _walk(document: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value inside with its path, level by level; stops one level below what is allowed."""
    level: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while level:
        yield from level
        if len(level[0][0]) > grammar.DEPTH:
            return
        level = [(((*path, step)), inner) for path, value in level for step, inner in _inside(value)]


def _inside(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _schema_fault(document: dict[str, Any], error: ValidationError) -> str:
    """The line for a document that is no schema."""
    if error.kind.name == "$ref":
        path, target = _broken_reference(document, error.message)
        named = f"{shown.place(('schema', *path))}: {shown.value(target)}" if path else "schema: a $ref"
        return f"{named} leads nowhere inside this schema, and nothing is fetched"
    place = shown.place(("schema", *error.instance_path))
    if error.kind.name == "format" and "regex" in error.message:
        what = f"the pattern {shown.value(error.instance)} cannot be taken"
        return f"{place}: {what}: it must be a regular expression without look-around and back-references"
    return f"{place}: {schema_words.wrong(error)}"


def _broken_reference(document: dict[str, Any], message: str) -> tuple[tuple[str | int, ...], str]:
    """Where the reference stands that a message of the validator is about; ((), '') where that is not clear."""
    for path, value in _walk(document):
        if path and path[-1] in ("$ref", "$dynamicRef", "$id") and isinstance(value, str):
            address, _, fragment = value.partition("#")
            if (
                (address and address in message)
                or (not address and f"'{fragment}'" in message)
                or value in message
            ):
                return path, value
    return (), ""
