"""A Parquet file as a table, a batch of rows at a time."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dset.errors import UsageError
from dset.imports.cells import text_of
from dset.imports.tables import Asked, Cells, Table

_AT_ONCE = 1_000  # rows
_DAMAGED = (pa.ArrowException, OSError, ValueError)


def read(asked: Asked) -> Table:
    """The table in the file. Raises UsageError."""
    path = asked.path
    try:
        with pq.ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
    except _DAMAGED as error:
        raise _damaged(asked, error) from None

    def rows() -> Iterator[Cells]:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_AT_ONCE):
                    columns = [_texts(column) for column in batch.columns]
                    yield from zip(*columns, strict=True)
        except _DAMAGED as error:
            raise _damaged(asked, error) from None

    return Table(path.name, names, rows)


def _texts(column: Any) -> list[str]:
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):  # Python's own end at microseconds
        wanted = pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.duration("us")
        column = column.cast(wanted, safe=False)
    elif pa.types.is_time64(kind):
        column = column.cast(pa.time64("us"), safe=False)
    return list(map(text_of, column.to_pylist()))


def _damaged(asked: Asked, error: Exception) -> UsageError:
    why = " ".join(str(error).split())[:120]
    return UsageError(f"{asked.path} cannot be read as Parquet: it is damaged or something else ({why})")
