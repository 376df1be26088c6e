"""The written part of a dataset's card: how it was made, what it holds, what it is not good for."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dset.cleaning import harmless
from dset.exports.census import Census
from dset.exports.columns import Column
from dset.exports.gather import Gathered
from dset.exports.options import Options

_SHOWN = 30  # values of a label or parameter that are listed
_LONGEST_PROMPT = 4_000


@dataclass(frozen=True, slots=True)
class Part:
    """A split as it was written."""

    name: str
    examples: int
    bytes_in_memory: int
    bytes_on_disk: int


def title(found: Gathered) -> str:
    """The dataset's name for people."""
    return found.name.replace("_", " ").replace("-", " ").strip().capitalize()


def body(
    found: Gathered, struct: Column, parts: Sequence[Part], census: Census, options: Options
) -> Iterator[str]:
    total = sum(part.examples for part in parts)
    yield f"# {title(found)}"
    yield f"{total:,} entries. **This dataset is machine-generated**: its texts were written by {_models(census)}."
    if census.invented:
        yield f"**{census.invented:,} of them come from a rehearsal: no model was asked, they are invented.**"
    where = json.dumps(options.push or "path/to/this/folder")
    yield f"```python\nfrom datasets import load_dataset\n\ndataset = load_dataset({where})\n```"
    yield "## Splits\n\n" + _table(("split", "entries"), [(part.name, part.examples) for part in parts])
    if len(parts) > 1:
        stratified = f", stratified by `{found.label}`" if found.label else ""
        yield (
            f"Split with seed {options.seed}{stratified}; texts that resemble each other at {options.near} or more "
            "stand in the same split."
        )
    yield "## How it was made"
    yield _made(found, census)
    yield from _prompts(found)
    yield from _counts(census)
    yield "## Fields\n\n" + _table(
        ("field", "type"), [(_code(name), _kind(one)) for name, one in struct.fields]
    )
    yield "## Limits\n\n" + _limits(struct)


def _models(census: Census) -> str:
    names = [_code(name) for name, _ in census.models.most_common(_SHOWN)]
    return ", ".join(names) if names else "a language model"


def _made(found: Gathered, census: Census) -> str:
    lines = []
    if census.first:
        lines.append(f"- Made between {_cell(census.first)} and {_cell(census.last)}")
    for origin in found.origins:
        what = f"task {_code(origin.task)}" if origin.task else _code(origin.name)
        about = {"language": origin.lang, "seed": origin.seed, "schema version": origin.schema_version}
        told = ", ".join(
            f"{name} {_cell(str(value))}" for name, value in about.items() if value not in ("", None)
        )
        lines.append(f"- From {what}" + (f": {told}" if told else ""))
    lines += [f"- Answered by {_code(name)}: {count:,}" for name, count in census.models.most_common(_SHOWN)]
    return "\n".join(lines)


def _prompts(found: Gathered) -> Iterator[str]:
    """What the runs sent, each once."""
    sent: dict[tuple[str, str], None] = {}
    for origin in found.origins:
        sent.update(dict.fromkeys((run.prompt, run.system) for run in origin.runs.values()))
    for prompt, system in list(sent)[:_SHOWN]:
        for name, words in (("Prompt", prompt), ("System prompt", system)):
            if words.strip():
                yield f"{name}:\n\n{_fenced(words)}"


def _fenced(words: str) -> str:
    """The text as a block of code, whatever it holds."""
    words = "\n".join(harmless(line) for line in words.splitlines())
    if len(words) > _LONGEST_PROMPT:
        words = words[: _LONGEST_PROMPT - 1] + "…"
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", words)), default=0))
    return f"{fence}text\n{words}\n{fence}"


def _counts(census: Census) -> Iterator[str]:
    counters: Mapping[str, Counter[str]] = {census.label: census.labels} if census.labels else {}
    for name, counter in {**counters, **census.parameters}.items():
        if not counter:
            continue
        most = counter.most_common()
        rows = [(_cell(value), count) for value, count in most[:_SHOWN]]
        if len(most) > _SHOWN:
            rows.append((f"{len(most) - _SHOWN:,} more", sum(count for _, count in most[_SHOWN:])))
        yield f"### By {_cell(name)}\n\n" + _table((_cell(name), "entries"), rows)


def _limits(struct: Column) -> str:
    lines = [
        "- Machine-generated and not checked by people: what it states may be wrong, biased or made up.",
        "- Use may be bound by the terms of the models that wrote it.",
    ]
    if names := list(_json_fields(struct)):
        shown = ", ".join(_code(name) for name in names[:_SHOWN])
        lines.append(
            f"- Values of different kinds, or objects without fixed fields, stand as JSON text: {shown}."
        )
    return "\n".join(lines)


def _json_fields(column: Column, path: str = "") -> Iterator[str]:
    if column.kind == "json":
        yield path
    if column.item is not None:
        yield from _json_fields(column.item, f"{path}[]")
    for name, inner in column.fields:
        yield from _json_fields(inner, f"{path}.{name}" if path else name)


def _kind(column: Column) -> str:
    if column.kind == "list" and column.item is not None:
        return f"list of {_kind(column.item)}"
    if column.kind == "struct":
        return "object: " + ", ".join(_cell(name) for name, _ in column.fields[:_SHOWN])
    return {
        "int": "integer",
        "float": "number",
        "bool": "true or false",
        "json": "JSON text",
        "image": "picture",
    }.get(column.kind, "text")


def _table(names: tuple[str, str], rows: Sequence[tuple[str, int | str]]) -> str:
    lines = [f"| {names[0]} | {names[1]} |", "|---|---|"]
    lines += [f"| {key} | {f'{value:,}' if isinstance(value, int) else value} |" for key, value in rows]
    return "\n".join(lines)


def _code(name: str) -> str:
    """A name as code, fit for a cell of a table."""
    return "`" + harmless(name[:200]).replace("`", "'").replace("|", "\\|") + "`"


def _cell(value: str) -> str:
    """Text from outside, fit for a cell of a table: one line that is no markup."""
    short = harmless(value[:200]).replace("`", "'")
    return re.sub(r"([|<>*\[\]])", r"\\\1", short)
