"""The names of an export's files: none that is taken."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dset import clocks
from dset.errors import UsageError

Key = tuple[str, str]  # format, part
SUFFIXES = {
    "json": ".json",
    "jsonl": ".jsonl",
    "csv": ".csv",
    "parquet": ".parquet",
    "arrow": ".arrow",
    "hf": "",
    "chat": "-chat.jsonl",
    "alpaca": "-alpaca.jsonl",
}


def default_stem(name: str) -> str:
    """auto-dataset-<name>-<YYYYMMDD-HHMMSS>, the time in UTC."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "data"
    return f"auto-dataset-{plain}-{clocks.now():%Y%m%d-%H%M%S}"


@dataclass(frozen=True, slots=True)
class Stem:
    """What all the names begin with. `exact`: the user named the one file, so nothing is put before its ending."""

    path: Path
    exact: bool = False

    def targets(self, formats: Iterable[str], parts: Iterable[str], tail: str = "") -> dict[Key, Path]:
        """By (format, part) the path. `parts`: the splits, or '' for the whole; hf is one folder for all of them."""
        parts, found = list(parts), {}
        for name in formats:
            kind, dot, ending = SUFFIXES[name].partition(".")
            for part in ("",) if name == "hf" else parts:
                middle = ("" if self.exact else kind) + (f"-{part}" if part else "")
                found[name, part] = self.path.with_name(f"{self.path.name}{tail}{middle}{dot}{ending}")
        return found

    def free(self, formats: Iterable[str], parts: Iterable[str]) -> dict[Key, Path]:
        """The targets, with -2, -3 … after the stem until none of them is there."""
        formats, parts, number = list(formats), list(parts), 1
        while True:
            found = self.targets(formats, parts, f"-{number}" if number > 1 else "")
            if not any(path.exists() or path.is_symlink() for path in found.values()):
                return found
            number += 1


def stem_of(out: Path | None, exports: Path, name: str, formats: tuple[str, ...]) -> Stem:
    """What the names begin with. `out`: a folder, a file of the one format, or the hf folder to be.

    Raises UsageError where one file is named for several formats, or one of another kind.
    """
    if out is None:
        return Stem(exports / default_stem(name))
    if out.is_dir():
        return Stem(out / default_stem(name))
    endings = {SUFFIXES[one].rpartition(".")[2] for one in formats} - {""}
    if out.suffix[1:] in endings:
        if len(formats) > 1:
            raise UsageError(
                f"--out {out} names one file, but {len(formats)} formats are asked: name a folder"
            )
        return Stem(out.with_suffix(""), exact=True)
    if out.suffix[1:] in {suffix.rpartition(".")[2] for suffix in SUFFIXES.values() if suffix}:
        raise UsageError(f"--out {out} is no name for {', '.join(formats)}: name a folder")
    return Stem(out) if formats == ("hf",) else Stem(out / default_stem(name))
