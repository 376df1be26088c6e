"""train/ is laid out: metadata.jsonl, and a .txt beside each picture for kohya. What the user wrote there stays theirs."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dset import files
from dset.captions import laid_out, moves
from dset.captions.laid_out import METADATA, Line
from dset.captions.places import ASIDE

NOTED = ".published.json"  # what we wrote, as digests: text that is another one now is the user's
_TEXT = "text"  # as the model said it
_STOOD = "stood"  # as it was written: the user's, where that is another one

Further = Mapping[str, Mapping[str, str]]  # caption -> further fields of its line
_NO_MORE: Further = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Standing:
    """The captions as they are to stand: the user's where there are any, else the models'."""

    lines: tuple[Line, ...]
    edited: tuple[str, ...]  # pictures whose lines the user has written
    unread: tuple[Path, ...]  # files that are no text, or no JSON in some line
    has_texts: bool  # there are .txt files


@dataclass(frozen=True, slots=True)
class Published:
    """What stands in train/ now."""

    lines: int
    edited: tuple[str, ...]
    kept: tuple[str, ...]  # files that could not be read, whose old content is kept in aside/


def standing(train: Path, wanted: Sequence[Line], further: Further = _NO_MORE) -> Standing:
    """The captions of these pictures, in this order, with their `further` fields. Changes nothing; raises OSError.

    A caption that the user has edited, in metadata.jsonl or in its .txt, holds for both; the later edit where both were.
    Fields that the user added to a line are kept.
    """
    noted, (old, unread) = _noted(train), _old(train)
    texts, odd = _beside(train, [line.name for line in wanted])
    lines, edited = [], []
    for line in wanted:
        before, ours = old.get(line.name), noted.get(line.name, {})
        candidates = [texts.get(line.name, ""), laid_out.plain(before.text) if before else ""]
        text = _text(line.text, candidates, ours)
        more, theirs = _fields(before.more if before else {}, further.get(text, {}), ours, text)
        lines.append(Line(line.name, text, more))
        edited += [line.name] if theirs or text != line.text else []
    return Standing(tuple(lines), tuple(edited), (*unread, *odd), bool(texts or odd))


def publish(train: Path, wanted: Sequence[Line], further: Further = _NO_MORE, *, is_kohya: bool) -> Published:
    """Write the captions of these pictures, see `standing`; of what cannot be read a copy is kept. Raises OSError."""
    found = standing(train, wanted, further)
    files.make_folder(train)
    for path in found.unread:
        moves.keep(path, train.parent / ASIDE)
    _write(train / METADATA, b"".join(map(laid_out.line_of, found.lines)))
    if is_kohya or found.has_texts:
        for line in found.lines:
            _write(train / laid_out.txt_name(line.name), laid_out.txt_of(line.text))
    _remove_left(train, {line.name for line in wanted})
    pairs = zip(wanted, found.lines, strict=True)
    before = _noted(train)
    noted = {
        line.name: before.get(line.name, {}) | _digests(line, asked.text, further) for asked, line in pairs
    }
    _write(train.parent / NOTED, json.dumps(noted).encode())  # last: it says what of this is ours
    return Published(len(found.lines), found.edited, tuple(path.name for path in found.unread))


def _text(said: str, candidates: Sequence[str], noted: Mapping[str, str]) -> str:
    """The caption that holds: what is not as it was written, else what stood there if that was the user's, else `said`."""
    stood = noted.get(_STOOD, _digest(said))
    there = [text for text in candidates if text]
    new = [text for text in there if _digest(text) != stood]
    if new:
        return new[-1]
    is_theirs = stood != noted.get(_TEXT, stood)
    return there[-1] if there and is_theirs else said


def _fields(
    before: Mapping[str, Any], wanted: Mapping[str, str], noted: Mapping[str, str], text: str
) -> tuple[dict[str, Any], bool]:
    """The further fields of a line, and whether one that we would write is the user's."""

    def is_ours(name: str) -> bool:
        value = before.get(name)
        return isinstance(value, str) and _digest(value) in {noted.get(name), _digest(wanted.get(name, ""))}

    is_same = noted.get(_STOOD) == _digest(text)  # a translation of another caption is none
    kept = {name: value for name, value in before.items() if is_same or not is_ours(name)}
    ours = {name: value for name, value in wanted.items() if name not in before or is_ours(name)}
    return {**kept, **ours}, len(ours) < len(wanted)


def _old(train: Path) -> tuple[dict[str, Line], list[Path]]:
    """The lines that stand in metadata.jsonl, and the file where some of it is none."""
    path = train / METADATA
    if not path.exists():
        return {}, []
    found = laid_out.parse_metadata(path.read_bytes())
    return {line.name: line for line in found.lines}, [path] if found.damaged else []


def _beside(train: Path, names: Sequence[str]) -> tuple[dict[str, str], list[Path]]:
    """The captions in the .txt files that stand there, by picture, and the files that are no UTF-8."""
    found, odd = {}, []
    for name in names:
        path = train / laid_out.txt_name(name)
        if path.exists():
            try:
                found[name] = laid_out.plain(path.read_bytes().decode("utf-8-sig"))
            except UnicodeDecodeError:
                odd.append(path)
    return found, odd


def _remove_left(train: Path, names: set[str]) -> None:
    """The .txt that we wrote of pictures that have left train/: a trainer would stumble over it."""
    for name, noted in _noted(train).items():
        path = train / laid_out.txt_name(name)
        if name not in names and path.exists() and not (train / name).exists():
            text = path.read_bytes().decode("utf-8", "replace").strip()
            if _digest(text) == noted.get(_STOOD) == noted.get(_TEXT):
                files.remove(path)


def _noted(train: Path) -> dict[str, dict[str, str]]:
    try:
        noted = json.loads((train.parent / NOTED).read_bytes())
        return {name: dict(digests) for name, digests in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _digests(line: Line, said: str, further: Further) -> dict[str, str]:
    more = {name: _digest(text) for name, text in further.get(line.text, {}).items()}
    return {_TEXT: _digest(said), _STOOD: _digest(line.text), **more}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Replace the file, unless it holds this already."""
    if not path.exists() or path.read_bytes() != data:
        files.replace(path, [data])
