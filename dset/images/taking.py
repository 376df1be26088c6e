"""Pictures come into an album: each source is read once, on all cores; what cannot be used is set aside with the reason."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dset import files
from dset.images import pool, preparing
from dset.images.album import ASIDE, COMING, COPY, READY, REPLACED, Album, Picture, number_in
from dset.images.fitting import Form
from dset.images.orphans import Orphans
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
        self._orphans: Orphans | None = None
        self._adopted: list[Path] = []

    def new(self, sources: Sequence[str]) -> list[str]:
        """Those of `sources`, all of the folder, that are not in the album as they stand now."""
        self._present = set(sources)
        return [source for source in sources if not self._is_known(source)]

    def _is_known(self, source: str) -> bool:
        known = self._album.by_source.get(source)
        if known is None or known.state == COMING or not self._is_as_read(known):
            return False
        if known.state == ASIDE:  # a folder's right to be read may change, and its files stay as they were
            return not known.reason.startswith(preparing.CANNOT_BE_READ)
        return known.state != COPY or self._is_held(known.sha256)

    def _is_as_read(self, known: Picture) -> bool:
        try:
            found = (self._root / known.source).stat()
        except (OSError, ValueError):
            return False  # the reason is told when it is read
        return (known.bytes, known.mtime_ns) == (found.st_size, found.st_mtime_ns)

    def _is_held(self, sha256: str) -> bool:
        """A picture of these bytes stands, and its source is there: a copy of it needs none of its own."""
        twin = self._album.made_of(sha256)
        return twin is not None and twin.source in self._present and self._album.holds(twin)

    def take(self, sources: Sequence[str], came: Callable[[], object], workers: int | None = None) -> None:
        """Take in what is new of `sources`, all of the folder in their order; `came` is called after each.

        What was settled before an exception, Ctrl-C among them, is kept. Raises OSError.
        """
        self.clear_up()
        new = self.new(sources)
        if not new:
            return
        files.make_folder(self._made_in)
        files.make_folder(self._album.folder / self._album.shelves[0])
        self._orphans = Orphans(self._album)
        self._take(new, came, workers)
        copies = (one.source for one in self._album.of(COPY) if one.source in self._present)
        if freed := [source for source in copies if not self._is_known(source)]:
            self._take(freed, lambda: None, workers)  # what they were copies of has become another picture
        self.clear_up()

    def _take(self, new: Sequence[str], came: Callable[[], object], workers: int | None) -> None:
        try:
            with contextlib.closing(pool.each(self._pieces(new), _prepared, workers, died=_died)) as results:
                for coming, made in results:
                    self._settle(coming, made)
                    if len(self._settled) + len(self._fresh) >= _BATCH:
                        self._flush()
                    came()
        finally:
            self._flush()

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
        self.clear_up()
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
            width=made.source_size[0],
            height=made.source_size[1],
        )
        if made.fault:
            self._know([*self._left_by(source), known])
        elif (twin := self._album.made_of(made.sha256)) is not None:
            self._know(self._known_again(known, twin))
        else:
            number = self._number_for(source, coming.piece.target)
            self._know(self._left_by(source))
            file = f"{self._album.shelves[0]}/{number}{made.suffix}"
            new = replace(
                known, state=READY, number=number, file=file, stored=made.stored, fingerprint=made.fingerprint
            )
            self._fresh.append((new, coming.piece.target))
            self._album.know(new)

    def _know(self, settled: Sequence[Picture]) -> None:
        """To be noted with the others; what comes next in the same batch counts on it already."""
        self._settled += settled
        for picture in settled:
            self._album.know(picture)

    def _number_for(self, source: str, made: Path) -> int:
        """The one that it was given before a kill, or before its line was lost, else a new one."""
        before = self._album.by_source.get(source)
        if before is not None and before.state == COMING and before.number:
            return before.number
        orphan = self._orphans.take(made) if self._orphans else None
        if orphan is None:
            return self._album.next_number()
        self._adopted.append(orphan)
        return number_in(orphan.name)

    def _known_again(self, found: Picture, twin: Picture) -> list[Picture]:
        """A picture of these bytes is there: the source was touched or taken back, was given another name, or is a copy."""
        again = replace(twin, source=found.source, bytes=found.bytes, mtime_ns=found.mtime_ns)
        left = [] if twin.source == found.source and self._album.holds(twin) else self._left_by(found.source)
        if twin.source == found.source:
            return [*left, again]
        if self._album.holds(twin):
            if self._stands(twin):
                reason = f"the same file as {twin.source}"
                return [*left, replace(found, state=COPY, reason=reason)]
            # The name it had goes first: for a number the last line that holds it counts.
            gone = replace(twin, state=COPY, number=None, file="", reason=f"is now {found.source}")
            left.append(gone)
        return [*left, again]

    def _stands(self, twin: Picture) -> bool:
        """Its source is there, and nobody has put another picture in its place."""
        is_fresh = any(one.source == twin.source for one, _ in self._fresh)
        return twin.source in self._present and (is_fresh or self._is_known(twin.source))

    def _left_by(self, source: str) -> list[Picture]:
        """The line that gives up the picture which this source was before it changed."""
        before = self._album.by_source.get(source)
        if before is None or before.number is None or before.state == COMING:
            return []
        name = f"{source}#{before.number}"
        return [replace(before, source=name, state=REPLACED, reason=f"{source} has changed")]

    def _flush(self) -> None:
        """The numbers first, then the files, then the lines that speak of them.

        What fails here is not tried again by this run: the next one finds what is not noted, and does it.
        """
        (settled, self._settled), (fresh, self._fresh) = (self._settled, []), (self._fresh, [])
        self._album.note([*settled, *(replace(picture, state=COMING) for picture, _ in fresh)])
        for picture, made in fresh:
            files.move(made, self._album.folder / picture.file)
        if fresh:
            files.settle(self._album.folder / self._album.shelves[0])
        for orphan in self._adopted:
            if orphan.parent.name != self._album.shelves[0]:
                files.remove(orphan)
        self._adopted = []
        self._album.note([picture for picture, _ in fresh])

    def clear_up(self) -> None:
        """Remove what a run that was killed left: pictures half made, and files whose last lines were not yet written."""
        for left in self._album.of(COMING):
            files.remove(self._album.folder / left.file)
        if self._made_in.is_dir():
            for path in self._made_in.iterdir():
                files.remove(path)
            files.remove_folder(self._made_in)


def _prepared(coming: _Coming) -> Made:
    return preparing.prepare(coming.piece)


def _died(coming: _Coming) -> Made:
    return preparing.died(coming.piece)
