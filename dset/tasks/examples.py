"""The examples of a task: whole records, by language or for any language."""

from typing import Any

from dset.tasks import fields, languages
from dset.tasks.codes import is_code
from dset.tasks.findings import Findings, quoted, under


def read(value: object, findings: Findings) -> dict[str, tuple[dict[str, Any], ...]]:
    """The records by language code; a plain list stands under '', for any language."""
    if isinstance(value, list):
        value = {"": value}
    if not isinstance(value, dict):
        findings.add("examples", f"must be a list of records, or such lists by language, not {quoted(value)}")
        return {}
    found = {}
    for code, records in value.items():
        path = under("examples", code) if code else "examples"
        if code and not is_code(code):
            findings.add(path, f"{quoted(code)} is no language code; write th, en, vi …")
        found[code] = _records(records, path, findings)
    return {code: records for code, records in found.items() if records}


def _records(value: object, path: str, findings: Findings) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list):
        findings.add(path, f"must be a list of records, not {quoted(value)}")
        return ()
    found: dict[int, dict[str, Any]] = {}
    for number, one in enumerate(value):
        here = f"{path}[{number}]"
        same = next((at for at, other in found.items() if other == one), None)
        if not isinstance(one, dict):
            findings.add(here, f"must be a record, an object, not {quoted(one)}")
        elif same is not None:
            findings.add(here, f"is the same record as {path}[{same}]")
        else:
            found[number] = one
    return tuple(found.values())


def language_of(records: dict[str, tuple[dict[str, Any], ...]]) -> str:
    """The language that the examples are in, for a task that names none; '' where they do not tell."""
    codes = [code for code in records if code]
    if codes:
        return codes[0] if len(codes) == 1 else ""
    said = [text for record in records.get("", ()) for _, text in fields.texts_of(record)]
    return languages.detect("\n".join(said))
