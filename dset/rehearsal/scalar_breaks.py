"""Ways to break a text, a number, or a value that is one of a few."""

from collections.abc import Iterator
from typing import Any

from dset.rehearsal import words
from dset.rehearsal.demands import Part
from dset.rehearsal.nearby import ENDLESS, ODD, Nearby, Way


def too_short(value: Any, part: Part, _near: Nearby) -> Iterator[Any]:
    least = part.schema["minLength"]
    if isinstance(value, str) and least:
        yield value[: least - 1]


def too_long(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    most = part.schema["maxLength"]
    if isinstance(value, str) and most < ENDLESS:
        yield value + " " + words.text(near.draw, words.language_of(value, "en"), most + 1 - len(value))


def off_pattern(value: Any, _part: Part, _near: Nearby) -> Iterator[Any]:
    if isinstance(value, str):
        yield from (value + "!", "!" + value, value.swapcase(), f" {value} ", value[:-1], "?", "", "ๆ")


def off_format(value: Any, _part: Part, _near: Nearby) -> Iterator[Any]:
    if isinstance(value, str):
        yield from (value + " ?", value[:-1], value.replace("-", "/"), "not at all", "((", "%")


def below(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if _is_number(value):
        least = part.schema["minimum"]
        yield from (least - 1, least - near.draw.randint(2, 1_000))


def above(value: Any, part: Part, near: Nearby) -> Iterator[Any]:
    if _is_number(value):
        most = part.schema["maximum"]
        yield from (most + 1, most + near.draw.randint(2, 1_000))


def on_the_bound(key: str) -> Way:
    def way(value: Any, part: Part, _near: Nearby) -> Iterator[Any]:
        if _is_number(value):
            yield part.schema[key]

    return way


def between_steps(value: Any, part: Part, _near: Nearby) -> Iterator[Any]:
    if _is_number(value):
        yield from (value + 1, value + part.schema["multipleOf"] / 2, value + part.schema["multipleOf"] / 3)


def other(value: Any, _part: Part, _near: Nearby) -> Iterator[Any]:
    if isinstance(value, str):
        yield from (value.swapcase(), value + "_", f" {value}", "none of these")
    yield from ODD


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
