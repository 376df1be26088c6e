"""Which languages the texts of a dataset are in, of as many texts as one can wait for."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from dset.reports.figures import Languages
from dset.reports.lengths import texts_in

_RECORDS = 10_000  # that are looked at, spread evenly: telling the language of a text takes 0.3 ms
_TEXTS = 4  # of a record
_PART = 1_000  # characters of a text
_SHORTEST = (
    20  # characters of a text that tells its language; where a record has none, all of its texts together
)


class Tongues:
    """Counts the languages of texts; `records` is how many come about."""

    def __init__(self, detect: Callable[[str], str], paths: tuple[str, ...], records: int) -> None:
        """`detect`: the code of a text's language, '' where it is not known. `paths`: the fields to look at; () all."""
        self._detect, self._paths = detect, paths
        self._step = 1 + records // (_RECORDS + 1)
        self._seen = 0
        self._counts: Counter[str] = Counter()

    def add(self, member: Any) -> None:
        """A record or a text."""
        self._seen += 1
        if (self._seen - 1) % self._step:
            return
        for text in self._texts(member):
            self._counts[self._detect(text[:_PART]) or ""] += 1

    def _texts(self, member: Any) -> list[str]:
        found = [text for path, text in texts_in(member) if not self._paths or path in self._paths]
        if self._paths or not isinstance(member, dict):
            return [text for text in found if text.strip()][:_TEXTS]
        long = [text for text in found if len(text) >= _SHORTEST]
        return long[:_TEXTS] or [text for text in ["\n".join(found)] if text.strip()]

    def told(self) -> Languages:
        """What was counted."""
        return Languages(self._counts.total(), tuple(self._counts.most_common()))
