"""Datasets as crashes, other programs and those who mean harm leave them, by what is the matter with them."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dset import live
from tests import samples

RUN = {
    "run": "20261121T120000Z-0000", "started": samples.NOW, "ended": samples.NOW, "model": "m", "prompt": "{question}",
    "system": "", "settings": {"prompt": "{question}", "system": ""}, "named": [], "counts": {"maybe_billed_usd": 0.5},
}  # fmt: skip
SOUND = 6  # answers of a sound dataset
SIDE = (
    "runs.json",
    "endpoints.json",
    ".progress.json",
    "plan.json",
    ".state.json",
    "rehearsal.json",
    "run.log",
    ".lock",
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
Build = Callable[[Path], None]


def sound(folder: Path) -> None:
    """A plain run with six answers, of one a picture, and a row that failed."""
    folder.mkdir()
    records = [
        samples.record(
            f"Q{at}", row=at + 2, columns={"topic": "ab"[at % 2]}, image="../1.png" if not at else ""
        )
        for at in range(SOUND)
    ]
    samples.write_lines(folder / "output.json", records)
    failed = samples.record("R", row=9) | {"kind": "outage", "reason": "no connection", "response": None}
    samples.write_lines(folder / "rejected.json", [failed])
    (folder / "runs.json").write_text(json.dumps(RUN) + "\n")
    (folder.parent / "1.png").write_bytes(PNG)


def _journal(data: bytes) -> Build:
    """Such bytes behind the sound lines of both files."""

    def build(folder: Path) -> None:
        sound(folder)
        for name in ("output.json", "rejected.json"):
            with (folder / name).open("ab") as stream:
                stream.write(data)

    return build


def _beside(data: bytes) -> Build:
    """Such bytes as every file beside the answers."""

    def build(folder: Path) -> None:
        sound(folder)
        for name in SIDE:
            (folder / name).write_bytes(data)

    return build


def _in_place_of(names: tuple[str, ...], make: Callable[[Path], None]) -> Build:
    def build(folder: Path) -> None:
        sound(folder)
        for name in names:
            (folder / name).unlink(missing_ok=True)
            make(folder / name)

    return build


def _noted(note: Mapping[str, Any]) -> Build:
    """Such a note of a run, whose sum is right."""

    def build(folder: Path) -> None:
        sound(folder)
        (folder / ".progress.json").write_bytes(live.as_bytes(note))

    return build


def _with(name: str, document: Any) -> Build:
    def build(folder: Path) -> None:
        sound(folder)
        (folder / name).write_text(json.dumps(document))

    return build


def _original(folder: Path) -> None:
    folder.mkdir()
    samples.write_lines(folder / "output.json", [samples.original(f"Q{at}") for at in range(SOUND)])


def _linked(folder: Path) -> None:
    real = folder.with_name(f".{folder.name}")
    sound(real)
    folder.mkdir()
    for one in real.iterdir():
        os.symlink(one, folder / one.name)


def _line(**about: Any) -> bytes:
    return json.dumps({"metadata": about, "response": {"answer": 5}}).encode() + b"\n"


WRONG: tuple[Any, ...] = (None, True, -1, 1e308, 10**30, "", "x\0\ud800", [], [[]], {}, {"a": {"b": []}})
_FIELDS = (
    "state run pid total rows answered failed blocked lanes waiting budget after plan begins stopped started at usd spent "
    "questions task kind settings prompt ended counts label until name reason spent_until"
).split()
_LANE = {"name": "a/b/c", "until": "2999-01-01T00:00:00Z", "in_flight": 1, "is_open": False}
_WAITING = {"row": 2, "until": samples.NOW, "reason": "r"}
JOURNALS = {
    "torn": _journal(b'{"metadata": {"id": "0'), "NULs": _journal(b"\0" * 9_000), "no UTF-8": _journal(b"\xff\xfe\n\xc3\x28\n"),
    "no JSON": _journal(b"{]\n<html>\n"), "no records": _journal(b"null\n[]\n5\n{}\n"), "blank": _journal(b"\n \n\r\n"),
    "deep": _journal(b"[" * 200_000 + b"\n"), "a long line": _journal(b'{"a": "' + b"x" * 3_000_000 + b'"}\n'),
}  # fmt: skip
RECORDS = {
    "wrong types": _journal(b"".join(_line(**dict.fromkeys(("id", "row", "timestamp", "question", "model", "run", "columns",
        "cost_usd", "seconds", "prompt_tokens", "image", "messages"), one)) for one in WRONG)),
    "endless numbers": _journal(b'{"metadata": {"cost_usd": 1e309, "row": -1e400, "seconds": NaN}, "response": {"data": Infinity}}\n'),
    "numbers of many digits": _journal(b'{"metadata": {"row": ' + b"9" * 5_000 + b'}, "response": {"data": ' + b"9" * 5_000 + b"}}\n"),
    "halves of characters": _journal(b'{"metadata": {"id": "\\ud800", "question": "\\udfff\\u0000"}, "response": "\\ud83d"}\n'),
    "hostile texts": _journal(b"".join(json.dumps(samples.original(one, one, one)).encode() + b"\n" for one in samples.HOSTILE)),
}  # fmt: skip
BESIDE = {
    "empty": b"", "no JSON": b"{", "NULs": b"\0" * 5_000, "no UTF-8": b"\xff\xfe\n", "null": b"null", "a list": b"[]", "a number": b"5",
    "deep": b'{"task":' * 100_000, "large": b'{"a": "' + b"x" * 10_000_000 + b'"}\n',
    "endless": b'{"run": "r", "counts": {"maybe_billed_usd": 1e999}}\n',
}  # fmt: skip
NOTES = {
    "nothing": {},
    "a run": {"state": "ended", "run": RUN["run"], "total": 9, "answered": 6, "plan": {"rows": 9, "todo": 9}, "after": {"rows": 9, "todo": 3}},
    "closed lanes": {"state": "running", "run": RUN["run"], "lanes": [_LANE], "waiting": [_WAITING], "pid": 1},
}  # fmt: skip


def _amiss(at: int) -> Build:
    """In each file beside the answers this value where others should stand: as it is, in an object, in a list, by turns."""
    one = WRONG[at]
    ways = (one, dict.fromkeys(_FIELDS, one), [one, dict.fromkeys(_FIELDS, one)])
    told = {name: ways[(number + at) % 3] for number, name in enumerate(_FIELDS)}

    def build(folder: Path) -> None:
        _beside(json.dumps(told).encode() + b"\n")(folder)
        (folder / ".progress.json").write_bytes(live.as_bytes(told))

    return build


KINDS = {
    "a rehearsal": _with("rehearsal.json", {}), "a second pass": _with("second.json", {}), "captions": _with("plan.json", {"kind": "captions"}),
    "a task": _with("plan.json", {"task": {"name": "t", "label": "topic", "schema": {"type": "object", "properties": {"topic": {"enum": ["a", "b"]}}}}}),
    "a task without a schema": _with("plan.json", {"task": 5, "kind": ["captions"]}), "links": _linked,
    "state": _with(".state.json", {"questions": "../\0", "views": [], "columns": {}}),
    "endpoints": _with("endpoints.json", {"a": _LANE | {"spent_until": "2999-01-01T00:00:00Z", "reason": ["x"]}, "b": {"spent_until": 5}, "c": []}),
}  # fmt: skip
OBSTACLES: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo, "a device": lambda path: os.symlink("/dev/zero", path), "a folder": Path.mkdir,
    "a link to itself": lambda path: os.symlink(path.name, path), "a link to nowhere": lambda path: os.symlink("nowhere", path),
}  # fmt: skip
_BESIDE_ALL = (
    "runs.json",
    "plan.json",
    ".state.json",
    ".progress.json",
    "endpoints.json",
    ".lock",
    ".task.lock",
    "run.log",
    "rehearsal.json",
)

SHOWN: Mapping[str, Build] = MappingProxyType(
    {"sound": sound, "of the original tool": _original}
    | {f"journal: {name}": build for name, build in JOURNALS.items()}
    | {f"beside: {name}": _beside(data) for name, data in BESIDE.items()}
    | {f"note: {name}": _noted(note) for name, note in NOTES.items()}
    | {f"beside: all is {one!r}": _amiss(at) for at, one in enumerate(WRONG)}
    | {f"kind: {name}": build for name, build in KINDS.items()}
    | {f"{name} in place of all beside": _in_place_of(_BESIDE_ALL, make) for name, make in OBSTACLES.items()}
)
MORE: Mapping[str, Build] = MappingProxyType({f"records: {name}": build for name, build in RECORDS.items()})
REFUSED: Mapping[str, Build] = MappingProxyType(
    {f"{name} in place of answers": _in_place_of(("output.json",), make) for name, make in OBSTACLES.items()}
)
