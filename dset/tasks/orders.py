"""The words and flags of `task`, read: which datasets are to be made."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dset.errors import UsageError
from dset.tasks import languages, picture_fields
from dset.tasks.catalog import Catalog
from dset.tasks.definitions import Task
from dset.tasks.factors import Factors
from dset.tasks.planfile import Order

_COUNT = re.compile(r"0*[1-9][0-9]{0,8}\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*\Z")


def read(options: Mapping[str, Any], catalog: Catalog, tell: Callable[[str], None]) -> list[Order]:
    """The orders of NAME[,NAME] COUNT; `tell` takes what is left out of a task. Raises UsageError."""
    names, count = named(options, tell, catalog)
    return [_order(catalog, name, count or 0, options, names) for name in names]


def named(
    options: Mapping[str, Any], tell: Callable[[str], None], catalog: Catalog, *, is_counted: bool = True
) -> tuple[tuple[str, ...], int | None]:
    """The tasks that are named, and the count; without `is_counted` there may be none. Raises UsageError."""
    words = options["words"]
    names = [name for name in words[0].split(",") if name and not _COUNT.match(name)] if words else []
    if not names:
        raise UsageError(
            "task what? A name and a count, as in: task sentiment_analysis 100 (task list shows the names)"
        )
    if len(set(names)) != len(names):
        raise UsageError(f"task {words[0]}: a task is named twice")
    if options["name"] and len(names) > 1:
        raise UsageError("--name names one dataset: make the tasks one after the other")
    if options["out"] and len(names) > 1:
        raise UsageError("--out names one file: make the tasks one after the other")
    for name in names if is_counted else ():
        if picture_fields.is_on_pictures(catalog.get(name)):
            raise UsageError(
                f"the task {name} is about pictures: name the folder that holds them, as in: task {name} --images FOLDER"
            )
    count = _count(words) if is_counted or len(words) > 1 else None
    for name in names:
        for line in catalog.notes(name):
            tell(line)
    if _LANGUAGE.match(lang := options["lang"]) and not languages.is_known(lang):
        tell(f"--lang {lang}: no language that is known here; whether a text is in it cannot be checked")
    return tuple(names), count


def _count(words: Sequence[str]) -> int:
    if len(words) != 2 or not _COUNT.match(words[1]):
        raise UsageError(f"task {words[0]}: how many records? As in: task {words[0]} 100")
    return int(words[1])


def _order(
    catalog: Catalog, name: str, count: int, options: Mapping[str, Any], names: Sequence[str]
) -> Order:
    task = catalog.get(name)
    order = Order(
        task=task,
        lang=language(options, task),
        count=count,
        seed=options["seed"],
        per_request=options["per_request"],
        fixed=_fixed(options["set"]),
        near=options["near"],
        against=options["against"],
        max_requests=options["max_requests"],
        name=options["name"],
        together=tuple(names),
    )
    Factors(order)  # of several tasks none is begun before all are right
    return order


def language(options: Mapping[str, Any], task: Task) -> str:
    """The language of the records, written as we write it. Raises UsageError for what is no code."""
    lang = options["lang"] or task.language
    if not _LANGUAGE.match(lang):
        raise UsageError(f"--lang {lang}: a code like th, en, vi or pt-BR")
    base, *rest = lang.replace("_", "-").split("-")
    return "-".join([base.lower(), *rest])


def _fixed(given: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    names = [name for name, _ in given]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise UsageError(f"--set {twice} stands twice: one value can be fixed")
    return tuple(sorted(given))
