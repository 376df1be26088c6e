"""Task rules: what must hold of a record that no JSON Schema can say.

Each is an object with "rule", the fields it is about, and if wanted "when": only for records whose fields have these
values (of a list one of them). A field that is missing or of another type is passed over: the schema speaks of that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dset.errors import UsageError
from dset.tasks import fields, paths, shown
from dset.tasks.rule_checks import CHECKS

_SHOWN = 20  # faults of one record
# Per rule the keys it must have; those in brackets may be missing.
_KEYS = {
    "spans": ("text", "items", "start", "end", "word"),
    "choice": ("answer", "choices"),
    "differ": ("fields",),
    "languages": ("fields",),
    "translation": ("source", "target", "[source_lang]", "[target_lang]"),
    "shorter": ("field", "than"),
    "within": ("field", "in"),
    "turns": ("messages",),
    "pairs": ("fields",),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it was written, checked."""

    name: str
    names: Mapping[str, Any]  # what the rule's keys name: fields, or for `languages` field -> code
    when: Mapping[str, Any]


def read(document: Any, path: str, schema: dict[str, Any] | None = None) -> Rule:
    """A rule of a task file. Raises UsageError, naming `path`, for an unknown rule, a key too many or too few.

    `schema`: the record's; `pairs` alone asks for it, whose values it lists.
    """
    if not isinstance(document, dict) or not isinstance(document.get("rule"), str):
        raise UsageError(f'{path}: a rule is an object with "rule", one of {", ".join(_KEYS)}')
    name = document["rule"]
    if name not in _KEYS:
        raise UsageError(f"{path}.rule: there is no rule {shown.value(name)}; there are {', '.join(_KEYS)}")
    allowed = {key.strip("[]") for key in _KEYS[name]}
    names = {key: value for key, value in document.items() if key not in ("rule", "when")}
    for key in names.keys() - allowed:
        raise UsageError(
            f"{path}.{shown.name(str(key))}: the rule {name} has no such key; it has {', '.join(sorted(allowed))}"
        )
    for key in _KEYS[name]:
        if key not in names and not key.startswith("["):
            raise UsageError(f"{path}.{key}: the rule {name} needs it")
    for key, value in names.items():
        _check_name(value, key, name, f"{path}.{key}")
    when = document.get("when", {})
    if not isinstance(when, dict) or not all(isinstance(key, str) and fields.PATH.match(key) for key in when):
        raise UsageError(f"{path}.when: it must be an object of field and value")
    if name == "pairs":
        names["table"] = _table(names["fields"], schema or {}, f"{path}.fields")
    return Rule(name, names, when)


def _table(pair: list[str], schema: dict[str, Any], path: str) -> dict[str, str]:
    """What goes with each value of the first field: the value at the same place in the enum of the second."""
    one, other = (paths.enum(schema, field) for field in pair)
    if not one or len(one) != len(other) or not all(isinstance(value, str) for value in (*one, *other)):
        raise UsageError(
            f"{path}: {pair[0]} and {pair[1]} must each have an enum of texts, both of the same length: "
            f"their values go together by their places; here are {len(one)} and {len(other)}"
        )
    return dict(zip(one, other, strict=True))


def _check_name(value: Any, key: str, rule: str, path: str) -> None:
    """Raises UsageError for what is no field's name, or not as many as the rule needs."""
    if key == "fields" and rule in {"differ", "pairs"}:
        most = 2 if rule == "pairs" else 1000
        if (
            not isinstance(value, list)
            or not 2 <= len(value) <= most
            or not all(_is_path(one) for one in value)
        ):
            raise UsageError(f"{path}: it must be a list of two{'' if most == 2 else ' or more'} fields")
    elif key == "fields":
        if not isinstance(value, dict) or not value or not all(_is_path(one) for one in value):
            raise UsageError(f"{path}: it must be an object of field and language code")
        for field, code in value.items():
            if not isinstance(code, str):
                raise UsageError(
                    f"{path}.{field}: it must be a language code, or {{language}} for the task's"
                )
    elif not _is_path(value) or "[]" in value:
        raise UsageError(f"{path}: it must be the name of a field, not {shown.value(value)}")


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and bool(fields.PATH.match(value))


def faults(rules: Iterable[Rule], record: Any, lang: str) -> list[str]:
    """All that these rules find wrong, each "field: what is wrong and what is wanted". Raises nothing.

    `lang` is the language of the record, which "{language}" stands for.
    """
    found: list[str] = []
    for rule in rules:
        if all(_is_so(fields.value(record, field), wanted) for field, wanted in rule.when.items()):
            found.extend(CHECKS[rule.name](rule.names, record, lang))
    found = list(dict.fromkeys(found))
    return found if len(found) <= _SHOWN else [*found[:_SHOWN], f"and {len(found) - _SHOWN} more"]


def _is_so(value: Any, wanted: Any) -> bool:
    """Equal, and true is not 1."""
    options = wanted if isinstance(wanted, list) else [wanted]
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in options)


def wrong_label(record: Any, label: str, wanted: str) -> str:
    """'' if the record has the label its slot was planned for; else one line. Without a label nothing is wanted."""
    if not label or not wanted:
        return ""
    value = fields.value(record, label)
    same = value == wanted if isinstance(value, str) else value is not None and shown.value(value) == wanted
    return "" if same else f"{label}: it must be {shown.value(wanted)}, not {shown.value(value)}"


def texts_of(record: Any, paths: Iterable[str] = ()) -> list[tuple[str, str]]:
    """As `fields.texts_of`."""
    return fields.texts_of(record, tuple(paths))
