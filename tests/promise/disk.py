"""A disk that stops the program, fills up or fails at its k-th step."""

import errno
import gc
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset.files import AppendFile
from dset.locks import Lock
from dset.steps import Step


class Killed(BaseException):
    """The process ends here. Nothing catches it, and no step is taken any more."""


@dataclass(frozen=True)
class Moment:
    """The `number`-th step, or the `number`-th on a file whose name holds `name`; `later`: so many steps after it."""

    number: int
    name: str = ""
    later: int = 0


NEVER = Moment(0)


class Clock:
    """Tells at which step a moment has come."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._count, self._wait = 0, -1

    def tick(self, step: Step) -> bool:
        """One more step: it is the one."""
        if self._wait >= 0:
            self._wait -= 1
            return self._wait == -1
        self._count += self._moment.name in os.path.basename(step.path)
        if self._count != self._moment.number:
            return False
        self._count, self._wait = -1 << 30, self._moment.later
        return self.tick(step)


@dataclass(frozen=True)
class Fault:
    """What happens at a moment: kill (before, torn, after), full (for `lasts` steps), eio (once); '' for nothing."""

    kind: str = ""
    at: Moment = NEVER
    how: str = "before"
    torn: str = "half"  # of a write: 1, half, most
    lasts: int = 1 << 30
    everywhere: bool = False  # the temporary folder is full too


NONE = Fault()


class Disk:
    """Stands in at dset.steps.watch for one run; `save` is what somebody else does at the moment `save_at`."""

    def __init__(
        self,
        temporary: Path,
        fault: Fault = NONE,
        save: Callable[[], None] | None = None,
        save_at: Moment = NEVER,
    ) -> None:
        self._temporary, self.fault, self._save = str(temporary), fault, save
        self._fault_clock, self._save_clock = Clock(fault.at), Clock(save_at)
        self.count = 0
        self._fails_until = 0
        self.dead = False
        self.has_failed = False
        self._half_taken = False

    def __call__(self, step: Step) -> Any:
        """Take the step, or not."""
        if self.dead:
            raise Killed
        self.count += 1
        if self._save_clock.tick(step) and self._save is not None:
            self._save()
        if self._fault_clock.tick(step):
            self._begin(step)
        if self.count < self._fails_until and self._needs_room(step):
            self.has_failed = True
            if step.kind == "write" and not self._half_taken and len(step.arguments[1]) > 1:
                self._half_taken = True
                return step.tear(len(step.arguments[1]) // 2)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), step.path)
        return self._take(step)

    def _begin(self, step: Step) -> None:
        if self.fault.kind == "kill":
            self._kill(step)
        elif self.fault.kind == "eio":
            self.has_failed = True
            raise OSError(errno.EIO, os.strerror(errno.EIO), step.path)
        elif self.fault.kind == "full":
            self._fails_until = self.count + self.fault.lasts

    def _take(self, step: Step) -> Any:
        return None if step.kind == "sync" else step.take()  # nothing here pulls the plug of the machine

    def _needs_room(self, step: Step) -> bool:
        if not self.fault.everywhere and step.path.startswith(self._temporary):
            return False
        return step.kind in {"write", "mkdir", "link"} or (
            step.kind == "open" and not os.path.exists(step.path)
        )

    def _kill(self, step: Step) -> None:
        self.dead = self.has_failed = True
        if self.fault.how == "torn" and step.kind == "write":
            size = len(step.arguments[1])
            step.tear({"1": 1, "half": size // 2, "most": size - 1}[self.fault.torn])
        elif self.fault.how == "after":
            done = self._take(step)
            if step.kind == "open":
                os.close(done)
        raise Killed


def bury() -> None:
    """Close what the killed process had open: its locks die with it."""
    for one in gc.get_objects():
        if type(one) is AppendFile:
            with suppress(OSError):
                one.close()
        elif type(one) is Lock and one._descriptor >= 0:
            with suppress(OSError):
                os.close(one._descriptor)
            one._descriptor = -1
