"""The flags of `scrape`, read: what is to be searched for, where, and how many of each."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from dset.cleaning import harmless
from dset.errors import UsageError
from dset.keys import Secrets
from dset.scraping.finds import Asked
from dset.scraping.plan import Order
from dset.scraping.sources import GENERATE, NAMES
from dset.settings import Settings

_LONGEST = 300  # characters of a query
_LONGEST_NAME = 40  # characters of a folder's name: of three bytes each, and a name may have 255
USUAL_COUNT = 5


def sources(text: str) -> tuple[str, ...]:
    """The sources that --source names, in its order. Raises ValueError."""
    named = [part.strip().lower() for part in text.split(",") if part.strip()]
    wrong = next((name for name in named if name not in {*NAMES, GENERATE}), "")
    if wrong or not named:
        raise ValueError(f"{wrong or text!r} is no source: name some of {','.join((*NAMES, GENERATE))}")
    return tuple(dict.fromkeys(named))


def read(options: Mapping[str, Any], settings: Settings, labels: Sequence[str]) -> Order:
    """The order; `labels` are those of the task that --task names. Raises UsageError."""
    task = options["task"]
    queries = [*options["query"], *options.get("words", ())]
    if task:
        asked, count = _of_task(task, labels, queries, options)
    else:
        asked, count = _of_queries(queries, options), options["num_images"]
    for one in asked:
        _check(one.query, settings.secrets)
    return Order(
        asked=asked,
        count=count or USUAL_COUNT,
        sources=options["source"] or NAMES,
        name=options["name"] or task or slug(asked[0].query),
        seed=options["seed"],
        near=options["near"],
        task=task,
    )


def _of_queries(queries: Sequence[str], options: Mapping[str, Any]) -> tuple[Asked, ...]:
    if options["per_label"]:
        raise UsageError("--per-label goes with --task, whose labels are searched for; else say --num-images")
    known = dict.fromkeys(_tidy(query) for query in queries)
    if not known or "" in known:
        raise UsageError(
            'scrape what? As in: scrape --query "street sign" --num-images 10, '
            "or a task's labels: scrape --task NAME --per-label 10"
        )
    return tuple(map(Asked, known))


def _of_task(
    task: str, labels: Sequence[str], queries: Sequence[str], options: Mapping[str, Any]
) -> tuple[tuple[Asked, ...], int]:
    if queries:
        raise UsageError(
            f"--query and --task: the labels of {task} are the queries; leave one of the two out"
        )
    known = {_tidy(label): label for label in labels if _tidy(label)}
    if not known:
        raise UsageError(f"the task {task} has no labels to search for: say what by --query")
    asked = tuple(Asked(query, label) for query, label in known.items())
    return asked, options["per_label"] or options["num_images"]


def _check(query: str, secrets: Secrets) -> None:
    if len(query) > _LONGEST:
        raise UsageError(f"the query {query[:40]!r}… is longer than {_LONGEST} characters")
    if any("\ud800" <= character <= "\udfff" for character in query):
        raise UsageError(f"the query {query[:40]!a} is not UTF-8 text")
    if secrets.scrub(query) != query:
        raise UsageError("a query holds a key of .env: it would be sent to strangers")


def _tidy(query: str) -> str:
    """The query on one line, without what a terminal obeys; what is no text stays, to be told of."""
    surrogates = any("\ud800" <= character <= "\udfff" for character in query)
    return " ".join((query if surrogates else harmless(query)).split())


def slug(text: str) -> str:
    """A name for a folder: letters, marks and digits of any script, the rest as -."""
    kept = (letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in text)
    name = "-".join("".join(kept).split()).lower()[:_LONGEST_NAME]
    return unicodedata.normalize("NFC", name).strip("-") or "images"
