"""What an export is told: where from, which formats, how it is split, where to."""

from dataclasses import dataclass
from pathlib import Path

from dset.errors import UsageError

FORMATS = ("json", "jsonl", "csv", "parquet", "arrow", "hf", "chat", "alpaca")
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an export is told."""

    sources: tuple[Path, ...]  # output folders of this program, or .json, .jsonl and .csv files
    formats: tuple[str, ...] = ("jsonl",)  # of FORMATS
    split: tuple[int, ...] = ()  # percentages: train and test, or train, validation and test
    seed: int = 0  # of the split
    out: Path | None = None  # a file or a folder; None for a name of its own in `exports`
    exports: Path = Path("dset_generator/exports")
    license: str = ""  # as the hub names it: mit, cc-by-4.0
    push: str = ""  # user/name on the hub
    public: bool = False
    token: str = ""
    near: float = 0.85  # similarity from which two texts must not stand in different splits

    def __repr__(self) -> str:
        return f"Options({[str(one) for one in self.sources]}, {self.formats})"  # without the token

    def check(self) -> None:
        """Raises UsageError for what cannot be done, before anything is read."""
        if not self.sources:
            raise UsageError("there is nothing to export: name an output folder or a json, jsonl or csv file")
        for name in self.formats:
            if name not in FORMATS:
                raise UsageError(f"--format {name!r} is none of {', '.join(FORMATS)}")
        if not self.formats:
            raise UsageError(f"--format names none of {', '.join(FORMATS)}")
        self._check_split()
        if not 0 < self.near <= 1:
            raise UsageError(f"--near {self.near} is no similarity: give a number above 0 and at most 1")
        if self.push and not _is_repository(self.push):
            raise UsageError(f"--push {self.push!r} is no name on the hub: give user/name")
        if self.push and not self.token:
            raise UsageError("--push needs a token of the hub: put HF_TOKEN=… into .env")

    def _check_split(self) -> None:
        shown = "/".join(map(str, self.split))
        if self.split and len(self.split) not in {2, 3}:
            raise UsageError(
                f"--split {shown} has {len(self.split)} parts: give train/test or train/validation/test"
            )
        if self.split and (sum(self.split) != 100 or min(self.split) < 0):
            raise UsageError(f"--split {shown} is not 100 in sum: give, for example, 90/5/5")

    @property
    def split_names(self) -> tuple[str, ...]:
        """What each part of `split` is called; one part, train, where nothing is split."""
        return {0: SPLITS[:1], 2: (SPLITS[0], SPLITS[2]), 3: SPLITS}[len(self.split)]


def _is_repository(name: str) -> bool:
    parts = name.split("/")
    plain = all(part and part.replace("-", "").replace("_", "").replace(".", "").isalnum() for part in parts)
    return len(parts) == 2 and plain and name.isascii()
