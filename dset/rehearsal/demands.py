"""What a JSON Schema demands of one place: its own keywords, and those that come by $ref, allOf, anyOf, oneOf and if."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

ENDLESS = 1_000
"""The depth of what has no end, as an object that requires itself."""
_BASE = "urn:dset:record"


@dataclass(frozen=True, slots=True)
class Part:
    """One schema that holds for a place, and the JSON pointer where it stands."""

    pointer: str
    schema: Any  # an object, or True or False

    def at(self, *steps: str | int) -> "Part":
        """The schema at these keys below this one."""
        pointer, schema = self.pointer, self.schema
        for step in steps:
            pointer += "/" + str(step).replace("~", "~0").replace("/", "~1")
            schema = schema[step]
        return Part(pointer, schema)


Choose = Callable[[str, list[Part]], int]
"""Which of the alternatives of anyOf, oneOf or if (its condition, the others) to go by; an index."""


class UnfitError(ValueError):
    """No value fits: where, and why."""


class Schemas:
    """A schema and all that is in it, by pointer. ValueError where it is no schema of 2020-12."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        # Told apart from the user's own address, so that any part of it can be asked for by pointer.
        self._root = {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
        own = str(schema.get("$id", "")).rstrip("#")
        self._base = own if ":" in own else _BASE
        self._depths: dict[str, int] = {}
        self._validators: dict[tuple[str, ...], Any] = {}
        self.root = Part("", self._root)
        self.validator = self._compiled(
            {"$defs": {"record": {"$id": self._base, **self._root}}, "$ref": self._base}
        )

    @staticmethod
    def _compiled(schema: dict[str, Any]) -> Any:
        import jsonschema_rs

        try:
            return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)
        except jsonschema_rs.ValidationError as error:
            raise ValueError(f"not a JSON Schema of 2020-12 by itself: {error.message}") from None

    def validator_of(self, parts: list[Part]) -> Any:
        """Validates what stands in one place against all of its parts."""
        pointers = tuple(dict.fromkeys(part.pointer for part in parts))
        if pointers not in self._validators:
            each = [{"$ref": f"{self._base}#{_quoted(pointer)}"} for pointer in pointers]
            record = {"$id": self._base, **self._root}
            self._validators[pointers] = self._compiled({"$defs": {"record": record}, "allOf": [True, *each]})
        return self._validators[pointers]

    def fits(self, parts: list[Part], value: object) -> bool:
        return bool(self.validator_of(parts).is_valid(value))

    def resolve(self, reference: str) -> Part:
        """The part that a local $ref names: '#', a pointer, or an anchor. ValueError for any other."""
        fragment = reference.removeprefix(self._base)
        if fragment in ("", "#"):
            return self.root
        if not fragment.startswith("#"):
            raise ValueError(f"$ref {reference[:80]!r}: only references within the schema are followed")
        if not fragment.startswith("#/"):
            return self._anchors[fragment[1:]]
        steps = [step.replace("~1", "/").replace("~0", "~") for step in unquote(fragment[2:]).split("/")]
        found = self.root
        try:
            for step in steps:
                found = found.at(int(step) if isinstance(found.schema, list) else step)
        except (KeyError, IndexError, ValueError):
            raise ValueError(f"$ref {reference[:80]!r}: nothing is found there") from None
        return found

    @cached_property
    def _anchors(self) -> dict[str, Part]:
        named: dict[str, Part] = {}
        for part in _all(self.root):
            for key in ("$anchor", "$dynamicAnchor"):
                if isinstance(part.schema, dict) and isinstance(part.schema.get(key), str):
                    named.setdefault(part.schema[key], part)
        return named

    def flat(self, parts: list[Part], choose: Choose) -> list[Part]:
        """These parts, and all that hold together with them by $ref, allOf, and the alternatives chosen.

        UnfitError where one of them is false.
        """
        found: dict[str, Part] = {}
        waiting = list(parts)
        while waiting:
            part = waiting.pop(0)
            if part.pointer in found:
                continue
            found[part.pointer] = part
            if part.schema is False:
                raise UnfitError(f"{part.pointer or '#'}: nothing is allowed there")
            waiting += self._beside(part, choose)
        return [part for part in found.values() if isinstance(part.schema, dict)]

    def _beside(self, part: Part, choose: Choose) -> Iterator[Part]:
        schema = part.schema if isinstance(part.schema, dict) else {}
        for key in ("$ref", "$dynamicRef"):
            if key in schema:
                yield self.resolve(schema[key])
        for at in range(len(schema.get("allOf", ()))):
            yield part.at("allOf", at)
        for key in ("anyOf", "oneOf"):
            if key in schema:
                alternatives = [part.at(key, at) for at in range(len(schema[key]))]
                yield alternatives[choose(key, alternatives)]
        if "if" in schema:
            met = not choose(
                "if", [part.at("if"), *(part.at(key) for key in ("then", "else") if key in schema)]
            )
            if met:
                yield part.at("if")
            if (then := "then" if met else "else") in schema:
                yield part.at(then)

    def depth(self, part: Part) -> int:
        """How many levels the shallowest value has; ENDLESS for one that has none, as one that holds itself."""
        if part.pointer not in self._depths:
            self._depths[part.pointer] = self._below(part, frozenset())
        return self._depths[part.pointer]

    def endless(self, part: Part) -> str:
        """The pointer of what makes this part ENDLESS: the part itself, or what it needs."""
        seen = [part]
        while below := [
            each for each in _needed(seen[-1]) if self.depth(each) >= ENDLESS and each not in seen
        ]:
            seen.append(below[0])
        return seen[-1].pointer or "#"

    def _below(self, part: Part, above: frozenset[str]) -> int:
        # Not kept: what is endless below one place may have an end below another.
        return ENDLESS if part.pointer in above else self._depth(part, above | {part.pointer})

    def _depth(self, part: Part, above: frozenset[str]) -> int:
        schema = part.schema
        if not isinstance(schema, dict):
            return 0 if schema else ENDLESS
        depths = [0]
        for key in ("$ref", "$dynamicRef"):
            if key in schema:
                depths += [self._below(self.resolve(schema[key]), above)]
        for key in ("allOf", "anyOf", "oneOf"):
            each = [self._below(part.at(key, at), above) for at in range(len(schema.get(key, ())))]
            if each:
                depths.append(max(each) if key == "allOf" else min(each))
        depths += [1 + self._below(below, above) for below in _needed(part)]
        return min(ENDLESS, max(depths))


def _needed(part: Part) -> Iterator[Part]:
    """What any value must hold: required properties, the first items."""
    schema = part.schema if isinstance(part.schema, dict) else {}
    for name in schema.get("required", ()):
        if name in schema.get("properties", {}):
            yield part.at("properties", name)
    first = schema.get("minItems", 0)
    for at in range(min(first, len(schema.get("prefixItems", ())))):
        yield part.at("prefixItems", at)
    if first > len(schema.get("prefixItems", ())) and "items" in schema:
        yield part.at("items")


def _all(part: Part) -> Iterator[Part]:
    yield part
    steps = range(len(part.schema)) if isinstance(part.schema, list) else part.schema
    for step in steps if isinstance(part.schema, dict | list) else ():
        yield from _all(part.at(step))


def _quoted(pointer: str) -> str:
    """A pointer as the fragment of a URI."""
    return re.sub(
        r"[^\w/~.$!&'()*+,;=:@?-]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()),
        pointer, flags=re.ASCII,
    )  # fmt: skip
