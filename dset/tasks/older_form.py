"""The older form of a task file, `{"schema": {"fields": …}}`, as the JSON form; and back, for who still reads it.

The older form names no label: it is the required Enum field that is called label, sentiment, category …, or else the
only Enum field there is; a "label" beside the schema says otherwise. It has no prompt: the usual one is made from the
description. What is not understood and can be left out is left out and named; the rest is a mistake.
"""

from typing import Any

from dset.tasks import older_fields
from dset.tasks.codes import is_code
from dset.tasks.findings import Findings, meant, quoted, under
from dset.tasks.older_fields import Translation
from dset.tasks.parameters import TAKEN

# Fields that usually hold what a record is sorted by, the surest first.
LABELS = (
    "label sentiment category class classification intent emotion topic type ป้ายกำกับ หมวดหมู่ อารมณ์ ประเภท nhãn"
).split()
_SAME = ("name", "description", "language", "label", "prompt", "examples", "rules", "unique", "texts")
_PARAMETER = (
    "name", "param_type", "type", "enum_values", "values", "options", "default", "required", "description"
)  # fmt: skip
_TYPES = "enum array list string text number integer float boolean bool object date any".split()


def is_older(document: object) -> bool:
    """The task is written in the older form."""
    if not isinstance(document, dict):
        return False
    schema = document.get("schema")
    if isinstance(schema, dict):
        return "fields" in schema and "properties" not in schema
    return "fields" in document and "schema" not in document


def convert(document: dict[str, Any]) -> tuple[dict[str, Any], Translation]:
    """The task in the JSON form, what was found on the way, and where its places stood."""
    to = Translation()
    findings = to.findings
    schema = document.get("schema", document)
    findings.only(document, (*_SAME, "schema", "fields", "parameters"), "", fatal=False)
    if schema is not document:
        findings.only(schema, ("fields", "name", "description"), "schema", fatal=False)
    fields_at = "schema.fields" if schema is not document else "fields"
    found = {key: document[key] for key in _SAME if document.get(key) is not None}
    if not isinstance(found.get("description", ""), str) or not found.get("description"):
        found |= {"description": schema["description"]} if schema.get("description") else {}
    found["schema"] = older_fields.object_of(schema.get("fields"), fields_at, "schema", to)
    to.places["schema.properties"] = fields_at
    found.setdefault("label", label_of(found["schema"]))
    found["parameters"] = _parameters(document.get("parameters"), found, to)
    return found, to


def label_of(schema: dict[str, Any]) -> str:
    """The field that a record is sorted by, as the module's text says; '' where none can be told."""
    enums = [
        name
        for name, field in schema["properties"].items()
        if field.get("enum") and all(isinstance(value, str) for value in field["enum"])
    ]
    by_name = {name.casefold(): name for name in reversed(enums) if name in schema["required"]}
    named = next((by_name[word] for word in LABELS if word in by_name), "")
    return named or (enums[0] if len(enums) == 1 else "")


def _parameters(value: object, task: dict[str, Any], to: Translation) -> dict[str, Any]:
    named: dict[str, tuple[object, str]] = {}
    if isinstance(value, list):
        for number, one in enumerate(value):
            name = one.get("name") if isinstance(one, dict) else None
            if not isinstance(name, str) or name in named:
                to.findings.add(f"parameters[{number}]", 'must be a parameter with a "name" of its own')
            else:
                named[name] = (one, f"parameters[{number}]")
    elif value is not None:
        stated = to.findings.table(value, "parameters")
        named = {name: (one, under("parameters", name)) for name, one in stated.items()}
    found: dict[str, Any] = {}
    for name, (one, path) in named.items():
        parameter = _parameter(one, path, to.findings)
        if name.casefold() == "language":
            _take_language(parameter, path, task, to.findings)
        elif parameter:
            free = _free_name(name, task, path, to.findings)
            to.places[under("parameters", free)] = path
            found[free] = parameter
    return found


def _take_language(parameter: dict[str, Any], path: str, task: dict[str, Any], findings: Findings) -> None:
    """A parameter for the language is what --lang is now; its default is the task's language."""
    code = parameter.get("default")
    if isinstance(code, str) and "language" not in task and is_code(code):
        task["language"] = code
    findings.leave_out(path, "is left out: the language is asked for by --lang")


def _free_name(name: str, task: dict[str, Any], path: str, findings: Findings) -> str:
    taken = {*TAKEN, str(task.get("label", "")).casefold()} - {""}
    if name.casefold() not in taken:
        return name
    findings.leave_out(path, f"the name is taken in q.csv: it is called param_{name} from here on")
    return f"param_{name}"


def _parameter(stated: object, path: str, findings: Findings) -> dict[str, Any]:
    """The parameter in the JSON form; {} for what is left out."""
    if not isinstance(stated, dict):
        return {"values": stated}
    findings.only(stated, _PARAMETER, path, fatal=False)
    stated = {key: value for key, value in stated.items() if value is not None}
    kind = _kind(stated.get("param_type", stated.get("type", "string")), path, findings)
    values: Any = next((stated[key] for key in ("enum_values", "values", "options") if key in stated), [])
    default = stated.get("default")
    if isinstance(default, list):  # of an array: what it may hold
        values, default = values or default, None
    if kind.startswith("bool"):
        values = ["true", "false"]
        default = (
            {True: "true", False: "false"}.get(default, default) if isinstance(default, bool) else default
        )
    found = {key: stated[key] for key in ("required", "description") if key in stated}
    found |= {"values": values} | ({} if default is None else {"default": default})
    if not values and default in (None, "") and not stated.get("required"):
        findings.leave_out(path, "is left out: it has neither values nor a default")
        return {}
    return found


def _kind(stated: object, path: str, findings: Findings) -> str:
    kind = next(iter(stated), "") if isinstance(stated, dict) else stated
    if isinstance(kind, str) and kind.casefold() in _TYPES:
        return kind.casefold()
    word = kind if isinstance(kind, str) else ""
    findings.leave_out(
        f"{path}.param_type", f"{quoted(stated)} is no type of parameter; {meant(word, _TYPES)}"
    )
    return ""
