"""The files that make the pages: those of the package, by name, read once. No name leads outside of them."""

import importlib.resources
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_FOLDERS = ("dset.pages", "dset.charts")
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "md": "text/plain; charset=utf-8",
}
_ASIDES = re.compile(rb"^[ \t]*(?://[^\n]*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n|^[ \t]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: what a browser is told it is, and its bytes."""

    media_type: str
    body: bytes


def read() -> Mapping[str, Asset]:
    """All of them by their file names."""
    found = {}
    for package in _FOLDERS:
        folder = importlib.resources.files(package) / "static"
        if not folder.is_dir():
            continue
        for file in folder.iterdir():
            kind = _TYPES.get(file.name.rpartition(".")[2])
            if kind:
                found[file.name] = Asset(kind, light(file.name, file.read_bytes()))
    return MappingProxyType(found)


def light(name: str, body: bytes) -> bytes:
    """Of our scripts and style sheets what a browser needs: an eighth of them is indentation and comments on lines of their own.

    No text of theirs may go over several lines: its indentation would be lost too.
    """
    is_ours = name.endswith((".js", ".css")) and ".min." not in name
    return _ASIDES.sub(b"", body) if is_ours else body
