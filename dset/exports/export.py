"""From sources to files: read once, split, written aside, then named."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from dset.exports import chats, columns, drafts, gather, lines, names, origins
from dset.exports.columns import Column
from dset.exports.drafts import Drafts
from dset.exports.gather import Gathered
from dset.exports.names import Key
from dset.exports.options import Options
from dset.exports.spool import Rows, Spool
from dset.wording import counted

__all__ = ["Options", "export"]
Tell = Callable[[str], None]
_TYPED = frozenset({"parquet", "arrow", "hf"})
_BY_LINES: dict[str, Callable[[Rows], Iterator[bytes]]] = {
    "json": lines.json_array,
    "jsonl": lines.jsonl,
    "csv": lines.csv_table,
}


def export(options: Options, tell: Tell) -> list[Path]:
    """Write the sources' entries in every format; returns the new files and folders.

    Raises UsageError in one line that names the place. Nothing is left behind where it fails.
    """
    formats = ready(options)
    from_ = [origins.of(source) for source in dict.fromkeys(options.sources)]
    name = "-".join(dict.fromkeys(origin.name for origin in from_))
    stem = names.stem_of(options.out, options.exports, name, formats)
    with drafts.beside(stem.path.parent) as place:
        with (place.folder / "entries").open("w+b", buffering=1 << 16) as stream:
            spool = Spool(stream, with_ids=len(from_) > 1)
            found = gather.gather(from_, spool, tell, typed=not _TYPED.isdisjoint(formats))
            parts = _parts(options, found, tell)
            keys = stem.targets(formats, parts)
            written = {key: _write(place, key, parts, found, options, tell) for key in keys}
        targets = stem.free(formats, parts)
        made = place.publish({written[key]: target for key, target in targets.items()})
    if options.push:
        from dset.exports import push

        push.upload(targets["hf", ""], options, tell)
    return made


def ready(options: Options) -> tuple[str, ...]:
    """The formats to write. Raises UsageError, and ImportError for a package that is not there: now, not after an hour."""
    options.check()
    formats = tuple(dict.fromkeys([*options.formats, *(["hf"] if options.push else [])]))
    needed = {
        "pyarrow": not _TYPED.isdisjoint(formats),
        "rensa": options.split,
        "huggingface_hub": options.push,
    }
    for name, is_needed in needed.items():
        if is_needed:
            importlib.import_module(name)
    return formats


def _parts(options: Options, found: Gathered, tell: Tell) -> dict[str, Rows]:
    """The rows of each split by its name; all of them under '' where nothing is split."""
    filled = len(found.origins) > 1
    if not options.split:
        return {"": Rows(found.spool, found.spool.order, filled=filled)}
    from dset.exports import splits

    parts = splits.split(found, options.split, options.seed, options.near)
    told = ", ".join(f"{name} {len(part):,}" for name, part in zip(options.split_names, parts, strict=True))
    tell(f"split of {counted(len(found.spool.order), 'entry', 'entries')}: {told}")
    for name, part, share in zip(options.split_names, parts, options.split, strict=True):
        if share and not len(part):
            tell(
                f"{name} is empty: too few entries, or too many that resemble each other at {options.near} (--near)"
            )
    named = zip(options.split_names, parts, strict=True)
    return {name: Rows(found.spool, part, filled=filled) for name, part in named if len(part)}


def _write(
    place: Drafts, key: Key, parts: dict[str, Rows], found: Gathered, options: Options, tell: Tell
) -> str:
    """Write one format of one part aside; returns the name of the draft."""
    kind, part = key
    name = f"{kind}-{part}"
    struct = columns.of(found.shape)
    if kind == "hf":
        from dset.exports import hub

        hub.write(place, name, parts, struct, found, options)
        return name
    with place.file(name) as stream:
        _write_file(stream, kind, parts[part], struct, found, tell)
    return name


def _write_file(stream: BinaryIO, kind: str, rows: Rows, struct: Column, found: Gathered, tell: Tell) -> None:
    if kind in {"parquet", "arrow"}:
        from dset.exports import tables

        (tables.write_parquet if kind == "parquet" else tables.write_arrow)(stream, rows, struct)
        return
    pieces = chats.jsonl(rows, kind, found, tell) if kind in chats.FORMATS else _BY_LINES[kind](rows)
    stream.writelines(pieces)
