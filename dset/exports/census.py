"""Counts for the dataset's card: by label and parameter, models, languages, when it was made."""

from collections import Counter
from typing import Any

from dset.exports.entries import Entry

_MOST = 1000  # different values that are counted of one parameter: a free text is no class

_LANGUAGES = ("source_lang", "target_lang")  # of a translation, besides the language of the task


class Census:
    """What the entries hold, counted as they pass."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.labels: Counter[str] = Counter()
        self.parameters: dict[str, Counter[str]] = {}
        self.models: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self.invented = 0  # by a rehearsal
        self.first = ""  # created_at, as it stands
        self.last = ""

    def add(self, entry: Entry) -> None:
        """Count one entry."""
        if self.label:
            _count(self.labels, entry.get(self.label))
        for name in _LANGUAGES:
            _count(self.languages, entry.get(name))
        about = entry.get("metadata")
        if not isinstance(about, dict):
            return
        source, parameters = about.get("source"), about.get("parameters")
        if isinstance(source, dict):
            _count(self.models, source.get("model"))
            self.invented += str(source.get("endpoint", "")).startswith("rehearsal/")
        _count(self.languages, about.get("lang"))
        if isinstance(parameters, dict):
            for name, value in parameters.items():
                _count(self.parameters.setdefault(name, Counter()), value)
        created = about.get("created_at")
        if isinstance(created, str):
            self.first = min(self.first or created, created)
            self.last = max(self.last, created)


def _count(counter: Counter[str], value: Any) -> None:
    if (
        isinstance(value, str | int | float)
        and value != ""
        and (len(counter) < _MOST or str(value) in counter)
    ):
        counter[str(value)] += 1
