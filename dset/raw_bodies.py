"""raw/: the bodies that were no UTF-8, as they came. The line whose text was read from one names it."""

import hashlib
from pathlib import Path
from typing import Any

from dset import files
from dset.replies import Reply


def mark(reply: Reply | None) -> dict[str, Any]:
    """`raw` for the metadata of a reply whose body was no UTF-8: null until its file is on disk. Else nothing."""
    return {} if reply is None or reply.raw is None else {"raw": None}


def keep(folder: Path, name: str, body: bytes) -> str:
    """Put `body` into `folder`, durably; returns what the metadata calls it. Raises OSError.

    The name holds a hash of the content: a write that is tried again lands on the same file, another body on another.
    """
    path = folder / f"{name}.{hashlib.blake2b(body, digest_size=4).hexdigest()}.bin"
    files.make_folder(folder)
    files.replace(path, [body])
    return f"{folder.name}/{path.name}"
