"""A folder of pictures, and a service on loopback that captions them, for tests of `caption`."""

import base64
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Server
from tests import pictures
from tests.running import Run, at

SHORT = ("--size", "16", "--word-count", "none")
Reply = str | Behaviour
Say = Callable[[str, str, int], Reply]  # (picture or text, what was asked last, which time) -> what is said
WORDS = "zero one two three four five six seven eight nine".split()


@functools.cache
def source(seed: int) -> bytes:
    """The bytes of a picture file."""
    return pictures.png(seed, (20, 20))


def caption_of(name: str) -> str:
    """Another caption for each picture."""
    digits = " ".join(WORDS[int(digit)] for digit in name if digit.isdigit())
    return f"a small picture of {digits} coloured shapes on a table"


def frames(place: Path, count: int, folder: str = "frames", first: int = 1) -> Path:
    """A folder with so many pictures: 1.png …"""
    root = place / folder
    root.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        (root / f"{seed}.png").write_bytes(source(seed))
    return root


class Studio:
    """The service. `said`: what it says of a picture, by its name or by its first text; a list: one after the other."""

    def __init__(self, serve: Callable[..., Server], main: Callable[..., Run], place: Path) -> None:
        self._main, self.place = main, place
        self.said: dict[str, Reply | Sequence[Reply] | Say] = {}
        self.asked: list[tuple[str, str]] = []  # (picture or '', text of the last message)
        self.models: list[str] = []
        self._times: Counter[tuple[str, str]] = Counter()
        self._names: dict[str, str] = {}
        self.server = serve(self._answer)

    @property
    def folder(self) -> Path:
        """The dataset."""
        return self.place / "dset_generator" / "captions" / "frames"

    @property
    def train(self) -> Path:
        return self.folder / "train"

    def run(self, *arguments: str, folder: str = "frames") -> Run:
        """`caption` on a folder, at the service."""
        return self._main("caption", folder, *SHORT, *at(self.server.base_url), *arguments)

    def look(self, *arguments: str) -> Run:
        """`caption` with arguments of its own."""
        return self._main("caption", *arguments)

    def asks(self) -> list[str]:
        """The pictures that were asked about since this was called last, in their order."""
        names = sorted((name for name, _ in self.asked), key=lambda name: (len(name), name))
        self.asked.clear()
        return names

    def forget(self) -> None:
        """What was asked, and which picture is which."""
        self.asked.clear()
        self._names.clear()

    def lines(self) -> dict[str, dict[str, Any]]:
        """metadata.jsonl by picture."""
        path = self.train / "metadata.jsonl"
        found = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
        assert len({line["file_name"] for line in found}) == len(found)
        return {line.pop("file_name"): line for line in found}

    def texts(self) -> dict[str, str]:
        return {name: line["text"] for name, line in self.lines().items()}

    def shelf(self, name: str) -> list[str]:
        """The pictures in one of its folders."""
        return sorted(
            (path.name for path in (self.folder / name).glob("*.jpg")), key=lambda one: (len(one), one)
        )

    def _answer(self, request: Request) -> Behaviour:
        name, text = self._name(request.body["messages"]), request.text
        self.asked.append((name, text))
        self.models.append(str(request.body["model"]))
        self._times[name, text] += 1
        reply: Any = next((reply for key, reply in self.said.items() if key in (name, text)), None)
        if reply is None:
            reply = next((reply for key, reply in self.said.items() if key and key in text), None)
        if reply is None:
            reply = caption_of(name)
        if callable(reply):
            reply = reply(name, text, self._times[name, text])
        if isinstance(reply, list | tuple):
            times = len([one for one, _ in self.asked if one == name]) if name else self._times[name, text]
            reply = reply[min(times, len(reply)) - 1]
        return reply if isinstance(reply, Behaviour) else faults.ok(reply)

    def _name(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """The picture in a request."""
        for message in messages:
            parts = message["content"] if isinstance(message["content"], list) else []
            for part in parts:
                if part["type"] == "image_url":
                    data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
                    return self._by_digest(hashlib.sha256(data).hexdigest())
        return ""

    def _by_digest(self, digest: str) -> str:
        if digest not in self._names:
            for path in self.place.glob("dset_generator/**/*.jpg"):
                self._names[hashlib.sha256(path.read_bytes()).hexdigest()] = path.name
        return self._names[digest]
