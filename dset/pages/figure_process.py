"""Counting figures in a process of its own, which a run that goes on beside it goes before."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dset.errors import DsetError

_NEAR = 0.85  # likeness from which on texts count as near, as `report` has it
_NICENESS = 15
_START = "import sys; sys.path.insert(0, sys.argv[1]); from dset.pages import figure_process as it; it.main(sys.argv[2])"


class FigureProcess:
    """Counts one dataset. `end` may be called from another thread."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where no process can be started."""
        root = str(Path(__file__).resolve().parents[2])
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter; the folder is an argument of its own
            [sys.executable, "-c", _START, root, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
        )

    def found(self) -> Iterator[dict[str, Any]]:
        """The figures without likenesses, which are soon there, then all of them; or {"failed": why there are none}."""
        with self._process as process:
            assert process.stdout is not None
            for line in process.stdout:
                yield json.loads(line)
        if process.returncode:
            yield {"failed": "the figures could not be counted: the process that counted them died (memory?)"}

    def end(self) -> None:
        """Now; nothing of it is needed any more."""
        with contextlib.suppress(OSError):
            self._process.kill()


def main(folder: str) -> None:
    """In the process: count, send a line of JSON, end."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
    for near in (1.0, _NEAR):
        told = _counted(Path(folder), near)
        sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
        sys.stdout.buffer.flush()
        if not told.get("charts"):
            break


def _counted(folder: Path, near: float) -> dict[str, Any]:
    from dset.charts import gather

    try:
        found = gather.gather(folder, near)
    except DsetError as error:
        return {"charts": [], "message": str(error)}
    except OSError as error:
        return {"failed": f"a file cannot be read ({error.strerror})"}
    except ImportError as error:
        return {"failed": f"a package is missing: {error.name}"}
    except Exception as error:  # noqa: BLE001 - it becomes a line on the page
        return {"failed": f"an error of dset's own ({type(error).__name__}); please report it"}
    return {"charts": list(found.charts), "message": " ".join(found.notes)}
