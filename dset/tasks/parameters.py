"""The parameters of a task: what varies from record to record, one column of its q.csv each."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from dset.tasks.findings import Findings, quoted, under

# Columns of the task's q.csv, and what the prompt's {language} already means.
TAKEN = ("question", "status", "image", "messages", "slots", "label", "language")
_KEYS = ("values", "default", "required", "description")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a record may be asked to be like."""

    values: tuple[str, ...]  # one of them for each record; none: only the default, or what --set gives
    default: str = ""
    required: bool = False  # without values and default: must be given by --set
    description: str = ""

    def as_document(self) -> dict[str, Any]:
        """The JSON form."""
        stated = {"values": list(self.values), "default": self.default, "required": self.required}
        return stated | {"description": self.description}


def read(value: object, label: str, findings: Findings) -> dict[str, Parameter]:
    """The parameters by name; `label` is the label's field, whose name no parameter may have."""
    found: dict[str, Parameter] = {}
    names: dict[str, str] = {_fold(label): "the label"} if label else {}
    names |= dict.fromkeys(TAKEN, "a column of the task's q.csv or of its prompt")
    for name, stated in findings.table(value, "parameters").items():
        path = under("parameters", name)
        _check_name(name, names, path, findings)
        names.setdefault(_fold(name), f"the parameter {quoted(name)}")
        found[name] = _parameter(stated, path, findings)
    return found


def _check_name(name: str, names: dict[str, str], path: str, findings: Findings) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable() or set(name) & set("{}"):
        findings.add(path, f"the name {quoted(name)} must be plain text without braces")
    elif _fold(name) in names:
        findings.add(path, f"the name is taken: {quoted(name)} is {names[_fold(name)]}")


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


def _parameter(stated: object, path: str, findings: Findings) -> Parameter:
    if not isinstance(stated, dict):
        stated = {"values": stated}
        values_at = path
    else:
        findings.only(stated, _KEYS, path)
        values_at = f"{path}.values"
    found = Parameter(
        findings.words(stated.get("values", []), values_at),
        _default(stated.get("default"), f"{path}.default", findings),
        findings.flag(stated.get("required", False), f"{path}.required"),
        findings.text(stated.get("description", ""), f"{path}.description"),
    )
    if not stated.get("values") and not found.default and not found.required:
        findings.add(path, 'has no values: give "values", a "default", or "required": true for --set')
    if found.values and found.default and found.default not in found.values:
        findings.add(f"{path}.default", f"{quoted(found.default)} is none of its values")
    return found


def _default(value: object, path: str, findings: Findings) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return findings.text(value, path)
