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
    "markdown_it": "markdown-it-py",
}
# What only some commands need, by the extras that bring it (pyproject.toml); a task is soon exported, so those come together.
_EXTRAS = {
    "images": ("PIL", "ddgs"),
    "pages": ("fastapi", "starlette", "uvicorn", "pydantic", "markdown_it"),
    "tasks,export": ("jsonschema_rs", "rensa", "pyarrow", "huggingface_hub", "openpyxl"),
}


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


def install_line(package: str) -> str:
    """What installs a package: this interpreter's own pip."""
    beside = Path(__file__).resolve().parent.parent
    extras = next((extras for extras, packages in _EXTRAS.items() if package in packages), "")
    if extras:
        return f'"{sys.executable}" -m pip install "{beside}[{extras}]"'
    return f'"{sys.executable}" -m pip install -r "{beside / "requirements.txt"}"'


def _missing(package: str) -> str:
    """The line for a package that is not there: what installs it, or the interpreter where it is installed."""
    needs, name = install_line(package), _ON_PYPI.get(package, package)
    line = f"the package {name} is missing or too old; run: {needs}"
    beside = Path(__file__).resolve().parent.parent
    other = beside / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if other.exists() and Path(sys.prefix) != beside / ".venv":
        line += f" - or use the one that is set up: {other}"
    return line


def is_ours(error: BaseException) -> bool:
    """Nothing a user can cause: the traceback belongs into run.log."""
    return not isinstance(error, DsetError | KeyboardInterrupt | ImportError | OSError)
