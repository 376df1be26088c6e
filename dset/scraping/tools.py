"""What collecting needs from elsewhere: a download that is safe, and eyes for pictures."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


class Fetched(Protocol):
    """What a download brought."""

    @property
    def data(self) -> bytes: ...
    @property
    def kind(self) -> str:  # told by content: jpeg, png, gif or webp
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a whole picture tells."""

    width: int  # pixels
    height: int
    fingerprint: str


class Prints(Protocol):
    """Fingerprints of the pictures that are kept."""

    def add(self, name: str, fingerprint: str, /) -> object: ...
    def find(self, fingerprint: str, /) -> tuple[str, float] | None:  # the one most like it, and how much
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """All of it, handed down."""

    fetch: Callable[[str], Awaitable[Fetched]]
    lost: type[Exception]  # what `fetch` raises, with `reason` (str) and `again` (bool)
    look: Callable[[bytes], Seen]
    broken: type[Exception]  # what `look` raises; its text is the rest of a sentence
    name: Callable[[bytes, str], str]  # of a file, from its content and kind
    prints: Callable[[float], Prints]
