"""How well copies of pictures are told from other pictures, and how fast. python bench/likeness.py [PICTURES] [PRINTS]

PICTURES (80) of each of several kinds are generated, and of each the copies that are met with: the share of them that is found
at several shares of likeness, and of pairs of different pictures the share that is taken for copies. A scene is one place with
three things in it, elsewhere in each of ten pictures. Then PRINTS (100,000) pictures are looked for and added one after the
other: light, dark, framed in black.
"""

import io
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from dset.images import pool
from dset.images.likeness import Prints, fingerprint, likeness
from tests import pictures

SHARES = (0.9, 0.92, 0.94, 0.95, 0.96)
SIZE = (384, 256)
_SCENE = 10  # pictures of one place


def stored(image: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(pictures.data(image, "JPEG", quality=quality)))


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)


def cropped(image: Image.Image, share: float) -> Image.Image:
    x, y = image.width * share, image.height * share
    return image.resize(image.size, Image.Resampling.LANCZOS, (x, y, image.width - x, image.height - y))


def written_on(image: Image.Image) -> Image.Image:
    image = image.copy()
    draw = ImageDraw.Draw(image)
    draw.rectangle((4, image.height - 18, 90, image.height - 5), fill="black")
    draw.text((6, image.height - 17), "a subtitle", fill="white")
    return image


def grainy(image: Image.Image) -> Image.Image:
    grain = random.Random(5).randbytes(image.width * image.height * 3)
    return Image.blend(image, Image.frombytes("RGB", image.size, grain), 0.06)


def warmer(image: Image.Image) -> Image.Image:
    factors = (1.06, 1.0, 0.93)
    return Image.merge(
        "RGB",
        [
            band.point([min(255, round(value * factor)) for value in range(256)])
            for band, factor in zip(image.split(), factors, strict=True)
        ],
    )


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG 85": lambda image: stored(image, 85),
    "JPEG 30": lambda image: stored(image, 30),
    "× 1/2": lambda image: scaled(image, 0.5),
    "× 1/4": lambda image: scaled(image, 0.25),
    "× 1.5": lambda image: scaled(image, 1.5),
    "crop 1 %": lambda image: cropped(image, 0.01),
    "crop 2 %": lambda image: cropped(image, 0.02),
    "crop 4 %": lambda image: cropped(image, 0.04),
    "light × 1.15": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "light × 0.8": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "contrast × 1.2": lambda image: ImageEnhance.Contrast(image).enhance(1.2),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1.5)),
    "grainy": grainy,
    "warmer": warmer,
    "written on": written_on,
}


def sky(seed: int) -> Image.Image:
    """Next to no structure."""
    dice = random.Random(seed)
    corners = bytes(128 + dice.randrange(-40, 40) for _ in range(12))
    return Image.frombytes("RGB", (2, 2), corners).resize(SIZE, Image.Resampling.BICUBIC)


def drawing(seed: int) -> Image.Image:
    dice, image = random.Random(seed), Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        points = [(dice.randrange(SIZE[0]), dice.randrange(SIZE[1])) for _ in range(3)]
        draw.line(points, fill="black", width=2)
    return image


def page(seed: int) -> Image.Image:
    dice, image = random.Random(seed), Image.new("RGB", (384, 512), "white")
    draw = ImageDraw.Draw(image)
    for y in range(20, 490, 14):
        words = ("".join(dice.choices("abcdefghijklmno", k=dice.randrange(2, 9))) for _ in range(8))
        draw.text((20, y), " ".join(words), fill="black")
    return image


def framed(seed: int) -> Image.Image:
    """As of a film, between black bars."""
    image = Image.new("RGB", SIZE)
    image.paste(pictures.photo(seed, (384, 160)), (0, 48))
    return image


def scene(seed: int) -> Image.Image:
    image, dice = pictures.photo(1_000 + seed // _SCENE, SIZE), random.Random(seed)
    draw = ImageDraw.Draw(image)
    for _ in range(3):
        x, y, side = dice.randrange(SIZE[0]), dice.randrange(SIZE[1]), dice.randrange(30, 70)
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        draw.ellipse((x, y, x + side, y + side * 1.5), fill=colour)
    return image


def flat(seed: int) -> Image.Image:
    dice = random.Random(seed)
    return pictures.flat((dice.randrange(256), dice.randrange(256), dice.randrange(256)), SIZE)


KINDS: dict[str, Callable[[int], Image.Image]] = {
    "photo": lambda seed: pictures.photo(seed, SIZE),
    "busy photo": lambda seed: pictures.photo(seed, SIZE, shapes=80, noise=0.1),
    "dark photo": lambda seed: ImageEnhance.Brightness(pictures.photo(seed, SIZE)).enhance(0.12),
    "framed": framed,
    "scene": scene,
    "drawing": drawing,
    "page": page,
    "sky": sky,
    "flat": flat,
}


def table(name: str, alike: list[float]) -> None:
    shares = "".join(f"{sum(one >= share for one in alike) / max(1, len(alike)):8.3f}" for share in SHARES)
    print(f"{name:28}{shares}   highest {max(alike, default=0):.3f}", flush=True)


def measure(count: int) -> None:
    copies: dict[str, list[float]] = {name: [] for name in COPIES}
    print(f"{'pairs of different':28}" + "".join(f"{share:8}" for share in SHARES))
    for kind, make in KINDS.items():
        images = [make(seed) for seed in range(count)]
        prints = [fingerprint(image.copy()) for image in images]
        pairs = [(one, other) for one in range(count) for other in range(one)]
        near = [(one, other) for one, other in pairs if kind == "scene" and one // _SCENE == other // _SCENE]
        table(kind, [likeness(prints[one], prints[other]) for one, other in set(pairs) - set(near)])
        if near:
            table("  the same scene", [likeness(prints[one], prints[other]) for one, other in near])
        for name, copy in COPIES.items():
            copies[name] += [
                likeness(fingerprint(copy(image)), print_)
                for image, print_ in zip(images, prints, strict=True)
            ]
    print("copies of all kinds")
    for name, alike in copies.items():
        table(name, alike)


def small(seed: int) -> str:
    """The print of a small picture: of ten one is dark, one nearly black, one framed."""
    image = pictures.photo(seed, (64, 48), shapes=(3, 8, 20)[seed % 3])
    if seed % 10 in {1, 3}:
        image = ImageEnhance.Brightness(image).enhance(0.1 if seed % 10 == 1 else 0.03)
    elif seed % 10 == 2:
        whole = Image.new("RGB", (64, 48))
        whole.paste(image.resize((64, 30)), (0, 9))
        image = whole
    return fingerprint(image)


def speed(count: int) -> None:
    made = [text for _, text in pool.each(range(count), small, died=small)]
    prints, alike, started = Prints(), 0, time.process_time()
    for number, text in enumerate(made):
        if prints.find(text):
            alike += 1
        else:
            prints.add(str(number), text)
    print(
        f"{count:,} looked for, {len(prints):,} added, {alike:,} alike: {time.process_time() - started:.1f} s of CPU"
    )


def main() -> None:
    count, prints = [*map(int, sys.argv[1:]), *(80, 100_000)[len(sys.argv) - 1 :]]
    measure(count)
    speed(prints)


if __name__ == "__main__":
    main()
