"""Pictures come into an album: each source is read once, on all cores; what cannot be used is set aside with the reason."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dset import files
from dset.images import pool, preparing
from dset.images.album import ASIDE, COMING, COPY, READY, REPLACED, Album, Picture
from dset.images.fitting import Form
from dset.images.preparing import Made, Piece

_BATCH = 32  # pictures whose names and lines become durable together
_COMING = ".coming"  # where they are made


@dataclass(frozen=True, slots=True)
class _Coming:
    source: str
    piece: Piece


class Taking:
    """Takes the sources of one folder into an album."""

    def __init__(self, album: Album, root: Path, form: Form | None) -> None:
        """`root`: the user's folder, which is only read; `form` None: the bytes as they are."""
        self._album, self._root, self._form = album, root, form
        self._made_in = album.folder / _COMING
        self._settled: list[Picture] = []
        self._fresh: list[tuple[Picture, Path]] = []  # pictures that take a number, and where they were made
        self._present: set[str] = set()

    def new(self, sources: Sequence[str]) -> list[str]:
        """Those that are not in the album as they stand now."""
        return [source for source in sources if not self._is_known(source)]

    def _is_known(self, source: str) -> bool:
        known = self._album.by_source.get(source)
        try:
            found = (self._root / source).stat()
        except OSError:
            return False  # the reason is told when it is read
        return (
            known is not None
            and known.state != COMING
            and (known.bytes, known.mtime_ns) == (found.st_size, found.st_mtime_ns)
        )

    def take(self, sources: Sequence[str], came: Callable[[], object], workers: int | None = None) -> None:
        """Take in what is new of `sources`, all of the folder in their order; `came` is called after each.

        What was settled before an exception, Ctrl-C among them, is kept. Raises OSError.
        """
        self._present = set(sources)
        self._clear()
        for left in self._album.of(COMING):  # a kill came between its file and its line, then its source went
            if left.source not in self._present:
                files.remove(self._album.folder / left.file)
        files.make_folder(self._made_in)
        files.make_folder(self._album.folder / self._album.shelves[0])
        try:
            pieces = self._pieces(self.new(sources))
            with contextlib.closing(pool.each(pieces, _prepared, workers, died=_died)) as results:
                for coming, made in results:
                    self._settle(coming, made)
                    if len(self._settled) + len(self._fresh) >= _BATCH:
                        self._flush()
                    came()
        finally:
            self._flush()
        self._clear()

    def again(self, picture: Picture) -> str:
        """Make a picture of the album once more from its source; '' or why that cannot be. Raises OSError."""
        files.make_folder(self._made_in)
        piece = Piece(self._root / picture.source, self._made_in / "again.part", self._form)
        made = preparing.prepare(piece)
        fault = made.fault or ("" if made.sha256 == picture.sha256 else f"{picture.source} has changed since")
        if not fault:
            target = self._album.folder / picture.file
            files.move(piece.target, target)
            files.settle(target.parent)
        self._clear()
        return fault

    def _pieces(self, sources: Sequence[str]) -> Iterator[_Coming]:
        for number, source in enumerate(sources):
            yield _Coming(source, Piece(self._root / source, self._made_in / f"{number}.part", self._form))

    def _settle(self, coming: _Coming, made: Made) -> None:
        source = coming.source
        known = Picture(
            source=source,
            state=ASIDE,
            reason=made.fault,
            sha256=made.sha256,
            bytes=made.bytes,
            mtime_ns=made.mtime_ns,
            width=made.width,
            height=made.height,
        )
        if made.fault:
            self._settled += [*self._left_by(source), known]
        elif (twin := self._twin(made.sha256)) is not None:
            self._settled += self._known_again(known, twin)
        else:
            self._settled += self._left_by(source)
            number = self._number_for(source)
            file = f"{self._album.shelves[0]}/{number}{made.suffix}"
            new = replace(known, state=READY, number=number, file=file, stored=made.stored, print=made.print)
            self._fresh.append((new, coming.piece.target))

    def _number_for(self, source: str) -> int:
        """The one that it was given before a kill, else a new one."""
        before = self._album.by_source.get(source)
        held = before.number if before is not None and before.state == COMING else None
        return held or self._album.next_number()

    def _twin(self, sha256: str) -> Picture | None:
        """The picture in the album, or about to come into it, that was made of the same bytes."""
        fresh = (one for one, _ in self._fresh if one.sha256 == sha256)
        return next(fresh, None) or self._album.by_content.get(sha256)

    def _known_again(self, found: Picture, twin: Picture) -> list[Picture]:
        """Its picture stands: the source was touched, was given another name, or is a copy."""
        if twin.source == found.source:
            before = self._album.by_source[found.source]
            left = [] if before.number == twin.number else self._left_by(found.source)
            return [*left, replace(twin, bytes=found.bytes, mtime_ns=found.mtime_ns)]
        if twin.source in self._present:
            reason = f"the same file as {twin.source}"
            return [*self._left_by(found.source), replace(found, state=COPY, reason=reason)]
        # The name it had goes first: for a number the last line that holds it counts.
        gone = replace(twin, state=COPY, number=None, file="", reason=f"is now {found.source}")
        moved = replace(twin, source=found.source, bytes=found.bytes, mtime_ns=found.mtime_ns)
        return [*self._left_by(found.source), gone, moved]

    def _left_by(self, source: str) -> list[Picture]:
        """The line that gives up the picture which this source was before it changed."""
        before = self._album.by_source.get(source)
        if before is None or before.number is None or before.state == COMING:
            return []
        name = f"{source}#{before.number}"
        return [replace(before, source=name, state=REPLACED, reason=f"{source} has changed")]

    def _flush(self) -> None:
        """The numbers first, then the files, then the lines that speak of them."""
        self._album.note([replace(picture, state=COMING) for picture, _ in self._fresh])
        for picture, made in self._fresh:
            files.move(made, self._album.folder / picture.file)
        if self._fresh:
            files.settle(self._album.folder / self._album.shelves[0])
        self._album.note([*self._settled, *(picture for picture, _ in self._fresh)])
        self._settled, self._fresh = [], []

    def _clear(self) -> None:
        if self._made_in.is_dir():
            for left in self._made_in.iterdir():
                files.remove(left)
            files.remove_folder(self._made_in)


def _prepared(coming: _Coming) -> Made:
    return preparing.prepare(coming.piece)


def _died(coming: _Coming) -> Made:
    found = coming.piece.source.stat()  # so that it is not tried again unless it changes
    fault = "reading it ended the process that did: it is damaged, or made to do harm"
    return Made(fault=fault, bytes=found.st_size, mtime_ns=found.st_mtime_ns)
