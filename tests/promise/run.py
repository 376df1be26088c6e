"""One run of the program in this process, and what it must keep to."""

import contextlib
import http.client
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from hypothesis import note

import dset_generator
from dset import commits, runlog, steps
from tests.promise.disk import NEVER, NONE, Disk, Fault, Killed, Moment, bury
from tests.promise.folder import Outputs, id_of, key_of
from tests.promise.service import AGAIN, GOOD, WELL, Plot, Service
from tests.promise.users_csv import UsersCsv


@dataclass
class Scene:
    """Where everything happens."""

    place: Path
    service: Service
    base_url: str
    q: UsersCsv = field(init=False)
    outputs: Outputs = field(init=False)
    samples: int = 1

    def __post_init__(self) -> None:
        self.q, self.outputs = UsersCsv(self.place / "q.csv"), Outputs(self.place)

    @property
    def flags(self) -> list[str]:
        """What every command is told."""
        return ["--base-url", self.base_url, "--samples", str(self.samples), *self.q.flags]


@dataclass(frozen=True)
class Story:
    """What happens in a run."""

    plot: Plot = WELL
    fault: Fault = NONE
    save: Callable[[], None] | None = None  # by another program, at the plot's or at this moment
    save_at: Moment = NEVER
    concurrency: int = 1
    limit: int = 0
    patience: float = 0.0  # seconds that a full disk is waited for
    can_write: bool = True  # q.csv


class Run:
    """Made before it, so that it knows what stood there."""

    def __init__(self, scene: Scene, story: Story) -> None:
        self.scene, self.story = scene, story
        self.disk = Disk(scene.outputs.temporary, story.fault, self._save, story.save_at)
        self.exit_status: int | None = None  # None where it was killed
        self.said = ""
        self.was_saved = False
        self._trouble: BaseException | None = None
        self._rows = scene.q.counted()
        self._marks = _marks(scene.q)
        self._flags = scene.q.flags
        self._answered = scene.outputs.answered
        self._failed = scene.outputs.failed
        self._rejections = len(scene.outputs.rejections)

    # --- while it goes on

    def _save(self) -> None:
        if self.story.save is not None and not self.disk.dead:
            try:
                self.story.save()
            except BaseException as error:  # noqa: BLE001 - told when the run has ended
                self._trouble = error
            self.was_saved = True
            # Whether it was read before or after this, nothing is asked that stands in neither.
            self._rows |= self.scene.q.counted()
            self._marks |= _marks(self.scene.q)

    def _hear(self, told: Callable[[runlog.RunLog, str], None], log: runlog.RunLog, line: str) -> None:
        """What is called saved must stand in output.json at that moment."""
        saved = re.match(r"saved row \d+ (\S+)$", line)
        if saved and saved[1] not in map(id_of, self.scene.outputs.answers):
            self._trouble = AssertionError(f"{line}, but it is not in output.json")
        told(log, line)

    def go(self) -> None:
        """Run it to its end, or until it is killed."""
        service, story = self.scene.service, self.story
        service.open(story.plot, self._save, lambda: self.disk.dead)
        waits = ["--retry-waits", "0.005,0.005", "--concurrency", str(story.concurrency)]
        limit = ["--limit", str(story.limit)] if story.limit else []
        target = Path(os.path.realpath(self.scene.q.path))
        target.chmod(0o644 if story.can_write else 0o444)
        try:
            with self._watched():
                self.exit_status, out, err = said([*self.scene.flags, *waits, *limit])
                self.said = out + err
        except Killed:
            assert self.disk.dead
            bury()
            _calm(self.scene.base_url)
        finally:
            target.chmod(0o644)
        note(f"exit status {self.exit_status} after {self.disk.count} steps\n{self.said}")
        for trouble in (self._trouble, service.trouble):
            if trouble is not None:
                service.trouble = None
                raise trouble

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        told = runlog.RunLog.__call__
        with (
            mock.patch.object(steps, "watch", self.disk),
            mock.patch.object(commits, "PATIENCE", self.story.patience),
            mock.patch.object(commits, "PAUSE", 0.005),
            mock.patch.object(runlog.RunLog, "__call__", lambda log, line: self._hear(told, log, line)),
        ):
            yield

    # --- after it

    def check(self) -> None:
        """All that must be so now."""
        assert "error of dset's own" not in self.said, self.scene.outputs.log
        self._check_bill()
        if self.disk.has_failed:
            return
        story = self.story
        interrupted = 0 < story.plot.interrupt_at <= self.scene.service.count
        assert self.exit_status in ({130} if interrupted else {0, 1, 2}), self.exit_status
        self.scene.outputs.check_level()
        if self.has_bookmarked:
            self._check_bookmarks()

    @property
    def has_bookmarked(self) -> bool:
        """It ended by itself, nothing kept it from writing q.csv, and that is what it wrote last."""
        was_read = not self.was_saved or (self.story.save_at == NEVER and self.scene.q.flags == self._flags)
        return not self.disk.has_failed and self.story.can_write and was_read

    def _check_bill(self) -> None:
        """Nothing is asked that has its answer, and every answer that was paid for is there."""
        lost, now = 0, self.scene.outputs.answered
        for key, bill in self.scene.service.bill.items():
            held = min(self._marks[key], self._paid_in_vain(key)) if not self.was_saved else 0
            wanted = max(0, self._rows[key] * self.scene.samples - self._answered[key] - held)
            assert bill.total() - bill[AGAIN] <= wanted, f"{key!r}: {wanted} wanted, {dict(bill)} asked"
            missing = bill[GOOD] - (now[key] - self._answered[key])
            assert missing >= 0, f"{key!r} has answers from nowhere"
            lost += missing
        if self.disk.dead:
            assert lost <= self.story.concurrency, "more is lost than what was on its way"
        else:
            assert lost == 0 or "are lost" in self.said, "an answer that arrived is lost and nothing says so"
            assert lost == 0 or self.disk.has_failed, "an answer that arrived is lost"

    def _paid_in_vain(self, key: str) -> int:
        """Rows of this content that were, where nothing else ever happened to any."""
        kinds = self._failed.get(key, Counter())
        return kinds.total() if kinds.keys() <= {"cut short", "refusal"} else 0

    def _check_bookmarks(self) -> None:
        """ERROR and BLOCKED stand on rows that failed, and on no others."""
        q, outputs = self.scene.q, self.scene.outputs
        q.look()
        known, answered = outputs.failed, outputs.answered
        fresh = outputs.rejections[self._rejections :]
        for key, rows in q.counted().items():
            left = max(0, rows - answered[key] // self.scene.samples)
            cells = Counter(row.cell for row in q.of(key))
            marked = cells["ERROR"] + cells["BLOCKED"]
            own = cells.total() - cells[""] - marked
            assert marked <= left, f"{key!r}: {marked} marked, {left} without an answer"
            assert marked <= self._marks[key] or key in known, f"{key!r} never failed and is marked"
            failed = {id_of(one): one["kind"] for one in fresh if key_of(one) == key}
            rows_failed = -(-len(failed) // self.scene.samples)
            assert marked + own >= min(left, rows_failed), f"{key!r} failed and is not marked"
            if not self._marks[key] and len(failed) == left and self.scene.samples == 1:
                refused = sum(kind == "refusal" for kind in failed.values())
                assert cells["BLOCKED"] <= refused <= cells["BLOCKED"] + own, f"{key!r} is marked wrongly"
            if self.exit_status == 0 and not self.story.limit and not self.was_saved:
                assert not cells["ERROR"], f"{key!r} has an ERROR and all is said to be done"
                assert left <= cells["BLOCKED"] + own, f"{key!r} is unanswered and all is said to be done"


def _marks(q: UsersCsv) -> Counter[str]:
    return Counter(row.key for row in q.rows if row.is_marked)


def said(arguments: list[str]) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of a command."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        exit_status = dset_generator.main(arguments)
    return exit_status, out.getvalue(), err.getvalue()


def _calm(base_url: str) -> None:
    """Wait until the server has heard all that a killed run had sent."""
    connection = http.client.HTTPConnection(base_url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/rehearsal")
    connection.getresponse().read()
    connection.close()
