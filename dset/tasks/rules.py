"""Stand-in."""

from typing import Any

from dset.errors import UsageError

Rule = dict[str, Any]


def read(document: dict[str, Any], path: str) -> Rule:
    if document.get("rule") not in {
        "spans",
        "choice",
        "differ",
        "languages",
        "translation",
        "shorter",
        "turns",
    }:
        raise UsageError(f"{path}.rule: is no rule")
    return document


def faults(rules: tuple[Rule, ...], record: dict[str, Any], lang: str) -> list[str]:
    return []


def wrong_label(record: dict[str, Any], label: str, wanted: str) -> str:
    return f"{label}: is {record.get(label)!r}, not {wanted!r}"


def texts_of(record: Any, paths: Any) -> list[tuple[str, str]]:
    return []
