"""runs.json: one line a run, with everything its answers have in common; they point to it by `run`."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dset import __version__, answers, clocks, files


def utc_now() -> str:
    """This moment in UTC, ISO 8601, to the second, with Z."""
    return clocks.now().isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier runs in this folder were told: by run id, the request's settings and the columns they named."""

    requests: Mapping[str, dict[str, Any]]
    named: tuple[tuple[str, ...], ...]

    def differs(self, request: Mapping[str, Any]) -> list[str]:
        """The settings in which the last run differed from `request`, by their flags' names."""
        if not self.requests:
            return []
        last, now = ({"appendix": ""} | one for one in (list(self.requests.values())[-1], dict(request)))
        return [name.replace("_", "-") for name, value in now.items() if name in last and last[name] != value]


def read(path: Path) -> Past:
    """The runs that stand in the file; a line that cannot be read is passed over, since no answer stands in it."""
    requests: dict[str, dict[str, Any]] = {}
    named: dict[tuple[str, ...], None] = {}
    for line in answers.lines_of(path):
        try:
            run = json.loads(line)
            requests[str(run["run"])] = dict(run["settings"])
            named[tuple(str(name) for name in run.get("named", ()))] = None
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return Past(requests, tuple(named))


class Run:
    """This run's line: appended before the first request, completed with its end when it closes."""

    def __init__(self, path: Path, request: Mapping[str, Any], named: tuple[str, ...]) -> None:
        started = utc_now()
        compact = started.replace("-", "").replace(":", "")
        self.id = f"{compact}-{secrets.token_hex(2)}"
        self._path = path
        self._line = {
            "run": self.id,
            "started": started,
            "ended": None,
            "version": __version__,
            "model": request["model"],
            "prompt": request["prompt"],
            "system": request["system"],
            "settings": dict(request),
            "named": list(named),
            "counts": None,
        }

    def open(self) -> None:
        """Append the line, durably."""
        files.append(self._path, _line_end(self._path) + answers.as_line(self._line))

    def close(self, counts: Mapping[str, Any]) -> None:
        """Put the end and the counts into the line, which is the last one."""
        old = answers.as_line(self._line)
        self._line |= {"ended": utc_now(), "counts": dict(counts)}
        lines = [line for line in answers.lines_of(self._path) if line != old]
        files.replace(self._path, [*lines, answers.as_line(self._line)])


def _line_end(path: Path) -> bytes:
    """What the file lacks at its end, torn by a crash, before another line may follow."""
    last = path.read_bytes()[-1:] if path.exists() else b""
    return b"" if last in {b"", b"\n"} else b"\n"
