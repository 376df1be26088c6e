"""Where each file of an output folder is."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folder:
    """Where each file of an output folder is."""

    path: Path

    @property
    def journal(self) -> Path:
        return self.path / "output.json"

    @property
    def csv(self) -> Path:
        return self.path / "output.csv"

    @property
    def rejected(self) -> Path:
        return self.path / "rejected.json"

    @property
    def runs(self) -> Path:
        return self.path / "runs.json"

    @property
    def endpoints(self) -> Path:
        return self.path / "endpoints.json"

    @property
    def log(self) -> Path:
        return self.path / "run.log"

    @property
    def raw(self) -> Path:
        return self.path / "raw"

    @property
    def plan(self) -> Path:
        """Where it is a task's: what the dataset was planned with."""
        return self.path / "plan.json"

    @property
    def has_own_questions(self) -> bool:
        """Its q.csv stands in it: of a rehearsal, or of a pass over another run's answers."""
        return any((self.path / name).exists() for name in ("rehearsal.json", "second.json"))

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    @property
    def state(self) -> Path:
        return self.path / ".state.json"

    @property
    def progress(self) -> Path:
        """What the run that goes on, or went on last, noted of itself."""
        return self.path / ".progress.json"

    @property
    def rescue(self) -> Path:
        """Where answers go that the folder has no room for: outside it, on another disk if there is one."""
        digest = hashlib.blake2b(os.fsencode(os.path.realpath(self.path)), digest_size=8).hexdigest()
        return Path(tempfile.gettempdir()) / f"dset-rescue-{digest}.json"

    @property
    def litter(self) -> list[Path]:
        """What writes that a kill cut short have left."""
        return [one for folder in (self.path, self.raw) for one in folder.glob(".*.new")]

    @property
    def is_new(self) -> bool:
        """Neither a journal nor an output.csv: a bookmark in q.csv then speaks for the rows above it."""
        return not self.journal.exists() and not self.csv.exists()
