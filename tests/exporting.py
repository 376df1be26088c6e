"""Folders to export from, and exports read back by other tools."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dset.exports.export import export
from dset.exports.options import Options
from tests import samples

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "label": {"enum": ["บวก", "ลบ"]},
        "score": {"type": "number"},
        "count": {"type": ["integer", "null"]},
        "entities": {"type": "array", "items": {"$ref": "#/$defs/entity"}},
        "extra": {"type": "object"},
        "ความเห็น": {"type": "string"},
    },
    "$defs": {
        "entity": {"type": "object", "properties": {"text": {"type": "string"}, "start": {"type": "integer"}}}
    },
    "required": ["text", "label"],
}


def run_folder(folder: Path, texts: Iterable[str], **more: Any) -> Path:
    """An output folder of a plain run, its lines in reverse order of rows; `more` as the fields of Question."""
    records = [samples.record(text, row=row, **more) for row, text in enumerate(texts, 2)]
    samples.write_lines(folder / "output.json", reversed(records))
    return folder


def task_folder(folder: Path, records: Iterable[Any], **plan: Any) -> Path:
    """A task's folder with an answer for each record, completed in reverse order."""
    task = {
        "name": "reviews",
        "language": "th",
        "schema": SCHEMA,
        "label": "label",
        "parameters": {"topic": ["food"]},
    } | plan.pop("task", {})
    folder.mkdir(parents=True, exist_ok=True)
    about = {"version": 1, "task": task, "schema_version": "0123456789ab", "lang": "th", "seed": 7} | plan
    (folder / "plan.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
    lines = [
        answer(f"question {row}", row, data, columns={"topic": "food", "slots": str(row)})
        for row, data in enumerate(records, 2)
    ]
    samples.write_lines(folder / "output.json", reversed(lines))
    run = {"run": "20261121T120000Z-0000", "model": "m", "prompt": "Write a review.", "system": "Be brief."}
    samples.write_lines(folder / "runs.json", [run | {"settings": {}}])
    return folder


def answer(text: str, row: int, data: Any, **more: Any) -> dict[str, Any]:
    """A line of output.json with `data`."""
    line = samples.record(text, row=row, **more)
    line["response"]["data"] = data
    return line


def exported(
    source: Path | tuple[Path, ...], *formats: str, told: list[str] | None = None, **more: Any
) -> list[Path]:
    """The files of an export into ./exports; `more` as the fields of Options."""
    sources = source if isinstance(source, tuple) else (source,)
    fields: dict[str, Any] = {"formats": formats or ("jsonl",), "exports": Path("exports"), **more}
    return export(Options(sources=sources, **fields), (told if told is not None else []).append)


def entries(source: Path | tuple[Path, ...], **more: Any) -> list[dict[str, Any]]:
    """The entries of an export as JSON Lines."""
    (made,) = exported(source, "jsonl", **more)
    return samples.read_lines(made)


def bare(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries without id and metadata."""
    return [{name: value for name, value in one.items() if name not in {"id", "metadata"}} for one in found]


def whole(value: Any) -> Any:
    """The value with every null field left out, at every depth: in a table a missing field is null."""
    if isinstance(value, dict):
        return {name: whole(one) for name, one in value.items() if one is not None}
    return [whole(one) for one in value] if isinstance(value, list) else value
