"""A caption dataset as `caption` leaves it, of tiny pictures, to be read, checked, mended and broken by tests."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from dset import answers, rejections
from dset.captions import entries, laid_out
from dset.captions.entries import Entry
from dset.failures import Kind
from tests import samples

SIZE = (16, 16)


def picture(path: Path, shade: int, size: tuple[int, int] = SIZE, mode: str = "RGB") -> Path:
    """A picture of its own for each shade, 0 to 4095."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Image.new("RGB", size, (shade % 16 * 16, shade // 16 % 16 * 16, shade // 256 * 16))
    made.convert(mode).save(path)
    return path


class Dataset:
    """One being made. `caption`, `fail` and the others each add a source; `lay_out` writes metadata.jsonl."""

    def __init__(self, folder: Path, **plan: Any) -> None:
        self.folder = folder
        self.train = folder / "train"
        self.numbers = 0
        self.train.mkdir(parents=True)
        settled = {"version": 1, "folder": "frames", "size": list(SIZE), "fit": "crop", "lang": "en"}
        (folder / "plan.json").write_text(json.dumps(settled | plan), encoding="utf-8")

    def line(self, source: str, state: str, number: int | None = None, reason: str = "", **more: Any) -> None:
        """A line of images.jsonl."""
        file = f"train/{number}.jpg" if number else None
        digest = hashlib.sha256(source.encode("utf-8", "surrogatepass")).hexdigest()
        line = {"number": number, "file": file, "source": source, "sha256": digest, "state": state}
        with (self.folder / "images.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line | {"reason": reason} | more) + "\n")

    def ready(self, source: str = "", place: str = "train") -> int:
        """A picture that was prepared; its number."""
        self.numbers += 1
        self.line(source or f"film/{self.numbers}.png", "ready", self.numbers)
        picture(self.folder / place / f"{self.numbers}.jpg", self.numbers)
        return self.numbers

    def caption(self, text: str, source: str = "", place: str = "train") -> int:
        """A picture with its answer in the journal."""
        number = self.ready(source, place)
        self.answer(number, text)
        return number

    def answer(self, number: int, text: str) -> None:
        asked = samples.question("describe", row=number + 1, image=f"train/{number}.jpg")
        record = answers.as_record(samples.answer(asked, samples.reply(text), data={"caption": text}))
        self._append("output.json", record)

    def fail(
        self, kind: str = Kind.OUTAGE, reason: str = "no connection", source: str = "", place: str = "train"
    ) -> int:
        """A picture whose row ended without an answer."""
        number = self.ready(source, place)
        asked = samples.question("describe", row=number + 1, image=f"train/{number}.jpg")
        rejection = samples.rejection(asked, kind=kind, reason=reason)
        self._append("rejected.json", rejections.as_record(rejection))
        return number

    def block(self, source: str = "", place: str = "blocked") -> int:
        return self.fail(Kind.REFUSAL, "the service's safety filter blocked it", source, place)

    def _append(self, name: str, record: Mapping[str, Any]) -> None:
        with (self.folder / name).open("ab") as stream:
            stream.write(answers.as_line(record))

    def lay_out(self, *, kohya: bool = False) -> None:
        """As a run leaves it."""
        known = entries.read(self.folder)
        (self.train / "metadata.jsonl").write_bytes(metadata_lines(known))
        for line in lines_of(known) if kohya else ():
            (self.train / laid_out.txt_name(line.name)).write_bytes(laid_out.txt_of(line.text))

    def metadata(self) -> dict[str, str]:
        """What train/metadata.jsonl says, by picture."""
        return {line["file_name"]: line["text"] for line in samples.read_lines(self.train / "metadata.jsonl")}

    def journal(self) -> list[str]:
        """The pictures that output.json has lines about."""
        return [one["metadata"]["image"] for one in samples.read_lines(self.folder / "output.json")]

    def files(self) -> set[str]:
        """Every file, relative to the folder; none that is hidden."""
        found = (path for path in self.folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(self.folder).as_posix() for path in found}


def good(folder: Path, *, kohya: bool = False) -> Dataset:
    """Two films: five captions, one picture blocked, one filtered, one set aside, one a copy, laid out and fit."""
    made = Dataset(folder)
    for text in ("a cat, calm light", "a dog, เช้าตรู่", "雨の街", "مدينة في المطر"):
        made.caption(text)
    made.block("film/5.png")
    made.line("film/broken.png", "set aside", reason="is cut off")
    made.line("film/again.png", "copy", reason="the same as film/1.png")
    made.ready("other/6.png", "filtered")
    made.caption("a boat at night", "other/7.png")
    made.lay_out(kohya=kohya)
    return made


def lines_of(entries: Iterable[Entry]) -> list[laid_out.Line]:
    """A line for each picture that has a caption and stands in train/, in the order given."""
    return [
        laid_out.Line(entry.name, laid_out.plain(entry.caption), _translated(entry))
        for entry in entries
        if entry.state == "captioned" and entry.folder == "train"
    ]


def _translated(entry: Entry) -> dict[str, str]:
    return {f"text_{lang}": laid_out.plain(text) for lang, text in entry.translations.items()}


def metadata_lines(entries: Iterable[Entry]) -> bytes:
    """metadata.jsonl of these entries, whole."""
    return b"".join(map(laid_out.line_of, lines_of(entries)))
