"""metadata.jsonl and the .txt files of train/ written to match its pictures; what they held is kept in aside/."""

from collections.abc import Callable, Mapping
from pathlib import Path

from dset import files
from dset.captions import laid_out, moves
from dset.captions.facts import Facts
from dset.captions.laid_out import Line
from dset.captions.places import ASIDE, TRAIN
from dset.wording import counted


def write(found: Facts, captions: Mapping[str, str], say: Callable[[str], None], *, has_texts: bool) -> None:
    """Write what is not as it should be: a line for each picture of train/, and with `has_texts` a .txt. Raises OSError."""
    wanted = {name: captions[name] for name in found.training.pictures if name in captions}
    _write_metadata(found, wanted, say)
    if has_texts:
        _write_texts(found, wanted, say)


def _write_metadata(found: Facts, wanted: Mapping[str, str], say: Callable[[str], None]) -> None:
    train, path = found.training, found.folder / TRAIN / laid_out.METADATA
    lines = [Line(name, caption, _further(found, name, caption)) for name, caption in wanted.items()]
    there = train.metadata
    if there is not None and list(there.lines) == lines and not there.damaged:
        return
    if there is None:
        if lines:
            files.replace(path, map(laid_out.line_of, lines))
            say(f"wrote train/metadata.jsonl: {counted(len(lines), 'line')}")
        return
    kept = moves.keep(path, found.folder / ASIDE)
    files.replace(path, files.in_blocks(map(laid_out.line_of, lines)))
    dropped = len(set(train.lines) - set(wanted))
    told = f", {dropped:,} without a picture or a caption taken out" if dropped else ""
    say(
        f"wrote train/metadata.jsonl anew: {counted(len(lines), 'line')}{told}; the old one is {ASIDE}/{kept.name}"
    )


def _further(found: Facts, name: str, caption: str) -> dict[str, object]:
    """The further fields of a picture's line; a translation of another caption is none."""
    line = found.training.lines.get(name)
    if line is None:
        return {}
    same = laid_out.plain(line.text) == caption
    return {field: value for field, value in line.more.items() if same or not field.startswith("text_")}


def _write_texts(found: Facts, wanted: Mapping[str, str], say: Callable[[str], None]) -> None:
    wrong = [name for name, caption in wanted.items() if not _stands(found, name, caption)]
    for name in wrong:
        path = _txt(found, name)
        if path.exists():
            moves.keep(path, found.folder / ASIDE)
        files.replace(path, [laid_out.txt_of(wanted[name])])
    if wrong:
        say(f"wrote {len(wrong):,} .txt; what they replace is kept in {ASIDE}/")


def _stands(found: Facts, name: str, caption: str) -> bool:
    data = found.training.texts.get(laid_out.txt_name(name))
    return data is not None and not laid_out.txt_fault(data) and laid_out.plain(data.decode()) == caption


def _txt(found: Facts, name: str) -> Path:
    return found.folder / TRAIN / laid_out.txt_name(name)
