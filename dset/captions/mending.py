"""`caption --fix`: what a caption dataset lacks for training mended, as far as no model is needed.

Nothing is lost: what leaves train/ lies in another folder, what is rewritten is kept as .bakN. Each step looks at what
stands there, so that a second call goes on where a killed one stopped.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from dset import answers, files
from dset.captions import choice, entries, facts, findings, layout, looking, moves, records, training
from dset.captions.choice import Choice
from dset.captions.entries import Entry
from dset.captions.facts import Facts, Rules
from dset.captions.looking import Each
from dset.captions.places import ASIDE, BLOCKED, FILTERED, SHELVES, TRAIN, UNCAPTIONED
from dset.cleaning import clean
from dset.folders import Folder
from dset.images import album as albums
from dset.images.album import Album
from dset.locks import Lock
from dset.wording import counted

_NAMED = 20  # of the files that one line is about

Say = Callable[[str], None]
Remake = Callable[[Entry], str]  # makes its picture anew from its source; '' or why not


def fix(
    folder: Path, rules: Rules | None, say: Say, *, remake: Remake | None = None, each: Each | None = None
) -> None:
    """Mend what can be mended, telling each thing that was done in a line.

    Raises AlreadyRunningError while a run holds the folder, UsageError where it holds no captions, OSError.
    """
    facts.size_of(folder)
    lock = Lock(Folder(folder).lock, str(folder))
    lock.acquire()
    try:
        if lock.warning:
            say(lock.warning)
        _mend(facts.gather(folder, rules, each), remake, say)
    finally:
        lock.release()


def _mend(found: Facts, remake: Remake | None, say: Say) -> None:
    has_texts = found.training.has_texts
    _move(found, found.training.foreign, ASIDE, "that images.jsonl does not know", say)
    found = _usable(found, remake, say)
    _filter_twins(found, say)
    found = _anew(found)
    chosen = choice.choose(found)
    # The journal first: a picture that left train/ while its bad caption stands would be brought back with it.
    if chosen.again:
        _ask_again(found.folder, chosen.again, say)
    found = _sorted_out(_anew(found), chosen, say)
    layout.write(found, chosen.captions, say, has_texts=has_texts)
    _move(found, training.read(found.folder, found.entries).orphans, ASIDE, "beside no picture", say)


def _filter_twins(found: Facts, say: Say) -> None:
    """Noted first: a picture that is ready by images.jsonl would be brought back to train/ by the next run."""
    album, twins = Album(found.folder, SHELVES), findings.twins(found)
    ready = ((one, Path(one.file).name) for one in album.ready())
    album.note(
        [
            replace(one, state=albums.FILTERED, reason=f"byte for byte {twins[name]}")
            for one, name in ready
            if name in twins
        ]
    )
    _move(found, twins, FILTERED, "there before, byte for byte", say)


def _anew(found: Facts) -> Facts:
    """The facts as they are now; only a picture that is new in train/ is looked at again."""
    known = tuple(entries.read(found.folder))
    train = training.read(found.folder, known)
    looks = {
        name: found.looks.get(name) or looking.look(found.folder / TRAIN / name) for name in train.pictures
    }
    return replace(found, entries=known, training=train, looks=looks)


def _usable(found: Facts, remake: Remake | None, say: Say) -> Facts:
    """Each picture that cannot be used as it is: made anew where that can be done, else out of train/."""
    looks = dict(found.looks)
    left: list[str] = []
    made: list[str] = []
    for entry in findings.standing(found):
        if found.fault_of(entry.name):
            fault = remake(entry) if remake else "it cannot be made anew"
            looks[entry.name] = looking.look(found.folder / entry.file)
            (left if fault or looks[entry.name].against(found.size) else made).append(entry.name)
    if made:
        say(f"made anew from their sources: {_listed(made)}")
    _move(found, left, ASIDE, "that cannot be used", say)
    return _anew(replace(found, looks=looks))


def _move(found: Facts, names: Iterable[str], place: str, why: str, say: Say) -> None:
    moved = [name for name in names if moves.move(found.folder / TRAIN / name, found.folder / place)]
    if moved:
        say(f"moved {counted(len(moved), 'file')} {why} from train/ to {place}/: {_listed(moved)}")


def _ask_again(folder: Path, again: Mapping[str, str], say: Say) -> None:
    """Take the lines about these pictures out of output.json in one step; the old journal is kept."""
    path = Folder(folder).journal
    kept = moves.keep(path, folder)
    files.replace(path, files.in_blocks(_without(path, again)))
    cases = _listed(f"{name} {why}" for name, why in again.items())
    say(
        f"took {counted(len(again), 'caption')} out of output.json, to be asked again ({kept.name} has all): {cases}"
    )


def _without(path: Path, names: Mapping[str, str]) -> Iterator[bytes]:
    """The journal's lines as they stand, a torn or damaged one too, but for those about these pictures."""
    for line in answers.lines_of(path):
        try:
            about = records.picture_of(answers.parse(line))
        except ValueError:
            about = ""
        if about not in names:
            yield line


def _sorted_out(found: Facts, chosen: Choice, say: Say) -> Facts:
    """Pictures with a caption are in train/, all others are not."""
    bare = [entry for entry in findings.standing(found) if entry.name not in chosen.captions]
    refused = [entry.name for entry in bare if entry.state == "blocked"]
    waiting = [entry.name for entry in bare if entry.state != "blocked"]
    _move(found, refused, BLOCKED, "blocked by the service", say)
    _move(found, waiting, UNCAPTIONED, "without a caption", say)
    away = [entry.name for entry in found.entries if entry.folder == UNCAPTIONED]
    back = [name for name in away if name in chosen.captions]
    if moves.bring_back(found.folder, back):
        say(f"brought back from uncaptioned/, as there is a caption: {_listed(back)}")
    return _anew(found)


def _listed(cases: Iterable[str]) -> str:
    found = [clean(case, 120) for case in cases]
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more
