"""Where entries come from, and what the folder says of how they were made: its plan and its runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dset import answers, planned
from dset.errors import UsageError
from dset.folders import Folder

FILES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the runs of a folder sent."""

    model: str
    prompt: str
    system: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where entries come from and what is known of how they were made."""

    path: Path  # the journal, or the file
    name: str  # of the task, else of the folder or file
    is_journal: bool = False
    task: str = ""
    lang: str = ""
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    schema_version: str = ""
    label: str = ""
    parameters: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    pictures: Path | None = None  # where the paths in `image` start, of a task on pictures
    runs: Mapping[str, Prompt] = field(default_factory=dict)  # by run id


def of(source: Path) -> Origin:
    """What stands at `source`. Raises UsageError where it is nothing that can be exported."""
    if source.is_dir():
        return _of_folder(source)
    if not source.exists():
        raise UsageError(f"{source} is not there: name an output folder or a json, jsonl or csv file")
    if source.suffix.lower() not in FILES:
        raise UsageError(f"{source} is no kind of file that can be exported: {', '.join(FILES)}")
    journal = source.with_name("output.json")
    # output.csv is a view whose cells are guarded against spreadsheets: the journal has them as they are.
    if source.name in {"output.json", "output.csv"} and journal.exists() and _is_journal(journal):
        return _of_folder(source.parent)
    return Origin(path=source, name=source.stem, is_journal=_is_journal(source))


def _of_folder(path: Path) -> Origin:
    folder = Folder(path)
    if not folder.journal.exists():
        raise UsageError(f"{path} holds no output.json: it is no output folder, or nothing is answered yet")
    name = path.resolve().name
    runs, plan_file = _runs(folder.runs), path / "plan.json"
    if not plan_file.exists() or planned.kind_of(path) == "captions":
        return Origin(path=folder.journal, name=name, is_journal=True, runs=runs)
    plan = _plan(plan_file)
    task = plan["task"]
    schema = task.get("schema")
    return Origin(
        path=folder.journal,
        name=str(task.get("name") or name),
        is_journal=True,
        task=str(task.get("name") or name),
        lang=str(plan.get("lang") or task.get("language") or ""),
        seed=plan.get("seed"),
        schema=schema if isinstance(schema, dict) else None,
        schema_version=str(plan.get("schema_version") or ""),
        label=str(task.get("label") or ""),
        parameters=tuple(task.get("parameters") or ()),
        unique=tuple(task.get("unique") or ()),
        pictures=path if plan.get("kind") == "pictures" else None,
        runs=runs,
    )


def _plan(path: Path) -> dict[str, Any]:
    try:
        plan = json.loads(path.read_bytes())
        if isinstance(plan["task"], dict):
            return dict(plan)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise UsageError(f"{path} is damaged: it names no task; run the task again, it is written anew")


def _runs(path: Path) -> dict[str, Prompt]:
    """What each run sent; a line that cannot be read is passed over, since no answer stands in it."""
    found: dict[str, Prompt] = {}
    for line in answers.lines_of(path):
        try:
            run = json.loads(line)
            sent = [str(run.get(name) or "") for name in ("model", "prompt", "system")]
            told = run.get("settings")  # the form of the answers stands behind the system message
            form = str(told.get("appendix") or "") if isinstance(told, dict) else ""
            sent[2] = "\n\n".join(filter(None, (sent[2], form)))
            found[str(run["run"])] = Prompt(*sent)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return found


def _is_journal(path: Path) -> bool:
    """The first line is a record of ours; a damaged one is told when it is read."""
    with path.open("rb") as stream:
        first = stream.readline(1 << 24)
    if first.startswith(b'{"metadata": {"id": "'):
        return True
    try:
        return path.suffix.lower() != ".csv" and isinstance(answers.parse(first)["response"], dict)
    except ValueError:
        return False
