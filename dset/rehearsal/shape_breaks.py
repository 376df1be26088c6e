"""Ways to break an array or an object: its length, its fields, their names."""

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

from dset.rehearsal import words
from dset.rehearsal.demands import Part
from dset.rehearsal.nearby import ENDLESS, ODD, Nearby
from dset.rehearsal.patterns import Pattern


def too_few(value: Any, part: Part, _near: Nearby) -> Iterator[Any]:
    if isinstance(value, list) and part.schema["minItems"]:
        yield value[: part.schema["minItems"] - 1]


def too_many(value: Any, part: Part, _near: Nearby) -> Iterator[Any]:
    most = part.schema["maxItems"]
    if isinstance(value, list) and most < ENDLESS:
        yield [*value, *islice(cycle(value or ["more"]), most + 1 - len(value))]


def twice(value: Any, _part: Part, _near: Nearby) -> Iterator[Any]:
    if isinstance(value, list):
        yield from ([*value[:-1], value[0]], [*value, value[0]]) if value else ([1, 1],)


def item_off(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, list):
        odd = near.draw.sample(ODD, len(ODD))
        yield from ([*value, each] for each in odd)
        yield from ([each, *value[1:]] for each in odd)
        yield from ([each] * (len(part.schema.get("prefixItems", ())) + 1) for each in odd)


def first_off(value: Any, _part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, list):
        yield value[::-1]
        at = near.draw.randrange(len(value) or 1)
        yield from ([*value[:at], each, *value[at + 1 :]] for each in ODD)


def held_less(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, list):
        least = part.schema.get("minContains", 1)
        held = [each for each in value if near.schemas.fits([part.at("contains")], each)]
        others = [each for each in value if not any(each is one for one in held)]
        kept = held[: max(0, least - 1)]
        yield [*kept, *others]
        yield from ([*kept, *others, *[each] * (len(held) - len(kept))] for each in ODD)


def held_more(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, list):
        held = [each for each in value if near.schemas.fits([part.at("contains")], each)]
        for each in [*held[:1], *near.towards(None, [part.at("contains")])]:
            yield [*value, *[each] * (part.schema["maxContains"] + 1 - len(held))]


def field_gone(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in near.shuffled(part.schema["required"]):
            yield {key: each for key, each in value.items() if key != name}


def field_more(value: Any, _part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, dict):
        name = words.word(near.draw, near.draw.choice(("en", "th", "vi"))).replace(" ", "_")
        yield from ({**value, name: odd} for odd in ("more", *ODD))
        yield from ({**value, f"not {name}!": odd} for odd in ODD)


def field_forbidden(value: Any, part: Part, _near: Nearby) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in [name for name, schema in part.schema["properties"].items() if schema is False]:
            yield {**value, name: "more"}


def named_field_off(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, dict):
        for pattern in part.schema["patternProperties"]:
            name = next((each for each in value if Pattern(pattern).matches(each)), "") or Pattern(
                pattern
            ).text(near.draw)
            yield from ({**value, name: odd} for odd in ODD)


def misnamed(value: Any, _part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in near.shuffled(["", "Not a name!", "ชื่อ", "n" * 200, "0", "a b"]):
            yield {**value, name: next(iter(value.values()), "more")}


def fewer_fields(value: Any, part: Part, _near: Nearby) -> Iterator[Any]:
    if isinstance(value, dict) and part.schema["minProperties"]:
        yield dict(list(value.items())[: part.schema["minProperties"] - 1])


def more_fields(value: Any, part: Part, _near: Nearby) -> Iterator[Any]:
    most = part.schema["maxProperties"]
    if isinstance(value, dict) and most < ENDLESS:
        yield {**value, **{f"more_{at}": "more" for at in range(most + 1 - len(value))}}


def dependant_gone(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, wanted in near.shuffled(part.schema["dependentRequired"].items()):
            for gone in wanted:
                yield {key: each for key, each in {name: "more", **value}.items() if key != gone}


def dependant_off(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in part.schema["dependentSchemas"]:
            there = {name: "more", **value}
            yield there
            yield from near.without(there)
