"""How the bytes of a CSV become text: told from its first bytes, named by the user, or refused; never guessed."""

import codecs
import locale
import re

from dset.errors import QuestionsError

# The longer one first: a UTF-32 file begins like a UTF-16 one.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OTHER_FILES = (
    (rb"PK\x03\x04", "an Excel workbook or another zip file; in Excel, save it as 'CSV UTF-8'"),
    (rb"\xd0\xcf\x11\xe0", "an old Excel workbook; in Excel, save it as 'CSV UTF-8'"),
    (rb"%PDF-", "a PDF; it must be a CSV"),
    (rb"(?i)\s*<(!doctype|html|\?xml)", "a web page or XML; it must be a CSV"),
    (rb'\s*(\{\s*"|\[\s*[\[{"])', "JSON; it must be a CSV with one question a row"),
    (rb"\x1f\x8b", "a gzip file; unpack it first"),
    (rb"(\x89PNG|\xff\xd8\xff|GIF8)", "an image; it must be a CSV"),
)
# What a spreadsheet writes when it is told 'CSV' and nothing more, by script: nearly all that is not ASCII is in the
# first pattern, something is in the second. Bytes of one script often decode as another's. Only named to the user.
_LIKELY = (
    ("cp932", "[\u3041-\u30ff\u4e00-\u9fff]", "[\u3041-\u30ff]"),  # Japanese
    ("cp949", "[\uac00-\ud7a3]", "[\uac00-\ud7a3]{2}"),  # Korean
    ("cp874", "[\u0e01-\u0e5b]", "[\u0e01-\u0e4e]{2}"),  # Thai
    ("gb18030", "[\u4e00-\u9fff]", "[\u4e00-\u9fff]{2}"),  # Chinese
    ("cp1256", "[\u0621-\u064a]", "[\u0621-\u064a]{3}"),  # Arabic
    ("cp1251", "[\u0401-\u0451]", "[\u0430-\u044f]{3}"),  # Cyrillic
)
_PUNCTUATION = re.compile(
    "[\x00-\x7f\u00a0-\u00bf\u060c\u061b\u061f\u2000-\u206f\u3000-\u303f\uff00-\uff1f]+"
)
# No Thai word begins with such a mark, and none ends with a vowel that is written before its consonant.
_LOOSE_MARK = re.compile(
    "(?<![\u0e01-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]|[\u0e40-\u0e44](?![\u0e01-\u0e2e])"
)

_LINE_END = re.compile("\r\n?|\n")


def encoding_of(head: bytes, asked: str) -> tuple[str, int]:
    """The codec of a file that begins with `head`, and the length of its BOM in bytes.

    `asked` is the user's --encoding ('' for none); a BOM that belongs to it is still taken off. Raises
    QuestionsError for what is no CSV at all, and where --encoding and the file's own BOM say different things.
    """
    codec, bom = next(((codec, bom) for bom, codec in _BOMS if head.startswith(bom)), ("", b""))
    _refuse_other_files(head[len(bom) :].decode(codec, "ignore").encode() if bom else head)
    family = asked.removesuffix("-sig")
    if bom and codec.startswith(family):
        return codec, len(bom)
    if bom:
        raise QuestionsError(
            f"begins with the byte order mark of {codec.upper()}: leave out --encoding {asked}"
        )
    guess = _utf16_without_bom(head)
    if (guess and not asked) or family in {"utf-16", "utf-32"}:
        wide = family.upper() or "UTF-16"  # Python would take the byte order of this machine
        raise QuestionsError(
            f"this looks like {wide} without a byte order mark; try --encoding {guess or f'{family}-le'}"
        )
    return family or "utf-8", 0


def _refuse_other_files(head: bytes) -> None:
    for pattern, what in _OTHER_FILES:
        if re.match(pattern, head):
            raise QuestionsError(f"this is {what}")


def _utf16_without_bom(head: bytes) -> str:
    """The codec if every second byte of the beginning is NUL, as in UTF-16 of mostly Latin text."""
    even, odd = head[0:200:2], head[1:200:2]
    if len(odd) >= 2 and even and odd.count(0) > len(odd) * 0.6 and even.count(0) < len(even) * 0.2:
        return "utf-16-le"
    if len(odd) >= 2 and even and even.count(0) > len(even) * 0.6 and odd.count(0) < len(odd) * 0.2:
        return "utf-16-be"
    return ""


def to_utf8(data: bytes, codec: str, bom: int = 0) -> bytes:
    """`data`, decoded strictly, as UTF-8. Raises QuestionsError that names the byte and what the file may be.

    `bom` is the length of what stands before `data` in the file.
    """
    try:
        if codec == "utf-8":
            data.decode("utf-8")
            return data
        return data.decode(codec).encode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        line = _line_of(data[:at], codec)
        place = f"line {line}, byte {bom + at + 1} (0x{data[at]:02X})"
        advice = f"save it as UTF-8, or try --encoding {likely(data)}"
        raise QuestionsError(f"{place} is not {codec.upper()}: {advice}") from None
    except UnicodeEncodeError as error:
        raise QuestionsError(
            f"{codec.upper()} gives a character that no text holds: {error.reason}"
        ) from None
    except UnicodeError as error:
        raise QuestionsError(f"the file is not {codec.upper()}: {error}") from None


def _line_of(before: bytes, codec: str) -> int:
    try:
        return len(_LINE_END.findall(before.decode(codec, "ignore"))) + 1
    except UnicodeError:  # idna and the like know no errors but strict ones
        return before.count(b"\n") + 1


def likely(data: bytes) -> str:
    """The encoding worth naming to the user for bytes that are no UTF-8. Only ever a suggestion."""
    sample = data[:200_000]
    local = locale.getpreferredencoding(False).lower()
    if local.startswith(("cp", "windows")) and _text_in(local, sample):
        return local
    for codec, letter, sign in _LIKELY:
        if _looks(_text_in(codec, sample), letter, sign):
            return codec
    return "cp1252"


def _text_in(codec: str, sample: bytes) -> str:
    """`sample` as text, '' where it is none in this encoding; the last character may be cut."""
    try:
        return sample.decode(codec)
    except UnicodeDecodeError as error:
        return sample[: error.start].decode(codec) if error.start >= len(sample) - 4 else ""


def _looks(text: str, letter: str, sign: str) -> bool:
    letters = _PUNCTUATION.sub("", text)
    is_script = len(re.findall(letter, letters)) >= 0.9 * len(letters)
    return is_script and bool(re.search(sign, text)) and not _LOOSE_MARK.search(text)
