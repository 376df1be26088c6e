"""The check of each rule: (what the rule's keys name, the record, its language) -> faults."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, pairwise
from typing import Any

from dset import texts
from dset.tasks import fields, languages, shown

Names = Mapping[str, Any]
_PLACES = 3  # of a word, that are told
_SHOWN = 21  # faults of one rule


def spans(names: Names, record: Any, _: str) -> list[str]:
    """Each item's offsets (characters, the end exclusive) lie on the text and spell its word."""
    text, items = fields.value(record, names["text"]), fields.value(record, names["items"])
    if not isinstance(text, str) or not isinstance(items, list):
        return []
    found = (
        fault
        for index, item in enumerate(items)
        if (fault := _span(text, item, names, f"{names['items']}[{index}]"))
    )
    return list(islice(found, _SHOWN))


def _span(text: str, item: Any, names: Names, place: str) -> str:
    start, end, word = (fields.value(item, names[key]) for key in ("start", "end", "word"))
    if not (_is_offset(start) and _is_offset(end) and isinstance(word, str)):
        return ""
    if 0 <= start < end <= len(text) and text[start:end] == word:
        return ""
    if not word:
        return f"{place}: its word is empty"
    places = list(islice(_places(text, word), _PLACES + 1))
    if not places:
        return f"{place}: {shown.value(word)} does not stand in the text"
    told = " or ".join(f"{at} to {at + len(word)}" for at in places[:_PLACES])
    told += " or elsewhere" if len(places) > _PLACES else ""
    outside = not 0 <= start < end <= len(text)
    came = "no part of the text" if outside else shown.value(text[start:end])
    return f"{place}: {start} to {end} is {came}; {shown.value(word)} stands at {told}"


def _is_offset(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 60


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def choice(names: Names, record: Any, _: str) -> list[str]:
    """The answer is one of the choices, as it stands there, and the choices differ."""
    found = []
    answer, choices = fields.value(record, names["answer"]), fields.value(record, names["choices"])
    if not isinstance(choices, list):
        return []
    keys = [_comparable(one) for one in choices]
    if len(set(keys)) < len(keys):
        twice = next(one for one, key in zip(choices, keys, strict=True) if keys.count(key) > 1)
        found.append(
            f"{names['choices']}: the choices must differ, and {shown.value(twice)} stands there twice"
        )
    if answer is None or isinstance(answer, list | dict) or json.dumps(answer) in map(json.dumps, choices):
        return found
    meant = [one for one, key in zip(choices, keys, strict=True) if key == _comparable(answer)]
    wanted = f"written as there: {shown.value(meant[0])}" if meant else f"one of {shown.options(choices)}"
    return [
        *found,
        f"{names['answer']}: it must be one of {names['choices']}, {wanted}, not {shown.value(answer)}",
    ]


def _comparable(value: Any) -> str:
    return (
        "=" + texts.composed(value)
        if isinstance(value, str)
        else json.dumps(value, default=str, sort_keys=True)
    )


def differ(names: Names, record: Any, _: str) -> list[str]:
    """No two of the fields hold the same text, case and spaces aside."""
    first: dict[str, str] = {}
    found = []
    for path in names["fields"]:
        for place, text in fields.values(record, path):
            if isinstance(text, str) and (other := first.setdefault(texts.normal(text), place)) != place:
                found.append(f"{place}: it must differ from {other}, and says the same")
    return found


def in_languages(names: Names, record: Any, lang: str) -> list[str]:
    """Each field is in its language; "{language}" and "" are the record's own."""
    found = []
    for path, code in names["fields"].items():
        for place, text in fields.texts_of(record, (path,)):
            if fault := languages.fault(text, lang if code in ("", "{language}") else code):
                found.append(f"{place}: it {fault}")
    return found


def translation(names: Names, record: Any, _: str) -> list[str]:
    """Each side is in its language, and the two differ in language."""
    sides = [(names[key], fields.value(record, names[key])) for key in ("source", "target")]
    if not all(isinstance(text, str) for _, text in sides):
        return []
    codes = [_code(names, record, key) for key in ("source_lang", "target_lang")]
    found = []
    for (place, text), code in zip(sides, codes, strict=True):
        if fault := languages.fault(text, code):
            found.append(f"{place}: it {fault}")
    (source, ours), (target, theirs) = sides
    if all(codes) and languages.base(codes[0]) == languages.base(codes[1]):
        found.append(f"{names['target_lang']}: it must be another language than {names['source_lang']}")
    if texts.normal(ours) == texts.normal(theirs) and any(map(str.isalpha, ours)) and len(ours.split()) > 2:
        found.append(f"{target}: it must be in another language than {source}, and says the same")
    elif (
        not found and not all(codes) and (same := languages.detect(ours)) and languages.detect(theirs) == same
    ):
        found.append(
            f"{target}: it must be in another language than {source}, and both are in {languages.name(same)}"
        )
    return found


def _code(names: Names, record: Any, key: str) -> str:
    code = fields.value(record, names[key]) if key in names else ""
    return code if isinstance(code, str) else ""


def shorter(names: Names, record: Any, _: str) -> list[str]:
    """One text has fewer characters than another."""
    text, than = fields.value(record, names["field"]), fields.value(record, names["than"])
    if not isinstance(text, str) or not isinstance(than, str) or len(text) < len(than):
        return []
    lengths = f"it has {len(text):,} characters, and {names['than']} has {len(than):,}"
    return [f"{names['field']}: it must be shorter than {names['than']}; {lengths}"]


def within(names: Names, record: Any, _: str) -> list[str]:
    """One text stands in another, letter by letter: an answer that is taken from its context."""
    text, place = fields.value(record, names["field"]), fields.value(record, names["in"])
    if not isinstance(text, str) or not isinstance(place, str) or (text and text in place):
        return []
    return [f"{names['field']}: {shown.value(text)} must stand in {names['in']} word for word"]


def turns(names: Names, record: Any, _: str) -> list[str]:
    """A chat: system if wanted, then user and assistant by turns; the assistant has the last word; nothing is empty."""
    place, messages = names["messages"], fields.value(record, names["messages"])
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        return []
    found = [
        f"{place}[{index}].content: it is empty"
        for index, one in enumerate(messages)
        if isinstance(one.get("content"), str) and not one["content"].strip()
    ]
    roles = [one.get("role") for one in messages]
    if not all(isinstance(role, str) for role in roles):
        return found
    return [*found, *_order(place, roles)]


def _order(place: str, roles: list[str]) -> list[str]:
    begin = 1 if roles[:1] == ["system"] else 0
    talk = roles[begin:]
    found = [
        f"{place}[{index}].role: it must be user or assistant, not {shown.value(role)}"
        for index, role in enumerate(talk, begin)
        if role not in ("user", "assistant")
    ]
    if talk[:1] != ["user"]:
        found.append(f"{place}: user must speak first")
    if talk[-1:] != ["assistant"]:
        found.append(f"{place}: assistant must speak last")
    for index, (one, next_one) in enumerate(pairwise(talk), begin + 1):
        if one == next_one:
            found.append(
                f"{place}[{index}].role: user and assistant must take turns, and {shown.value(one)} speaks twice"
            )
    return found


def pairs(names: Names, record: Any, _: str) -> list[str]:
    """Two fields that say the same, each in words of its own list, say it of the same thing."""
    (one, other), table = names["fields"], names["table"]
    value, came = fields.value(record, one), fields.value(record, other)
    if not isinstance(value, str) or value not in table or not isinstance(came, str) or came == table[value]:
        return []
    return [
        f"{other}: it must be {shown.value(table[value])}, which goes with {one} {shown.value(value)}, not {shown.value(came)}"
    ]


CHECKS: dict[str, Callable[[Names, Any, str], list[str]]] = {
    "spans": spans,
    "choice": choice,
    "differ": differ,
    "languages": in_languages,
    "translation": translation,
    "shorter": shorter,
    "within": within,
    "turns": turns,
    "pairs": pairs,
}
