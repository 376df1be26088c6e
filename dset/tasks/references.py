"""What a task names must be there: the label's field, the fields of unique, texts and rules, the names in the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dset import templates
from dset.errors import UsageError
from dset.tasks import keywords, paths, rules
from dset.tasks.findings import Findings, meant, quoted

if TYPE_CHECKING:
    from dset.tasks.definitions import Task

# What in a rule names a field of the record; the fields of a rule's own items are named beside them.
_FIELDS = "text items answer choices field than source target source_lang target_lang messages".split()
_IN_ITEMS = ("start", "end", "word")


def check(task: Task, findings: Findings) -> None:
    """Note what the task names and has not, and what is wrong in its schema."""
    if not task.schema:
        return
    fields = paths.properties(task.schema)
    if "object" not in paths.kinds(paths.variants(task.schema, task.schema)):
        findings.add("schema", 'must have "type": "object": a record is one JSON object')
    elif not fields:
        findings.add("schema", "names no properties: a record has at least one field")
    keywords.check(task.schema, "schema", findings)
    _check_label(task, list(fields), findings)
    for key, named in (("unique", task.unique), ("texts", task.texts)):
        for number, path in enumerate(named):
            _check_field(task.schema, path, f"{key}[{number}]", findings)
    for number, rule in enumerate(task.rules):
        _check_rule(task.schema, rule, f"rules[{number}]", findings)
    _check_prompt(task, findings)


def _check_label(task: Task, fields: list[str], findings: Findings) -> None:
    if not task.label:
        return
    if task.label not in fields:
        findings.add(
            "label", f"{quoted(task.label)} is no property of the schema; {meant(task.label, fields)}"
        )
        return
    values = paths.enum(task.schema, task.label)
    if not values:
        findings.add("label", f'{quoted(task.label)} has no "enum" in the schema: its values are not known')
    for value in values:
        if not isinstance(value, str) or not value.strip():
            findings.add("label", f"its value {quoted(value)} is no text: labels stand in a column of q.csv")


def _check_field(schema: dict[str, Any], path: object, place: str, findings: Findings) -> None:
    if not isinstance(path, str):
        findings.add(place, f"must be the name of a field, not {quoted(path)}")
    elif not paths.at(schema, path):
        hint = meant(path, _all_paths(schema))
        findings.add(place, f"{quoted(path)} is no property of the schema; {hint}")


def _all_paths(schema: dict[str, Any]) -> list[str]:
    """The fields, and those one level below them, as paths."""
    found: list[str] = []
    for name, nodes in paths.properties(schema).items():
        found.append(name)
        for dots, below in ((".", nodes), ("[].", paths.at(schema, f"{name}[]"))):
            found += [name + dots + one for node in below for one in paths.properties(node, schema)]
    return list(dict.fromkeys(found))


def _check_rule(schema: dict[str, Any], rule: dict[str, Any], place: str, findings: Findings) -> None:
    try:
        rules.read(rule, place, schema)
    except UsageError as error:
        where, _, what = str(error).partition(": ")
        findings.add(where, what)
        return
    named = [(key, rule[key]) for key in _FIELDS if key in rule]
    for key in ("fields", "when"):
        listed = rule.get(key)
        named += [(key, one) for one in listed] if isinstance(listed, list | dict) else []
    items = rule.get("items")
    named += [(key, f"{items}[].{rule[key]}") for key in _IN_ITEMS if items and key in rule]
    for key, path in named:
        _check_field(schema, path, f"{place}.{key}", findings)


def _check_prompt(task: Task, findings: Findings) -> None:
    known = ["language", *([task.label] if task.label else []), *task.parameters]
    for word in templates.parse(task.prompt, known).unknown:
        message = f"names {{{word}}}, which is no parameter, not the label and not the language"
        findings.add("prompt", f"{message}; {meant(word, known)}")
