"""The hf folder: what `datasets.load_dataset(folder)` and the hub's viewer take as it is."""

from dset.exports import card, tables
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
    """Write the folder `name` in `place`: shards in data/, and README.md."""
    census, written = Census(found.label), []
    for part, rows in parts.items():
        written.append(_write_part(place, name, part or "train", rows, struct, census))
    text = card.text(found, struct, written, census, options)
    with place.file(f"{name}/README.md") as stream:
        stream.write(text.encode())


def _write_part(place: Drafts, folder: str, part: str, rows: Rows, struct: Column, census: Census) -> Part:
    count = max(1, -(-rows.size // SHARD_BYTES))
    count = min(count, len(rows))
    in_memory = on_disk = 0
    for number in range(count):
        shard = rows.slice(len(rows) * number // count, len(rows) * (number + 1) // count)
        with place.file(f"{folder}/data/{part}-{number:05}-of-{count:05}.parquet") as stream:
            in_memory += tables.write_parquet(stream, shard, struct, census.add)
            on_disk += stream.tell()
    return Part(part, len(rows), in_memory, on_disk)
