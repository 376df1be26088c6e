"""What a file is, by its first bytes: neither its name nor what a server says of it is believed."""

import re

ENOUGH = 512  # bytes after which it can be told
EXTENSIONS = {"jpeg": ".jpg", "png": ".png", "gif": ".gif", "webp": ".webp"}
"""The kinds of picture that are taken: what vision models read. BMP, TIFF and AVIF they do not."""

_PICTURES = (
    (rb"\xff\xd8\xff", "jpeg"),
    (rb"\x89PNG\r\n\x1a\n", "png"),
    (rb"GIF8[79]a", "gif"),
    (rb"RIFF....WEBP", "webp"),
)
_OTHERS = (
    (rb"BM.{4}\0{4}", "a BMP picture"),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "a TIFF picture"),
    (rb".{4}ftyp(?:avif|avis)", "an AVIF picture"),
    (rb".{4}ftyp(?:hei[cfmsx]|hev[cx]|mif1|msf1)", "a HEIC picture"),
    (rb".{4}ftyp|\x1a\x45\xdf\xa3|RIFF....AVI ", "a film"),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (rb"\0\0\x01\0", "an icon"),
    (rb"8BPS", "a Photoshop file"),
    (rb"%PDF|%!PS", "a PDF or PostScript file"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", "an archive"),
    (rb"\s*[\[{]", "JSON"),
    (rb"(?i:\s*<(?:!doctype html|html|head|body|script|!--))", "a web page"),
    (rb"(?i:\s*(?:<\?xml.*?|<!doctype svg.*?)?<svg)", "an SVG picture, which can hold scripts"),
    (rb"\s*<", "a web page or XML"),
)


def kind(data: bytes) -> str:
    """A key of EXTENSIONS, '' for anything else."""
    return _first(_PICTURES, data)


def other(data: bytes) -> str:
    """What `data` is that is no picture we take, in words."""
    if not data:
        return "an empty answer"
    # A byte order mark may stand before text.
    return _first(_OTHERS, data.removeprefix(b"\xef\xbb\xbf")) or "no picture"


def _first(table: tuple[tuple[bytes, str], ...], data: bytes) -> str:
    return next((what for form, what in table if re.match(b"(?s)" + form, data[:ENOUGH])), "")
