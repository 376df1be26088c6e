"""A row to ask, and what it is known by: its content, not its place."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

BOOKMARKS = ("ERROR", "BLOCKED")
_HALVES = struct.Struct(">QH")


@dataclass(frozen=True, slots=True)
class Question:
    """A row to ask. `text`, `image` and `messages` are its cells as they stand; `columns` the user's own."""

    row: int  # as a spreadsheet counts it: the header is 1
    key: int  # 80-bit hash of the content
    text: str
    image: str
    messages: str
    columns: Mapping[str, str]
    status: str  # the status cell, trimmed
    number: int = 1  # which answer to this content it is to become
    sample: int | None = None  # which of --samples

    @property
    def id(self) -> str:
        """Hash of the content and which answer to it this is."""
        return identity(self.key, self.number)

    @property
    def is_empty(self) -> bool:
        """Nothing to ask in this row."""
        return not (self.text.strip() or self.image or self.messages)

    @property
    def bookmark(self) -> str:
        """ERROR, BLOCKED or '': our own words mean something in any case, other text is the user's."""
        word = self.status.upper()
        return word if word in BOOKMARKS else ""


def identity(key: int, number: int) -> str:
    """The id in the outputs: 20 hexadecimal digits, and -2, -3 … for further answers to the same content."""
    return f"{key:020x}" if number == 1 else f"{key:020x}-{number}"


def content_key(
    text: str, image: str = "", messages: str = "", named: Mapping[str, str] | None = None
) -> int:
    """What a row is known by, 80 bits. Line ends inside a cell and blanks around it do not count."""
    names = sorted(named or ())
    high, low = digest(text, image, messages, names, [(named or {})[name] for name in names])
    return high << 16 | low


def digest(
    text: str, image: str = "", messages: str = "", names: Sequence[str] = (), cells: Sequence[str] = ()
) -> tuple[int, int]:
    """The content's key as its upper 64 and its lower 16 bits; `cells` are those of the columns `names`, sorted."""
    content = text.strip() if "\r" not in text else _plain(text)
    if image or messages or names:
        # NUL never stands in a cell, so no two contents share a spelling.
        parts = [content, "image", _plain(image), "messages", _plain(messages)]
        for name, cell in zip(names, cells, strict=True):
            parts += [name, _plain(cell)]
        content = "\0".join(parts)
    try:
        data = content.encode()
    except UnicodeEncodeError:  # lone surrogates; asking for them at once costs every row a third more
        data = content.encode("utf-8", "surrogatepass")
    halves: tuple[int, int] = _HALVES.unpack(blake2b(data, digest_size=10).digest())
    return halves


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell.replace("\r\n", "\n").replace("\r", "\n") if "\r" in cell else cell
