"""Makers of picture files for tests: the same seed gives the same picture, and none is larger than it must be."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageDraw

SIZE = (96, 64)
ORIENTATIONS = range(1, 9)
# How Pillow makes the eight orientations of EXIF of an upright picture: what a camera stores that is so held.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def photo(
    seed: int = 0, size: tuple[int, int] = SIZE, *, shapes: int = 12, noise: float = 0.05
) -> Image.Image:
    """Something like a photograph in RGB: light that changes slowly, things with edges in it, grain."""
    dice = random.Random(seed)
    light = Image.frombytes("RGB", (4, 3), dice.randbytes(36)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(light)
    for _ in range(shapes):
        x, y = dice.randrange(size[0]), dice.randrange(size[1])
        wide, high = dice.randrange(2, size[0] // 2 + 3), dice.randrange(2, size[1] // 2 + 3)
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        paint = draw.ellipse if dice.random() < 0.5 else draw.rectangle
        paint((x - wide // 2, y - high // 2, x + wide // 2, y + high // 2), fill=colour)
    grain = (max(1, size[0] // 2), max(1, size[1] // 2))
    grey = Image.frombytes("L", grain, dice.randbytes(grain[0] * grain[1])).resize(size)
    return Image.blend(light, grey.convert("RGB"), noise)


def flat(colour: tuple[int, int, int], size: tuple[int, int] = SIZE) -> Image.Image:
    return Image.new("RGB", size, colour)


def quarters(size: tuple[int, int] = (80, 60)) -> Image.Image:
    """Red, green, blue and white from the upper left on, row by row: which way is up is seen at four pixels."""
    whole = Image.new("RGB", size, "white")
    width, height = size[0] // 2, size[1] // 2
    for at, colour in (((0, 0), "red"), ((width, 0), "lime"), ((0, height), "blue")):
        whole.paste(colour, (*at, at[0] + width, at[1] + height))
    return whole


def data(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of a file of this format."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def jpeg(seed: int = 0, size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    return data(photo(seed, size), "JPEG", **options)


def png(seed: int = 0, size: tuple[int, int] = SIZE, **options: Any) -> bytes:
    return data(photo(seed, size), "PNG", **options)


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """The same picture in another mode, its values spread over the whole range of that mode."""
    grey = image.convert("L")
    if mode in {"I;16", "I;16B"}:
        # The low byte says the opposite: who takes it for the high one sees a negative.
        order = slice(None, None, -1 if mode == "I;16" else 1)
        both = [bytes([value, 255 - value])[order] for value in range(256)]
        return Image.frombytes(mode, image.size, b"".join(both[value] for value in grey.tobytes()))
    if mode == "I":
        return grey.convert("I").point(lambda value: value * 257)
    if mode == "F":
        return grey.convert("F").point(lambda value: value / 255)
    if mode == "PA":
        return image.convert("P").convert("PA")
    return image.convert(mode)


# Each mode that a file can bring, and a format that does.
MODES = (
    ("1", "PNG"), ("1", "BMP"), ("1", "TIFF"), ("L", "JPEG"), ("L", "PNG"), ("L", "GIF"), ("L", "BMP"), ("LA", "PNG"),
    ("LA", "WEBP"), ("P", "PNG"), ("P", "GIF"), ("P", "BMP"), ("P", "TIFF"), ("RGB", "JPEG"), ("RGB", "PNG"),
    ("RGB", "WEBP"), ("RGB", "BMP"), ("RGB", "TIFF"), ("RGB", "AVIF"), ("RGBA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF"),
    ("RGBA", "AVIF"), ("RGBA", "BMP"), ("CMYK", "JPEG"), ("CMYK", "TIFF"), ("YCbCr", "JPEG"), ("YCbCr", "TIFF"), ("LAB", "TIFF"),
    ("I;16", "PNG"), ("I;16", "TIFF"), ("I;16B", "TIFF"), ("I", "TIFF"), ("F", "TIFF"),
)  # fmt: skip


def turned(image: Image.Image, orientation: int, kind: str = "JPEG", **options: Any) -> bytes:
    """A file as a camera writes it that is held so: who heeds EXIF sees `image`."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = image.transpose(_STORED[orientation]) if orientation in _STORED else image
    return data(stored, kind, exif=exif.tobytes(), **options)


def animated(kind: str = "GIF") -> bytes:
    """Three frames, the first of them red."""
    frames = [flat(colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    return data(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)


def two_lenses(seed: int = 0) -> bytes:
    """An MPO: a JPEG with another one behind it, as phones write."""
    return data(photo(seed), "MPO", save_all=True, append_images=[photo(seed + 1)])


def png_of(width: int, height: int, packed: bytes = b"", *, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that says it is so large, with these bytes as its pixels."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    )


def zeros(count: int) -> bytes:
    """So many zeros, packed by zlib about 1,000 : 1."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [packer.compress(block[: min(1 << 20, count - done)]) for done in range(0, count, 1 << 20)]
    return b"".join(parts) + packer.flush()


def bmp_of(width: int, height: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + head + bytes(64)


def gif_of(width: int, height: int) -> bytes:
    """Its frame is larger than the small screen that its head declares."""
    head = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02L\x01\x00;"


def empty_jpeg() -> bytes:
    """A JPEG of 0 × 0 pixels."""
    whole = bytearray(jpeg())
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = bytes(4)
    return bytes(whole)


def cut(whole: bytes, share: float = 0.6) -> bytes:
    return whole[: int(len(whole) * share)]


def _text_bomb() -> bytes:
    """A small PNG with a comment of 4 MB, packed into 4 kB."""
    body = b"Comment\0\0" + zeros(4 << 20)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    whole = png()
    return whole[:33] + chunk + whole[33:]


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'

# What no picture comes of: a name that says what it is and lies about the type, its bytes, and what is said of it.
BAD: tuple[tuple[str, Callable[[], bytes], str], ...] = (
    ("empty.jpg", lambda: b"", "it is empty"),
    ("zeros.jpg", lambda: bytes(5_000), "nothing but zeros"),
    ("text.jpg", lambda: b"this is a text, not a picture\n" * 9, "is no picture"),
    ("svg.png", lambda: SVG, "it is an SVG"),
    ("page.jpg", lambda: b"\n<!DOCTYPE html><html><title>404</title></html>", "it is a web page"),
    ("pdf.jpg", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "it is a PDF"),
    ("psd.png", lambda: b"8BPS\0\1" + bytes(60), "it is a PSD"),
    ("eps.jpg", lambda: data(photo(), "EPS"), "it is PostScript"),
    ("photo.heic.jpg", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "it is a HEIC"),
    ("ppm.png", lambda: data(photo(), "PPM"), "is no picture"),
    ("icon.png", lambda: data(photo(0, (32, 32)), "ICO"), "it is an icon"),
    ("head-only.jpg", lambda: jpeg()[:3], "is "),
    ("cut.jpg", lambda: cut(jpeg()), "is cut off"),
    ("cut.png", lambda: cut(png()), "is cut off"),
    ("cut.gif", lambda: cut(data(photo(), "GIF")), "is cut off"),
    ("cut.bmp", lambda: cut(data(photo(), "BMP")), "is cut off"),
    ("cut.tif", lambda: cut(data(photo(), "TIFF")), "is "),
    ("cut.webp", lambda: cut(data(photo(), "WEBP")), "is "),
    ("cut.avif", lambda: cut(data(photo(), "AVIF")), "is "),
    ("bomb.png", lambda: png_of(40_000, 40_000), "is a PNG of 40,000 × 40,000 pixels"),
    ("long-bomb.png", lambda: png_of(1, 0x7FFFFFFF), "is a PNG of 1 × 2,147,483,647 pixels"),
    ("bomb.bmp", lambda: bmp_of(40_000, 40_000), "is a BMP of 40,000 × 40,000 pixels"),
    ("bomb.gif", lambda: gif_of(65_535, 65_535), "pixels"),
    ("no-pixels.jpg", empty_jpeg, "is "),
    ("no-pixels.png", lambda: png_of(0, 10), "is "),
    ("text-bomb.png", _text_bomb, "is damaged"),
    ("wrong-sum.png", lambda: png().replace(b"IDAT", b"IDAT\x01", 1), "is "),
)  # fmt: skip
