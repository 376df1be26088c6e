"""train/ is laid out: metadata.jsonl, and a .txt beside each picture for kohya. What the user wrote there stays theirs."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import files
from dset.captions import laid_out
from dset.captions.laid_out import METADATA, Line

_NOTED = ".published.json"  # what we wrote, as digests: text that is another one now is the user's
_TEXT = "text"


@dataclass(frozen=True, slots=True)
class Published:
    """What stands in train/ now."""

    lines: int
    edited: tuple[str, ...]  # pictures whose captions the user has written


def publish(train: Path, wanted: Sequence[Line], *, is_kohya: bool) -> Published:
    """Write the captions of these pictures, in this order. Raises OSError.

    A caption that the user has edited, in metadata.jsonl or in its .txt, is kept in both. Fields that the user added to
    a line are kept; a line that cannot be read is set aside with its file.
    """
    noted, old = _noted(train), _old(train)
    texts = _txt_texts(train, [line.name for line in wanted])
    lines, edited = [], []
    for line in wanted:
        before = old.get(line.name)
        own = _edited(line, before, texts.get(line.name), noted.get(line.name, {}))
        if own:
            edited.append(line.name)
        more = {**(before.more if before else {}), **line.more}
        more.update({name: text for name, text in own.items() if name != _TEXT})
        lines.append(Line(line.name, own.get(_TEXT, line.text), more))
    _write(train / METADATA, b"".join(map(laid_out.line_of, lines)))
    if is_kohya or texts:
        for line in lines:
            _write(train / laid_out.txt_name(line.name), laid_out.txt_of(line.text))
    ours = {line.name: _digests(line) for line in wanted}  # last: it says what of this is ours
    _write(train.parent / _NOTED, json.dumps(ours, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return Published(len(lines), tuple(edited))


def _edited(line: Line, before: Line | None, txt: str | None, noted: Mapping[str, str]) -> dict[str, str]:
    """The texts of the picture, by field, that the user has written: neither what we wrote nor what we would write."""
    wanted = {_TEXT: line.text, **line.more}
    candidates: list[tuple[str, Any]] = [(_TEXT, txt)]
    if before is not None:
        candidates += [(_TEXT, before.text), *((name, before.more.get(name)) for name in line.more)]
    return {
        name: text
        for name, text in candidates
        if isinstance(text, str)
        and text.strip()
        and text != wanted[name]
        and _digest(text) != noted.get(name)
    }


def _old(train: Path) -> dict[str, Line]:
    path = train / METADATA
    if not path.exists():
        return {}
    found = laid_out.parse_metadata(path.read_bytes())
    if found.damaged:
        files.set_aside(path)
    return {line.name: line for line in found.lines}


def _txt_texts(train: Path, names: Sequence[str]) -> dict[str, str]:
    """The captions in the .txt files that stand there, by picture."""
    found = {}
    for name in names:
        path = train / laid_out.txt_name(name)
        if path.exists():
            found[name] = laid_out.plain(path.read_bytes().decode("utf-8-sig", "replace"))
    return found


def _noted(train: Path) -> dict[str, dict[str, str]]:
    try:
        noted = json.loads((train.parent / _NOTED).read_bytes())
        return {name: dict(digests) for name, digests in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _digests(line: Line) -> dict[str, str]:
    texts = {_TEXT: line.text, **line.more}
    return {name: _digest(text) for name, text in texts.items() if isinstance(text, str)}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Replace the file, unless it holds this already."""
    if not path.exists() or path.read_bytes() != data:
        files.replace(path, [data])
