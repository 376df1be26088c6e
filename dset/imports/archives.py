"""A workbook as the zip archive that it is, looked at before anything in it is opened."""

import re
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from dset.errors import UsageError

_MOST = 2 << 30  # bytes unpacked; of the parts that openpyxl holds in memory some are a third of a workbook
_DENSE = 200  # times as large unpacked: XML of real tables is 5 to 30 times
_SMALL = 100 << 20  # bytes that harm nobody, however dense
_BLOCK = 1 << 20
_OVERLAP = 64  # bytes: longer than what is looked for
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})"')


class Look(NamedTuple):
    """What a sheet holds that its values do not show."""

    has_formulas: bool
    merged: int  # cells that are merged over several rows


def check(path: Path) -> None:
    """Raises UsageError for what is no zip archive, and for one that unpacks to more than any table."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
        raise UsageError(
            f"{path} cannot be read as an Excel workbook: it is damaged or something else ({error})"
        ) from None
    size = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if size > _MOST or (size > _SMALL and size > _DENSE * packed):
        raise UsageError(f"{path} would unpack to {size >> 20:,} MB: it is not opened; save the sheet as CSV")


def look(path: Path, part: str) -> Look:
    """Look through one sheet's XML. Raises UsageError."""
    formulas, merged, kept = False, set(), b""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                kept += block
                formulas = formulas or _FORMULA.search(kept) is not None
                merged.update(_MERGED.findall(kept))
                kept = kept[-_OVERLAP:]
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise UsageError(f"{path} cannot be read as an Excel workbook: it is damaged ({error})") from None
    return Look(formulas, sum(first != last for _, first, last in merged))
