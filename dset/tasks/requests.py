"""What a model is told: the same for every record of a task, then what this record is to be."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from dset.duplicates import Likeness
from dset.tasks import languages
from dset.tasks.definitions import Task

MANY = "records"  # the field of an answer that holds several records


def system(task: Task, lang: str, per_request: int) -> str:
    """What comes first and never changes, so that prompt caches hit: the task, the language, the form."""
    name = languages.name(lang)
    form = json.dumps(lean(task.schema), ensure_ascii=False)
    lines = [
        f"You write records for a dataset called {task.name}: {task.description}",
        f"Its language is {name} ({lang}): every text is {name}, as a native speaker writes it, but where the schema says otherwise.",
        f"Each record is one JSON object that follows this JSON Schema:\n{form}",
    ]
    if not _varies(task):
        lines.insert(1, _filled(task.prompt, _of_language(lang)))
    if per_request > 1:
        lines.append(
            f'Answer with one JSON object {{"{MANY}": [...]}} that holds the records in the order asked for, '
            "and with nothing else."
        )
    else:
        lines.append("Answer with that JSON object alone: nothing before it, nothing behind it.")
    return "\n\n".join(lines)


def lean(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without what no model needs to know, and every request would pay for."""
    return {name: value for name, value in schema.items() if name not in {"$schema", "$id"}}


def question(
    task: Task,
    lang: str,
    slots: Sequence[int],
    specs: Sequence[Mapping[str, str]],
    take: int,
    example: Mapping[str, Any] | None,
) -> str:
    """What the row asks for: records `slots` (numbers from 1), each as its spec says; `take` counts the tries."""
    shared = {name: value for name, value in specs[0].items() if name != task.label}
    lines = [_filled(task.prompt, {**specs[0], **_of_language(lang)}), ""] if _varies(task) else []
    again = f", take {take}" if take > 1 else ""
    if len(slots) == 1:
        lines.append(f"Record {slots[0]}{again}:")
        lines += [f"- {name}: {value}" for name, value in specs[0].items()]
    else:
        lines.append(f"{len(slots)} records, all different{again}:")
        for slot, spec in zip(slots, specs, strict=True):
            label = f" {task.label}: {spec[task.label]}" if task.label in spec else ""
            lines.append(f"- record {slot}:{label}" if label else f"- record {slot}")
        lines += [f"- for all of them, {name}: {value}" for name, value in shared.items()]
    if example is not None:
        lines += ["", shown(example, "write something quite different")]
    return "\n".join(lines).strip()


def shown(example: Mapping[str, Any], note: str) -> str:
    """An example as a model is shown it; `note`: what it is not for."""
    return f"An example of the form ({note}):\n{json.dumps(example, ensure_ascii=False)}"


def _varies(task: Task) -> bool:
    """The prompt names what differs from record to record; else it stands once, in what every request begins with."""
    return any("{" + name + "}" in task.prompt for name in (task.label, *task.parameters) if name)


def _of_language(lang: str) -> dict[str, str]:
    return {"language": languages.name(lang), "lang": lang}


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace("{" + name + "}", value)
    return template


def examples(task: Task, lang: str) -> list[dict[str, Any]]:
    """Its examples in the language, those of en for en-GB too; where it has none, those of no language."""
    codes = (lang, languages.base(lang), "")
    return list(next((task.examples[code] for code in codes if task.examples.get(code)), ()))


def example_for(task: Task, lang: str, spec: Mapping[str, str], seed: str) -> Mapping[str, Any] | None:
    """One of the task's examples, in the language and with the label where there is one; varied by the seed."""
    of_language = examples(task, lang)
    with_label = [one for one in of_language if not task.label or one.get(task.label) == spec.get(task.label)]
    choice = with_label or of_language
    return random.Random(seed).choice(choice) if choice else None


def like(found: Likeness) -> str:
    """The fault of a record that resembles another one."""
    how = "the same as" if found.share == 1 else f"{found.share:.0%} like"
    return f"{how} {found.name}, which begins {found.text!r}: write something else"


def refused(faults: Sequence[str], *, is_many: bool) -> str:
    """What a model is told whose answer did not pass."""
    listed = "\n".join(f"- {fault}" for fault in faults)
    whole = (
        f'the whole corrected JSON object with all "{MANY}"' if is_many else "the whole corrected JSON object"
    )
    return f"That was not accepted:\n{listed}\nAnswer again, with {whole} alone."
