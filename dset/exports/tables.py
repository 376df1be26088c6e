"""Parquet and Arrow files."""

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dset.exports import columns, picture_columns
from dset.exports.columns import Column
from dset.exports.picture_columns import Load
from dset.exports.spool import Rows, parse

Seen = Callable[[dict[str, Any]], None]
# A row group: as many rows as this, or as many bytes of JSON; the hub's viewer reads a group at a time.
GROUP_ROWS = 10_000
GROUP_BYTES = 32 << 20


def schema_of(struct: Column) -> pa.Schema:
    """The Arrow schema whose columns are the fields of `struct`."""
    return pa.schema([pa.field(name, _type(column)) for name, column in struct.fields])


def _type(column: Column) -> pa.DataType:
    if column.kind == "list" and column.item is not None:
        return pa.list_(_type(column.item))
    if column.kind == "image":
        return pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])
    if column.kind == "struct":
        return pa.struct([pa.field(name, _type(inner)) for name, inner in column.fields])
    return {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}.get(column.kind, pa.string())


def batches(
    rows: Rows, struct: Column, schema: pa.Schema, seen: Seen | None = None, load: Load | None = None
) -> Iterator[pa.RecordBatch]:
    """The rows as record batches, each small enough for a row group; `seen` is called with each entry.

    `load`: what reads the picture of a path, where the entries are to carry them.
    """
    fit = columns.fit(struct)
    most = picture_columns.GROUP_ROWS if load else GROUP_ROWS
    group: list[dict[str, Any]] = []
    size = 0
    for line in rows.lines():
        entry = parse(line)
        if seen is not None:
            seen(entry)
        group.append(fit(entry) if fit else entry)
        size += len(line)
        if load is not None:
            cell = load(entry.get(picture_columns.NAME))
            group[-1] = group[-1] | {picture_columns.NAME: cell}
            size += len(cell["bytes"]) if cell else 0
        if len(group) >= most or size >= GROUP_BYTES:
            yield pa.RecordBatch.from_pylist(group, schema=schema)
            group, size = [], 0
    if group:
        yield pa.RecordBatch.from_pylist(group, schema=schema)


def write_parquet(
    stream: BinaryIO, rows: Rows, struct: Column, seen: Seen | None = None, load: Load | None = None
) -> int:
    """Write the rows as one Parquet file; returns the bytes that they take in memory as Arrow.

    `seen` and `load` as for `batches`.
    """
    schema, size = schema_of(struct), 0
    if load is not None:
        schema = schema.with_metadata(picture_columns.METADATA)
    writer = pq.ParquetWriter(
        stream, schema, compression="zstd", write_page_index=True, use_content_defined_chunking=True
    )
    with writer:
        for batch in batches(rows, struct, schema, seen, load):
            writer.write_batch(batch, row_group_size=GROUP_ROWS)
            size += batch.nbytes
    return size


def write_arrow(stream: BinaryIO, rows: Rows, struct: Column) -> None:
    """Write the rows as one Arrow IPC file."""
    schema = schema_of(struct)
    with pa.ipc.new_file(stream, schema) as writer:
        for batch in batches(rows, struct, schema):
            writer.write_batch(batch)
