"""One base exception that carries an exit status, its few kinds, and the one line for any exception.

Every message is one line for the person at the keyboard: what is wrong, where, and what to do.
"""

import sys
from pathlib import Path

_ON_PYPI = {
    "dotenv": "python-dotenv",
    "jsonschema_rs": "jsonschema-rs",
    "huggingface_hub": "huggingface-hub",
    "PIL": "pillow",
}
# What only some commands need: the extras bring it (pyproject.toml), both, so that one line is enough.
_EXTRAS = "tasks,export"
_IN_EXTRAS = {"jsonschema_rs", "rensa", "pyarrow", "huggingface_hub", "openpyxl"}
_IN_IMAGES = {"PIL", "ddgs"}  # the extra `images`


class DsetError(Exception):
    """Something a user can cause or cure. `exit_status` is what the script ends with."""

    exit_status = 2


class UsageError(DsetError):
    """A flag, a verb or a setting that cannot be taken."""


class QuestionsError(DsetError):
    """q.csv cannot be read rightly; the message names the place."""


class ChangedMeanwhileError(QuestionsError):
    """q.csv was saved by somebody between our read and our write: what they saved counts."""


class JournalError(DsetError):
    """output.json is damaged in a place that must not be repaired by dropping answers."""


class AlreadyRunningError(DsetError):
    """Another run holds the lock."""


class StorageError(DsetError):
    """The disk refused a write. What was paid for is safe or named in the message."""

    exit_status = 1


def explain(error: BaseException) -> tuple[str, int]:
    """The line for the user and the exit status, for whatever ended the program."""
    if isinstance(error, DsetError):
        return str(error), error.exit_status
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; what is saved stays saved", 130
    if isinstance(error, ImportError):
        return _missing(error.name or "that is needed"), 2
    if isinstance(error, OSError):
        return f"{error.filename or 'the disk'}: {error.strerror or error}; nothing more is asked", 2
    what = f"an error of dset's own ({type(error).__name__}); what was answered is saved"
    return f"{what}. Please report it with the end of run.log", 1


def _missing(package: str) -> str:
    """The line for a package that is not there: this interpreter's own pip, or the one where it is installed."""
    beside = Path(__file__).resolve().parent.parent
    if package in _IN_EXTRAS | _IN_IMAGES:
        extras = _EXTRAS if package in _IN_EXTRAS else "images"
        needs = f'"{sys.executable}" -m pip install "{beside}[{extras}]"'
    else:
        needs = f'"{sys.executable}" -m pip install -r "{beside / "requirements.txt"}"'
    line = f"the package {_ON_PYPI.get(package, package)} is missing or too old; run: {needs}"
    other = beside / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if other.exists() and Path(sys.prefix) != beside / ".venv":
        line += f" - or use the one that is set up: {other}"
    return line


def is_ours(error: BaseException) -> bool:
    """Nothing a user can cause: the traceback belongs into run.log."""
    return not isinstance(error, DsetError | KeyboardInterrupt | ImportError | OSError)
