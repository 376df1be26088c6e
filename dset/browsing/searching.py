"""Texts looked for in the two files of an index; the last few searches go on where they ended when lines are added."""

import threading
from collections import OrderedDict

from dset.browsing import folding
from dset.browsing.haystack import Haystack, Hits
from dset.browsing.selecting import Found

_KEPT = 4  # searches, of a byte for each row


class Searching:
    """For any number of threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[bytes, Haystack], Hits] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, text: str, texts: tuple[Haystack, Haystack]) -> Found | None:
        """Where the text stands, None where it is blank. Raises OSError."""
        needle = folding.folded(text).encode("utf-8", "replace")
        if not needle:
            return None
        return Found((self._in(needle, texts[0]), self._in(needle, texts[1])))

    def _in(self, needle: bytes, texts: Haystack) -> Hits:
        key = needle, texts
        with self._lock:
            known = self._known.pop(key, None)
        hits = known if known and known.rows == len(texts) else texts.search(needle, known)
        with self._lock:
            self._known[key] = hits
            while len(self._known) > 2 * _KEPT:
                self._known.popitem(last=False)
        return hits
