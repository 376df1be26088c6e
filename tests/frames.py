"""A folder of frames as a film lover has it: thousands of pictures of every kind, and among them what is none.

Each good frame carries its number as a pattern in its middle, which stays legible when it is turned upright, cropped,
scaled and written as a JPEG: whoever sees a picture knows which frame it is, whatever its name.
"""

import hashlib
import io
import multiprocessing
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from tests import pictures

FOLDERS = ("film1", "film 2", "ฟิล์ม3")  # in natural order
GOOD, CORRUPT, BOMB, COPY = "good", "corrupt", "bomb", "copy"
_SIZES = ((640, 360), (720, 480), (854, 480), (960, 540), (1280, 720), (480, 640), (512, 512))
_CELLS = 5  # a side of the pattern: 13 bits of the number, 12 that check it
_BOMBS = tuple(one for one in pictures.BAD if "bomb" in one[0])
_CORRUPT = tuple(one for one in pictures.BAD if "bomb" not in one[0])
# Kinds of files, each as often as it stands here.
_KINDS = (
    *("jpeg",) * 60,
    *("turned",) * 14,
    *("webp",) * 8,
    *("png",) * 6,
    *("cmyk", "palette", "alpha", "grey") * 2,
    *("sixteen", "gif", "animated", "webp animated"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One file. `number` of the picture that it is, from 1 in natural order; 0 for what is none; a copy has its original's."""

    path: str  # relative to the folder, as POSIX has it
    what: str
    number: int
    kind: str = ""


def plan(count: int, *, corrupt: int, bombs: int, copies: int, seed: int = 0) -> list[Frame]:
    """So many files in all, in natural order."""
    dice = random.Random(seed)
    odd = [CORRUPT] * corrupt + [BOMB] * bombs + [COPY] * copies
    what = [GOOD, *dice.sample(odd + [GOOD] * (count - 1 - len(odd)), count - 1)]
    made: list[Frame] = []
    number, each = 0, -(-count // len(FOLDERS))
    for place, one in enumerate(what):
        name = f"{FOLDERS[place // each]}/frame {place % each + 1}"
        if one == GOOD:
            number += 1
            kind = dice.choice(_KINDS)
            made.append(Frame(f"{name}{_suffix(kind)}", one, number, kind))
        elif one == COPY:
            of = dice.choice([frame for frame in made if frame.what == GOOD])
            made.append(Frame(f"{name} again{Path(of.path).suffix}", one, of.number, of.path))
        else:
            bad = (_BOMBS if one == BOMB else _CORRUPT)[place % len(_BOMBS if one == BOMB else _CORRUPT)]
            made.append(Frame(f"{name} {bad[0]}", one, 0, bad[0]))
    return made


def _suffix(kind: str) -> str:
    if kind in {"jpeg", "turned", "cmyk", "grey"}:
        return ".jpg"
    return ".webp" if kind.startswith("webp") else ".gif" if kind in {"gif", "animated"} else ".png"


def write(root: Path, frames: Sequence[Frame], processes: int = 1) -> None:
    """Make all of them below `root`."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    made = [frame for frame in frames if frame.what != COPY]
    if processes == 1:
        _write_some(root, made)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            parts = [made[start::64] for start in range(64)]
            list(pool.map(_write_some, [root] * len(parts), parts))
    for frame in frames:
        if frame.what == COPY:
            (root / frame.path).write_bytes((root / frame.kind).read_bytes())


def _write_some(root: Path, frames: Sequence[Frame]) -> None:
    bad = {name: make for name, make, _ in pictures.BAD}
    for frame in frames:
        data = file_of(frame.number, frame.kind) if frame.number else bad[frame.kind]()
        (root / frame.path).write_bytes(data)


def file_of(number: int, kind: str) -> bytes:
    """The bytes of a good frame's file."""
    image = drawn(number)
    if kind == "turned":
        return pictures.turned(image, 2 + number % 7, quality=88)
    if kind == "cmyk":
        return pictures.data(image.convert("CMYK"), quality=88)
    if kind == "grey":
        return pictures.data(image.convert("L"), quality=88)
    if kind == "palette":
        return pictures.data(image.convert("P", palette=Image.Palette.WEB), "PNG", compress_level=1)
    if kind == "alpha":
        image.putalpha(Image.linear_gradient("L").resize(image.size).point(lambda value: 255 - value // 8))
        return pictures.data(image, "PNG", compress_level=1)
    if kind == "sixteen":
        return pictures.data(pictures.in_mode(image, "I;16"), "PNG", compress_level=1)
    if kind in {"animated", "webp animated"}:
        small = [ImageOps.fit(image, (320, 320)), pictures.flat((9, 9, 9), (320, 320))]
        form = "GIF" if kind == "animated" else "WEBP"
        return pictures.data(small[0], form, save_all=True, append_images=small[1:], duration=50)
    if kind == "webp":
        return pictures.data(image, "WEBP", method=0, quality=85)
    options = {"compress_level": 1} if kind == "png" else {} if kind == "gif" else {"quality": 88}
    return pictures.data(image, {"png": "PNG", "gif": "GIF"}.get(kind, "JPEG"), **options)


def drawn(number: int) -> Image.Image:
    """The frame of this number, upright, in RGB."""
    dice = random.Random(number)
    size = dice.choice(_SIZES)
    image = Image.frombytes("RGB", (5, 4), dice.randbytes(60)).resize(size, Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, wide = dice.randrange(size[0]), dice.randrange(size[1]), dice.randrange(20, 200)
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        draw.ellipse((x, y, x + wide, y + dice.randrange(20, 200)), fill=colour)
    _sign(draw, size, number)
    return image


def _sign(draw: ImageDraw.ImageDraw, size: tuple[int, int], number: int) -> None:
    """Black and white cells over the middle half of the largest square in the middle."""
    cell = min(size) / 2 / _CELLS
    left, top = (size[0] - cell * _CELLS) / 2, (size[1] - cell * _CELLS) / 2
    for place, bit in enumerate(_bits(number)):
        x, y = left + place % _CELLS * cell, top + place // _CELLS * cell
        draw.rectangle((x, y, x + cell - 1, y + cell - 1), fill="white" if bit else "black")


def _bits(number: int) -> list[int]:
    check = int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:2], "big") & 0xFFF
    whole = number << 12 | check
    return [whole >> place & 1 for place in range(_CELLS * _CELLS)]


def number_in(data: bytes) -> int:
    """The number of the frame that a square picture file shows, upright; 0 where it shows none."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", (128, 128))
        return number_on(image)


def number_on(image: Image.Image) -> int:
    """The same of a picture."""
    grey = image.convert("L").resize((80, 80), Image.Resampling.BOX)
    at = ((24 + place % _CELLS * 8, 24 + place // _CELLS * 8) for place in range(_CELLS * _CELLS))
    values: list[Any] = [grey.getpixel(place) for place in at]
    seen = [int(value > 127) for value in values]
    number = sum(bit << place for place, bit in enumerate(seen)) >> 12
    return number if _bits(number) == seen else 0
