"""The hf folder: what `datasets.load_dataset(folder)` and the hub's viewer take as it is."""

from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from dset.exports import card, picture_columns, tables
from dset.exports.card_text import Part
from dset.exports.census import Census
from dset.exports.columns import Column
from dset.exports.drafts import Drafts
from dset.exports.gather import Gathered
from dset.exports.options import Options
from dset.exports.spool import Rows

SHARD_BYTES = 256 << 20  # of JSON; the file is a fraction of it


def write(
    place: Drafts,
    name: str,
    parts: dict[str, Rows],
    struct: Column,
    found: Gathered,
    options: Options,
) -> None:
    """Write the folder `name` in `place`: shards in data/, and README.md. A task's pictures go with it."""
    census, written, folder = Census(found.label), [], picture_columns.folder_of(found)
    load, weight = None, 0
    if folder is not None:
        struct, load = picture_columns.with_pictures(struct), picture_columns.loader(folder)
        weight = picture_columns.size_of(folder)
    for part, rows in parts.items():
        size = rows.size + weight * len(rows) // max(1, len(found.spool.order))
        write_shard = partial(tables.write_parquet, struct=struct, seen=census.add, load=load)
        written.append(_write_part(place, name, part or "train", rows, size, write_shard))
    text = card.text(found, struct, written, census, options)
    with place.file(f"{name}/README.md") as stream:
        stream.write(text.encode())


def _write_part(
    place: Drafts, folder: str, part: str, rows: Rows, size: int, write_shard: Callable[[BinaryIO, Rows], int]
) -> Part:
    """`size`: bytes of JSON and pictures, about."""
    count = max(1, -(-size // SHARD_BYTES))
    count = min(count, len(rows))
    in_memory = on_disk = 0
    for number in range(count):
        shard = rows.slice(len(rows) * number // count, len(rows) * (number + 1) // count)
        with place.file(f"{folder}/data/{part}-{number:05}-of-{count:05}.parquet") as stream:
            in_memory += write_shard(stream, shard)
            on_disk += stream.tell()
    return Part(part, len(rows), in_memory, on_disk)
