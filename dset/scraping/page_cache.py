"""Pages of results, kept on disk for a day: Pixabay demands it, and a second call costs no request."""

import base64
import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from dset import clocks, files

NAME = ".cache"
_KEPT = 86_400.0  # seconds: "requests must be cached for 24 hours" (https://pixabay.com/api/docs)
_OURS = re.compile(r"[0-9a-f]{32}\.json\Z")


class PageCache:
    """Bodies of answers by what was asked, the key not being part of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, url: str, parameters: Mapping[str, str]) -> bytes | None:
        """The body that came within a day; None where none did."""
        try:
            entry = json.loads(self._path(url, parameters).read_bytes())
            age = clocks.now().timestamp() - float(entry["time"])
            return base64.b64decode(entry["body"], validate=True) if 0 <= age < _KEPT else None
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def put(self, url: str, parameters: Mapping[str, str], body: bytes) -> None:
        """Keep this body; it must hold no key."""
        entry = {
            "time": clocks.now().timestamp(),
            "url": url,
            "parameters": dict(parameters),
            "body": base64.b64encode(body).decode(),
        }
        files.make_folder(self._folder)
        files.replace(self._path(url, parameters), [json.dumps(entry, ensure_ascii=True).encode()])

    def clear_old(self) -> None:
        """Remove what is older than a day. Nothing but our own files is touched."""
        with contextlib.suppress(OSError):
            for path in list(self._folder.iterdir()):
                age = clocks.now().timestamp() - path.stat().st_mtime
                if _OURS.match(path.name) and age >= _KEPT:
                    files.remove(path)

    def _path(self, url: str, parameters: Mapping[str, str]) -> Path:
        text = json.dumps([url, sorted(parameters.items())])
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
