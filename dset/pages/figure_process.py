"""Counting figures in a process of its own, which a run that goes on beside it goes before."""

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dset import errors
from dset.errors import DsetError
from dset.folders import Folder

_NEAR = 0.85  # likeness from which on texts count as near, as `report` has it
_NICENESS = 15
_START = "import sys; sys.path.insert(0, sys.argv[1]); from dset.pages import figure_process as it; it.main(sys.argv[2])"
_DIED = "The process that counts them was ended: by somebody, or by the system where memory ran out."
_NOTHING = "There are no answers to count yet; the charts come with the first ones."


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
            stdin=subprocess.PIPE,  # nothing is written to it: its end tells the process that the server is gone
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=flags,
        )

    def found(self) -> Iterator[dict[str, Any]]:
        """The figures without likenesses, which are soon there, then all of them; or {"failed": why there are none}."""
        told: dict[str, Any] = {}
        with self._process as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.endswith(b"\n"):
                    yield (told := json.loads(line))
        if process.returncode and told.get("charts"):
            yield told | {
                "message": f"{told['message']} Texts that are nearly alike are left out. {_DIED}".strip()
            }
        elif process.returncode:
            yield {"failed": f"The figures could not be counted. {_DIED}"}

    def end(self) -> None:
        """Now; nothing of it is needed any more."""
        with contextlib.suppress(OSError):
            self._process.kill()


def main(folder: str) -> None:
    """In the process: count, send a line of JSON, end."""
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
    for near in (1.0, _NEAR):
        told = _counted(Path(folder), near)
        sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
        sys.stdout.buffer.flush()
        if not told.get("charts"):
            break


def _end_with_the_server() -> None:
    """However it ended: its end of the pipe is closed with it."""
    while os.read(0, 1):
        pass
    os._exit(1)


def _counted(folder: Path, near: float) -> dict[str, Any]:
    try:
        return _gathered(folder, near)
    except DsetError as error:
        # Where the folder is on this machine is nobody's business who looks at the page from elsewhere.
        line = str(error).replace(str(folder), folder.name)
        return {"failed": f"The figures could not be counted: {line}."}
    except OSError as error:
        return {"failed": f"The figures could not be counted: a file cannot be read ({error.strerror})."}
    except ImportError as error:
        return {"failed": f"The figures could not be counted: {errors.explain(error)[0]}"}
    except MemoryError:
        return {"failed": "The figures could not be counted: memory ran out."}
    except Exception as error:  # noqa: BLE001 - it becomes a line on the page
        what = f"an error of dset's own ({type(error).__name__})"
        return {"failed": f"The figures could not be counted: {what}. Please report it."}


def _gathered(folder: Path, near: float) -> dict[str, Any]:
    from dset import ends
    from dset.charts import gather

    if name := _no_file(Folder(folder)):
        return {"failed": f"The figures could not be counted: {name} is no file."}
    if not ends.sound_size(Folder(folder).journal):
        return {"charts": [], "message": _NOTHING}
    found = gather.gather(folder, near)
    return {"charts": list(found.charts), "message": " ".join(found.notes)}


def _no_file(folder: Folder) -> str:
    """What stands where a file should: a pipe would be read without end."""
    for path in (folder.journal, folder.rejected, folder.runs, folder.plan):
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(os.stat(path).st_mode):
                return path.name
    return ""
