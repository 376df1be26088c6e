"""`caption --sheet`: one HTML page of thumbnails with their captions, for a browser, that needs and asks for nothing else.

A caption or a file name is text on it, whatever it says: everything is escaped, no script may run, and no address but
data: of the page's own may be loaded (its Content-Security-Policy).
"""

import base64
import io
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from dset import files
from dset.captions import sheet_style
from dset.captions.entries import STATES, Entry, by_folder
from dset.folders import Folder
from dset.markup import escaped

NAME = "contact_sheet.html"
_EDGE = 160  # pixels of a thumbnail's longer side
_QUALITY = 70
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_LANG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_EMPTY = (
    "There is no picture here yet. Run <code>python dset_generator.py caption FOLDER</code> with the folder of your "
    "pictures, then make this page again."
)


def write(folder: Path, entries: Iterable[Entry]) -> Path:
    """Put the page into `folder`, in one step; returns where it is. Raises OSError."""
    path = folder / NAME
    files.replace(path, files.in_blocks(page(folder, list(entries))))
    return path


def page(folder: Path, entries: list[Entry]) -> Iterator[bytes]:
    """The page in pieces, UTF-8: of 10,000 pictures one thumbnail at a time is in memory."""
    nonce, lang = secrets.token_urlsafe(16), _lang(folder)
    yield from (piece.encode("utf-8") for piece in _head(folder.resolve().name, nonce))
    if not entries:
        yield f"<main><p>{_EMPTY}</p></main></body></html>\n".encode()
        return
    yield from (piece.encode("utf-8") for piece in _counts(entries))
    yield b'<main aria-labelledby="pictures"><h2 id="pictures">Pictures</h2>\n<ul class="sheet">\n'
    for entry in entries:
        yield _card(folder, entry, lang).encode("utf-8")
    yield b"</ul></main></body></html>\n"


def _lang(folder: Path) -> str:
    """The language of the captions by plan.json, '' where it says none."""
    try:
        lang = json.loads(Folder(folder).plan.read_bytes()).get("lang")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""
    return lang if isinstance(lang, str) and _LANG.fullmatch(lang) else ""


def _head(name: str, nonce: str) -> Iterator[str]:
    policy = (
        f"default-src 'none'; img-src data:; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'"
    )
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">\n'
    yield f'<title>{escaped(name)}: contact sheet</title>\n<style nonce="{nonce}">{sheet_style.STYLE}</style></head>\n'
    yield f'<body><header><h1>Contact sheet of <bdi dir="auto">{escaped(name)}</bdi></h1></header>\n'


def _counts(entries: list[Entry]) -> Iterator[str]:
    """The filter by state, which holds the counts, and the table of source folders."""
    counts = Counter(entry.state for entry in entries)
    states = [state for state in STATES if counts[state]]
    yield '<section aria-labelledby="counts"><h2 id="counts">Counts</h2>\n'
    yield '<fieldset class="filter"><legend>Show</legend>\n'
    yield _choice("all", "all", len(entries), " checked")
    yield from (_choice(_class(state), state, counts[state], "") for state in states)
    yield "</fieldset>\n"
    yield from _table(by_folder(entries), states)
    yield "</section>\n"


def _choice(name: str, word: str, number: int, checked: str) -> str:
    return (
        f'<label class="{name}"><input type="radio" name="show" id="show-{name}"{checked}> '
        f"{word} <b>{number:,}</b></label>\n"
    )


def _table(folders: dict[str, Counter[str]], states: list[str]) -> Iterator[str]:
    heads = "".join(f'<th scope="col">{state}</th>' for state in [*states, "total"])
    yield '<details><summary>By source folder</summary><div class="wide" tabindex="0"><table>\n'
    yield f'<thead><tr><th scope="col">folder</th>{heads}</tr></thead><tbody>\n'
    for name, count in folders.items():
        cells = "".join(
            f"<td>{number:,}</td>" for number in [*(count[state] for state in states), count.total()]
        )
        yield f'<tr><th scope="row"><bdi dir="auto">{escaped(name)}</bdi></th>{cells}</tr>\n'
    yield "</tbody></table></div></details>\n"


def _class(state: str) -> str:
    return state.replace(" ", "-")


def _card(folder: Path, entry: Entry, lang: str) -> str:
    """One picture: what it shows, its state in a word where it is not captioned, its caption, where it came from."""
    tag = "" if entry.state == "captioned" else f'<p class="state">{entry.state}</p>'
    why = f'<p class="reason" dir="auto">{escaped(entry.reason)}</p>' if entry.reason else ""
    said = entry.caption if entry.state == "captioned" else ""
    spoken = f' lang="{lang}"' if lang else ""
    caption = f'<p class="caption" dir="auto"{spoken}>{escaped(said)}</p>' if said else ""
    further = "".join(_translation(code, text) for code, text in entry.translations.items() if said)
    name = escaped(entry.file or "no picture")
    return (
        f'<li class="card {_class(entry.state)}"><figure>{_picture(folder, entry)}<figcaption>{tag}{caption}{further}'
        f'{why}<p class="source"><b>{name}</b> from <bdi dir="auto">{escaped(entry.source)}</bdi></p></figcaption></figure></li>\n'
    )


def _translation(code: str, text: str) -> str:
    spoken = f' lang="{code}"' if _LANG.fullmatch(code) else ""
    return f'<p class="caption" dir="auto"{spoken}>{escaped(text)}</p>'


def _picture(folder: Path, entry: Entry) -> str:
    """The thumbnail; a blocked one is seen clearly only while it is pointed at or focused."""
    made = thumbnail(folder / entry.file) if entry.file else None
    if made is None:
        word = "cannot be shown" if entry.file else "no picture"
        return f'<div class="none">{word}</div>'
    data, width, height = made
    blocked = entry.state == "blocked"
    alt = escaped(entry.caption or f"{entry.state}: {entry.source}")
    image = (
        f'<img src="data:image/jpeg;base64,{base64.b64encode(data).decode("ascii")}" alt="{alt}" '
        f'width="{width}" height="{height}" loading="lazy" decoding="async">'
    )
    if not blocked:
        return f'<div class="frame">{image}</div>'
    return f'<div class="frame veil" tabindex="0" role="group" aria-label="blocked, blurred until focused">{image}</div>'


def thumbnail(path: Path) -> tuple[bytes, int, int] | None:
    """(a JPEG of at most 160 pixels a side, width, height), None where the picture cannot be read."""
    # Pillow raises nearly anything for a damaged picture: ValueError, SyntaxError, struct.error …
    try:
        with Image.open(io.BytesIO(path.read_bytes()), formats=_FORMATS) as picture:
            picture.draft("RGB", (_EDGE, _EDGE))  # a JPEG is decoded at a fraction of its size
            small = picture.convert("RGB")
    except Exception:  # noqa: BLE001
        return None
    small.thumbnail((_EDGE, _EDGE))
    written = io.BytesIO()
    small.save(written, "JPEG", quality=_QUALITY)
    return written.getvalue(), *small.size
