"""What a record asks and what is right to say, found by the usual names of fields."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dset.exports.entries import Entry
from dset.exports.gather import Gathered

_encode = json.JSONEncoder(ensure_ascii=False).encode
# (what is asked or given, what is said to it, the instruction where the first is only given)
_PAIRS = (
    ("instruction", "output", ""),
    ("instruction", "response", ""),
    ("prompt", "completion", ""),
    ("prompt", "response", ""),
    ("question", "answer", ""),
    ("problem", "solution", ""),
    ("problem", "answer", ""),
    ("question", "solution", ""),
    ("text", "summary", "Summarize the text."),
    ("text", "paraphrase", "Paraphrase the text."),
    ("text", "entities", "Find the named entities in the text and list them as JSON."),
    ("source_text", "target_text", "Translate the text."),
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One instruction, what it is about, and what is right to say."""

    instruction: str
    about: str
    output: str


@dataclass(frozen=True, slots=True)
class Classes:
    """The label's field, '' for none, and the values that a schema lets it have."""

    label: str
    values: tuple[str, ...] = ()


def classes(found: Gathered) -> Classes:
    """What the tasks' schemas say of the label."""
    values: dict[str, None] = {}
    for origin in found.origins:
        properties = (origin.schema or {}).get("properties")
        label = properties.get(found.label) if isinstance(properties, dict) else None
        enum = label.get("enum") if isinstance(label, dict) else None
        values.update(dict.fromkeys(map(_said, enum if isinstance(enum, list) else [])))
    return Classes(found.label, tuple(values))


def of(entry: Entry, known: Classes) -> Exchange | None:
    """The first of the usual pairs of fields that the entry has whole; last of all its text and its label."""
    for given, said, instruction in _PAIRS:
        if is_text(entry.get(given)) and _said(entry.get(said)):
            if instruction:
                return Exchange(_with_languages(instruction, entry), entry[given], _said(entry[said]))
            return Exchange(entry[given], _background(entry), _whole_answer(entry, said))
    if known.label and is_text(entry.get("text")) and _said(entry.get(known.label)):
        return Exchange(_classify(entry, known), entry["text"], _said(entry[known.label]))
    return None


def _with_languages(instruction: str, entry: Entry) -> str:
    """Translate the text from en to th, where the entry names the languages."""
    named = [(word, entry.get(name)) for word, name in (("from", "source_lang"), ("to", "target_lang"))]
    words = "".join(f" {word} {language}" for word, language in named if is_text(language))
    return instruction.removesuffix(".") + words + "."


def _classify(entry: Entry, known: Classes) -> str:
    aspect = f" What is asked about: {entry['aspect']}." if is_text(entry.get("aspect")) else ""
    answers = f" Answer with one of: {', '.join(known.values)}." if known.values else ""
    return f"Classify the text: what is its {known.label.replace('_', ' ')}?{aspect}{answers}"


def _background(entry: Entry) -> str:
    """What the question is about: input or context, and the choices, lettered."""
    parts = [entry[name] for name in ("input", "context") if is_text(entry.get(name))]
    choices = entry.get("choices")
    if isinstance(choices, list) and choices:
        lettered = (f"{chr(ord('A') + number % 26)}. {_said(one)}" for number, one in enumerate(choices))
        parts.append("\n".join(lettered))
    return "\n\n".join(parts)


def _whole_answer(entry: Entry, field: str) -> str:
    """The steps, the answer with its unit, the explanation: what of them there is, in this order."""
    return "\n\n".join(_answer_parts(entry, field))


def _answer_parts(entry: Entry, field: str) -> Iterator[str]:
    steps = entry.get("steps")
    if isinstance(steps, list) and steps:
        yield "\n".join(map(_said, steps))
    unit = entry.get("unit")
    yield _said(entry[field]) + (f" {unit}" if is_text(unit) else "")
    if is_text(entry.get("explanation")):
        yield entry["explanation"]


def is_text(value: Any) -> bool:
    """A text that says something."""
    return isinstance(value, str) and bool(value.strip())


def _said(value: Any) -> str:
    """The value as text; '' for none and for an empty one."""
    if isinstance(value, str):
        return value if value.strip() else ""
    return "" if value is None else _encode(value)
