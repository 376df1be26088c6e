"""The bytes of a file as a picture, or a short reason why they are none.

Told by content, from a list of formats that are safe to read: a name or a type that a stranger declares is not believed.
"""

import contextlib
import io
from collections.abc import Iterator

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from dset.images.calm import calm

LARGEST = 32 << 20  # bytes of a file
TOO_LARGE = f"is larger than {LARGEST >> 20} MB"
PIXELS = 89_478_485  # where Pillow begins to warn of a decompression bomb

# By class, not by Image.open: it would load every format there is, EPS and PSD too, and it names no size when it refuses.
# An MPO, of a phone's two lenses, is a JPEG with another one behind it.
_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}
_BEGINNINGS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
# What is often found under a picture's name; to say what it is helps.
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"8BPS", "a PSD"),
    (b"%!PS", "PostScript"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\0\0\1\0", "an icon"),
    (b"\x1a\x45\xdf\xa3", "a film"),
    (b"version https://git-lfs", "a Git LFS pointer: fetch the file itself by git lfs pull"),
)
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF"}
_NO_SENSE = "not identified by this driver"  # Pillow's words for a head without a mode or a size
_HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}


class PictureError(Exception):
    """A file that is not taken as a picture; the text is the rest of a sentence that begins with its name."""


class TooLargeError(PictureError):
    """One that nothing is to be unpacked of."""


def open_picture(data: bytes) -> Image.Image:
    """The picture in the bytes of a file, ready to load; of an animation the first one. Raises PictureError.

    At most LARGEST bytes and PIXELS pixels, known before anything is unpacked. What is cut off or damaged further on
    shows only when it is loaded (`reading` says how).
    """
    if len(data) > LARGEST:
        raise TooLargeError(TOO_LARGE)
    kind = kind_of(data)
    if not kind:
        raise PictureError(f"is no picture that can be read: {_instead(data)}")
    if kind == "WEBP" and len(data) < int.from_bytes(data[4:8], "little") + 8:
        raise PictureError("is cut off")  # its reader would not say why it fails
    with reading():
        picture = _READERS[kind](io.BytesIO(data))
        _check_size(kind, *picture.size)
        return picture


def kind_of(data: bytes) -> str:
    """JPEG, PNG, WEBP, GIF, BMP, TIFF or AVIF by the first bytes of a file, '' where it is none of them."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), 256)
        brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
        # The main brand may be the general mif1, with avif among those it is compatible with.
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), "")
    return next((kind for begins, kind in _BEGINNINGS if data.startswith(begins)), "")


def _check_size(kind: str, width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise PictureError("has no pixels")
    if width * height > PIXELS:
        article = "an" if kind == "AVIF" else "a"
        raise TooLargeError(f"is {article} {kind} of {width:,} × {height:,} pixels, which is too large")


def _instead(data: bytes) -> str:
    """What a file that is no picture seems to be."""
    begins = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data:
        return "it is empty"
    if not data.strip(b"\0"):
        return "it holds nothing but zeros"
    if b"<svg" in begins:
        return "it is an SVG"
    if begins.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "it is a web page"
    if data[4:8] == b"ftyp":
        return "it is a HEIC" if data[8:12] in _HEIC else "it is a film"
    other = next((name for magic, name in _OTHERS if data.startswith(magic)), "")
    return f"it is {other}" if other else "it is in no format known here"


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Within it whatever Pillow makes of a stranger's file is a PictureError, and its warnings are not shown."""
    try:
        with calm():
            yield
    except PictureError:
        raise
    # Not OSError alone: of 590 files made to torture readers others raised ValueError, SyntaxError, struct.error …
    except Exception as error:
        raise PictureError(_reason(error)) from error


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())[:120]
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, Image.DecompressionBombError):
        return "has more pixels than can be taken"
    if isinstance(error, EOFError) or "truncated" in text.lower():
        return "is cut off"
    if text == _NO_SENSE:
        text = "its beginning makes no sense"
    return f"is damaged ({text or type(error).__name__})"
