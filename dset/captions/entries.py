"""Every picture of a caption dataset, as its files tell: where it came from, where it lies, what was said of it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dset.answers import Record
from dset.captions import laid_out, records
from dset.captions.places import REPLACED, SHELVES, TRAIN
from dset.failures import Kind
from dset.images.sources import natural
from dset.rejections import INTERRUPTED

STATES = ("captioned", "waiting", "failed", "blocked", "filtered", "set aside", "copy", "deleted")
# Where a picture may lie, the first where it is found; train/ alone is what a trainer reads.
PLACES = tuple(one for one in SHELVES if one != REPLACED)
_TRANSLATION = re.compile("text_([A-Za-z][A-Za-z0-9_-]{0,20})")
_SETTLED = {"set aside", "copy", "filtered"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One source file. `file` is relative to the dataset's folder, where it lies now; '' for none."""

    number: int | None
    file: str
    source: str  # relative to the user's folder
    caption: str  # as output.json has it
    state: str  # one of STATES
    reason: str
    translations: Mapping[str, str]  # by language

    @property
    def name(self) -> str:
        """The picture's file name, '' for none."""
        return PurePosixPath(self.file).name

    @property
    def folder(self) -> str:
        """Which of PLACES it lies in, '' for none."""
        return self.file.partition("/")[0]


def read(folder: Path) -> list[Entry]:
    """The entries in image order, then what has no number by its source. Damaged lines are passed over. Raises OSError."""
    lines = records.latest(folder)
    captions, failures = records.captions(folder), records.failures(folder)
    places, translations = _places(folder), _translations(folder)
    standing = [line for line in lines if line.get("state") != "replaced"]
    owner = {records.name_in(line.get("file")): line["source"] for line in standing}  # the later line has it
    made = []
    for line in lines:
        name = records.name_in(line.get("file"))
        if owner.get(name) != line["source"]:
            name = ""
        where, caption = places.get(name, ""), captions.get(name, "") if name else ""
        state, reason = _state(line, where, caption, failures.get(name) if name else None)
        made.append(
            Entry(
                number=_number(line),
                file=f"{where}/{name}" if where else "",
                source=line["source"],
                caption=caption,
                state=state,
                reason=reason,
                translations=translations.get(name, {}),
            )
        )
    return sorted(made, key=image_order)


def image_order(entry: Entry) -> tuple[bool, int, Any]:
    """What entries are sorted by: the number, then the source in natural order."""
    return entry.number is None, entry.number or 0, natural(entry.source)


def by_folder(entries: Iterable[Entry]) -> dict[str, Counter[str]]:
    """How many entries each source folder has in each state; folders in natural order, '.' for the user's own."""
    counts: dict[str, Counter[str]] = {}
    for entry in entries:
        counts.setdefault(str(PurePosixPath(entry.source).parent), Counter())[entry.state] += 1
    return {name: counts[name] for name in sorted(counts, key=natural)}


def _state(line: Record, where: str, caption: str, failure: tuple[str, str] | None) -> tuple[str, str]:
    """(state, reason): where the picture lies says more than what was written of it before."""
    settled, reason = records.text(line.get("state")), records.text(line.get("reason"))
    if where in {"", "filtered"} and settled in _SETTLED:
        return settled, reason
    if where == "filtered":
        return "filtered", reason
    if where == "blocked":
        return "blocked", failure[1] if failure else reason
    if not where:
        return "deleted", reason or "its picture is gone"
    if caption.strip():
        return "captioned", ""
    if failure is None or failure[0] == INTERRUPTED:
        return "waiting", failure[1] if failure else ""
    return ("blocked" if failure[0] == Kind.REFUSAL.value else "failed"), failure[1]


def _number(line: Record) -> int | None:
    number = line.get("number")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _places(folder: Path) -> dict[str, str]:
    """Where each picture lies, by its name."""
    found: dict[str, str] = {}
    for place in reversed(PLACES):
        there = folder / place
        if there.is_dir():
            found.update(dict.fromkeys((one.name for one in there.iterdir()), place))
    return found


def _translations(folder: Path) -> dict[str, dict[str, str]]:
    """The further fields `text_th` … of train/metadata.jsonl, by picture and language."""
    path = folder / TRAIN / laid_out.METADATA
    if not path.is_file():
        return {}
    found = {}
    for line in laid_out.parse_metadata(path.read_bytes()).lines:
        named = ((_TRANSLATION.fullmatch(name), text) for name, text in line.more.items())
        found[line.name] = {match[1]: text for match, text in named if match and isinstance(text, str)}
    return found
