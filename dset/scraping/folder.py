"""A folder of scraped pictures: each picture with one line that tells where it comes from, through any crash.

The order of writing: `.coming.json` says what the next picture is, then the picture, then its line. A picture whose
line is missing is taken up by what `.coming.json` says; a line without its picture is never written.
"""

import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from dset import clocks, files
from dset.errors import UsageError
from dset.locks import Lock
from dset.scraping import plan, records
from dset.scraping.finds import known_by
from dset.scraping.plan import Order

ROOT = Path("scraped_images")
METADATA = "scraped_metadata.jsonl"
REFUSED = "refused.jsonl"
COMING = ".coming.json"
PRINTS = ".prints.jsonl"
_STAMP = re.compile(r"\d{8}-\d{6}(?:-\d+)?\Z")
TAKEN_AWAY = "its picture was taken out of the folder"


def find(order: Order, root: Path = ROOT) -> Path | None:
    """The newest folder that this order began; None where there is none."""
    start = f"scrape-{order.name}-"
    try:
        there = [one for one in root.iterdir() if one.name.startswith(start)]
    except OSError:
        return None
    known = [one for one in there if _STAMP.match(one.name.removeprefix(start))]
    newest_first = sorted(known, key=lambda one: _moment(one.name.removeprefix(start)), reverse=True)
    return next((one for one in newest_first if plan.is_of(one / plan.NAME, order)), None)


def create(order: Order, root: Path = ROOT) -> Path:
    """A new folder for this order, named by the moment."""
    base = f"scrape-{order.name}-{clocks.now():%Y%m%d-%H%M%S}"
    path, number = root / base, 1
    while path.exists():
        number += 1
        path = root / f"{base}-{number}"
    files.make_folder(path)
    plan.write(path / plan.NAME, order)
    return path


def _moment(stamp: str) -> tuple[str, int]:
    number = stamp[16:]
    return stamp[:15], int(number or 0)


class ScrapeFolder:
    """One folder, locked from `with` to its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock(path / ".lock", f"the folder {path.as_posix()}")
        self.records: list[dict[str, Any]] = []
        self.refused: dict[str, str] = {}  # known_by(url) -> reason
        self.taken_away = 0  # pictures that somebody removed since the last call
        self.taken_up = 0  # pictures whose line a crash had cut off
        self._prints: dict[str, str] = {}  # hash -> fingerprint

    def __enter__(self) -> Self:
        """Raises AlreadyRunningError, and UsageError for a damaged file."""
        self._lock.acquire()
        try:
            self._read()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @property
    def images(self) -> Path:
        """Where the pictures are."""
        return self.path / "images"

    @property
    def warning(self) -> str:
        """What its lock cannot guard against, '' for nothing."""
        return self._lock.warning

    def _read(self) -> None:
        if not self.images.exists() and self._has_lines():
            raise UsageError(
                f"{self.images.as_posix()} is gone, and {METADATA} beside it tells of its pictures: put it back, "
                "or delete the whole folder to begin anew"
            )
        files.make_folder(self.images)
        for litter in [*self.path.glob(".*.new"), *self.images.glob(".*.new")]:
            files.remove(litter)
        self.records = [
            one for one in records.read(self.path / METADATA) if isinstance(one.get("image_path"), str)
        ]
        self._take_up()
        self.refused = {
            known_by(str(one["url"])): str(one.get("reason", ""))
            for one in records.read(self.path / REFUSED)
            if _is_address(one.get("url"))
        }
        self._drop_taken_away()
        for one in records.read(self.path / PRINTS):
            self._prints[str(one.get("hash"))] = str(one.get("print"))

    def _has_lines(self) -> bool:
        path = self.path / METADATA
        return path.exists() and path.stat().st_size > 0

    def _take_up(self) -> None:
        """Add the line of a picture that was written right before a crash."""
        try:
            coming = json.loads((self.path / COMING).read_bytes())
            name, content = str(coming["image_path"]), str(coming["hash"])
            data = (self.images / Path(name).name).read_bytes()
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return
        known = {str(one.get("hash")) for one in self.records}
        if content not in known and hashlib.sha256(data).hexdigest() == content:
            self._add_line(coming)
            self.taken_up += 1

    def _drop_taken_away(self) -> None:
        """Pictures that somebody took out of the folder lose their lines, and do not come back."""
        there = {one.name for one in self.images.iterdir()}
        gone = [one for one in self.records if Path(one["image_path"]).name not in there]
        if not gone:
            return
        for one in gone:
            self.refuse(str(one.get("url", "")), TAKEN_AWAY)
        kept = [one for one in self.records if one not in gone]
        records.replace(self.path / METADATA, kept)
        self.records, self.taken_away = kept, len(gone)

    def keep(self, record: dict[str, Any], data: bytes) -> None:
        """Put a picture and its line into the folder, durably, the line last."""
        path = self.path / record["image_path"]
        files.replace(self.path / COMING, [json.dumps(record).encode()])
        files.replace(path, [data])
        self._add_line(record)

    def _add_line(self, record: dict[str, Any]) -> None:
        records.add(self.path / METADATA, record)
        self.records.append(record)

    def refuse(self, url: str, reason: str) -> None:
        """Note an address that can never work."""
        if _is_address(url):
            records.add(self.path / REFUSED, {"url": url, "reason": reason})
            self.refused[known_by(url)] = reason

    def note_print(self, content: str, fingerprint: str) -> None:
        """Keep a fingerprint, so that the picture need not be opened again."""
        records.add(self.path / PRINTS, {"hash": content, "print": fingerprint})
        self._prints[content] = fingerprint

    def print_of(self, content: str) -> str:
        """The fingerprint of the picture with this hash, '' where it is not known."""
        return self._prints.get(content, "")

    def known(self) -> set[str]:
        """Addresses that are not to be tried: kept or refused."""
        kept = {known_by(str(one["url"])) for one in self.records if _is_address(one.get("url"))}
        return kept | self.refused.keys()

    def kept(self, query: str) -> Counter[str]:
        """How many pictures of this query stand, by source."""
        return Counter(str(one.get("source")) for one in self.records if one.get("query") == query)


def _is_address(value: object) -> bool:
    with contextlib.suppress(ValueError):
        return isinstance(value, str) and bool(known_by(value))
    return False


def pictures(folder: ScrapeFolder) -> Iterator[tuple[str, str, Path]]:
    """(image_path, hash, file) of each picture that stands."""
    for one in folder.records:
        yield one["image_path"], str(one.get("hash")), folder.images / Path(one["image_path"]).name
