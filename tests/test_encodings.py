"""Which bytes become which text, and which are refused with their place: one table, run twice."""

import codecs
import locale
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset import encodings
from dset.errors import QuestionsError
from dset.questions import Sheet

TEXT = "question,status\nสวัสดี,\ncafé €,\n"
THAI = "question\nประเทศไทยมีกี่จังหวัด\nแมวกินอะไร\n"
JAPANESE = "question\n日本の首都はどこですか\nねこ\n"
FRENCH = "question\nOù est le café ?\nÉté\n"

READ = {
    "UTF-8": (TEXT.encode(), "", "utf-8"),
    "UTF-8 with BOM": (TEXT.encode("utf-8-sig"), "", "utf-8"),
    "UTF-16 LE with BOM": (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "", "utf-16-le"),
    "UTF-16 BE with BOM": (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "", "utf-16-be"),
    "UTF-32 LE with BOM": (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "", "utf-32-le"),
    "UTF-32 BE with BOM": (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "", "utf-32-be"),
    "UTF-8 with BOM, asked as UTF-8": (TEXT.encode("utf-8-sig"), "utf-8", "utf-8"),
    "UTF-8 with BOM, asked as such": (TEXT.encode("utf-8-sig"), "utf-8-sig", "utf-8"),
    "UTF-8 without the BOM that was asked": (TEXT.encode(), "utf-8-sig", "utf-8"),
    "UTF-16 with BOM, asked as UTF-16": (TEXT.encode("utf-16"), "utf-16", "utf-16-le"),
    "UTF-16 LE without BOM, asked": (TEXT.encode("utf-16-le"), "utf-16-le", "utf-16-le"),
    "UTF-16 BE without BOM, asked": (TEXT.encode("utf-16-be"), "utf-16-be", "utf-16-be"),
    "Thai Windows, asked": (THAI.encode("cp874"), "cp874", "cp874"),
    "Japanese Windows, asked": (JAPANESE.encode("cp932"), "cp932", "cp932"),
    "Western Windows, asked": (FRENCH.encode("cp1252"), "cp1252", "cp1252"),
    "old Macs, asked": (FRENCH.encode("mac-roman"), "mac-roman", "mac-roman"),
}
TEXTS = {"Thai": THAI, "Japanese": JAPANESE, "Western": FRENCH, "old": FRENCH}


def text_of(data: bytes, asked: str) -> str:
    codec, bom = encodings.encoding_of(data[:4096], asked)
    return encodings.to_utf8(data[bom:], codec, bom).decode()


@pytest.mark.parametrize("name", READ)
def test_a_readable_file_gives_the_text_that_was_written(name: str) -> None:
    data, asked, codec = READ[name]
    assert encodings.encoding_of(data[:4096], asked)[0] == codec
    assert text_of(data, asked) == TEXTS.get(name.split(maxsplit=1)[0], TEXT)


@pytest.mark.parametrize("name", READ)
def test_a_readable_file_is_read_from_disk_and_gets_its_bookmarks_in_its_own_encoding(
    name: str, tmp_path: Path
) -> None:
    data, asked, _ = READ[name]
    path = tmp_path / "q.csv"
    path.write_bytes(data)
    wanted = TEXTS.get(name.split(maxsplit=1)[0], TEXT).split("\n")[1].rstrip(",")
    with Sheet(path, encoding=asked) as sheet:
        assert next(sheet.question(record).text for _, record in sheet.records()) == wanted
        assert sheet.can_write
        sheet.write_statuses({2: "ERROR"})
    with Sheet(path, encoding=asked) as sheet:
        first = next(sheet.question(record) for _, record in sheet.records())
        assert (first.text, first.status) == (wanted, "ERROR")
        sheet.write_statuses({2: ""})
    if "status" in text_of(data, asked):
        assert path.read_bytes() == data


REFUSED = {
    "Thai Windows": (THAI.encode("cp874"), "", "line 2, byte 10 (0xBB) is not UTF-8", "--encoding cp874"),
    "Japanese Windows": (JAPANESE.encode("cp932"), "", "line 2, byte 10 (0x93)", "--encoding cp932"),
    "Western Windows": (FRENCH.encode("cp1252"), "", "line 2, byte 11 (0xF9)", "--encoding cp1252"),
    "the bad byte behind a BOM": (
        b"\xef\xbb\xbfquestion\nok\n\xe9t\xe9\n",
        "",
        "line 3, byte 16 (0xE9)",
        "--encoding cp1252",
    ),
    "the bad byte behind old Mac newlines": (b"question\rok\r\xe9\r", "", "line 3, byte 13", "--encoding"),
    "the bad byte behind CRLF": (b"question\r\nok\r\n\xe9\r\n", "", "line 3, byte 15", "--encoding"),
    "a character cut in two at the end": ("question\nก".encode()[:-1], "", "line 2, byte 10 (0xE0)", "UTF-8"),
    "a byte that Thai Windows has not": (b"question\n\xdb\n", "cp874", "(0xDB) is not CP874", "--encoding"),
    "half a UTF-16 unit": (codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le") + b"x", "", "line 2, byte 9", ""),
    "UTF-16 LE without BOM": ("question\nabc\n".encode("utf-16-le"), "", "UTF-16", "--encoding utf-16-le"),
    "UTF-16 BE without BOM": ("question\nabc\n".encode("utf-16-be"), "", "UTF-16", "--encoding utf-16-be"),
    "UTF-16 of no stated byte order": ("question\na\n".encode("utf-16-be"), "utf-16", "", "utf-16-be"),
    "UTF-16 of no byte order that can be told": ("สวัสดี".encode("utf-16-be"), "utf-16", "", "utf-16-le"),
    "UTF-32 of no stated byte order": ("question\n".encode("utf-32-le"), "utf-32", "UTF-32", "utf-32-le"),
    "a BOM against --encoding": (TEXT.encode("utf-8-sig"), "cp1252", "UTF-8", "leave out --encoding cp1252"),
    "a UTF-16 BOM against --encoding": (TEXT.encode("utf-16"), "utf-8", "UTF-16-LE", "leave out --encoding"),
    "the other UTF-16": (codecs.BOM_UTF16_BE + b"\0a", "utf-16-le", "UTF-16-BE", "leave out --encoding"),
    "xlsx": (b"PK\x03\x04\x14\0\x06\0rest", "", "Excel workbook", "save it as 'CSV UTF-8'"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", "old Excel workbook", "save it"),
    "xlsx, whatever was asked": (b"PK\x03\x04\x14\0\x06\0rest", "cp1252", "Excel workbook", "save it"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "", "a PDF", "CSV"),
    "HTML": (b"\n <!DOCTYPE html><html>", "", "web page", "CSV"),
    "HTML with BOM": (b"\xef\xbb\xbf<html><table>", "", "web page", "CSV"),
    "HTML in UTF-16": ("<html>".encode("utf-16"), "", "web page", "CSV"),
    "XML": (b"<?xml version='1.0'?>", "", "web page or XML", "CSV"),
    "JSON object": (b'{\n  "question": "a"}', "", "JSON", "one question a row"),
    "JSON list": (b'[\n {"question": "a"}]', "", "JSON", "one question a row"),
    "JSON with BOM": (b'\xef\xbb\xbf[{"question": "a"}]', "", "JSON", "one question a row"),
    "gzip": (b"\x1f\x8b\x08\0", "", "gzip", "unpack"),
    "an image": (b"\x89PNG\r\n\x1a\n", "", "an image", "CSV"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_rightly_is_refused_with_the_place_and_the_way_out(
    name: str, tmp_path: Path
) -> None:
    data, asked, place, way_out = REFUSED[name]
    with pytest.raises(QuestionsError) as pure:
        text_of(data, asked)
    assert place in str(pure.value)
    assert way_out in str(pure.value)
    path = tmp_path / "q.csv"
    path.write_bytes(data)
    with pytest.raises(QuestionsError) as real:
        Sheet(path, encoding=asked)
    assert str(real.value) == f"{path}: {pure.value}"
    assert "\n" not in str(real.value)


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp874", "ประเทศไทยมีกี่จังหวัด"),
        ("cp932", "日本の首都はどこですか"),
        ("gb18030", "中国的首都是哪里"),
        ("cp949", "대한민국의 수도는 어디입니까"),
        ("cp1251", "Почему юный съёмщик ищет щёлочь"),
        ("cp1256", "ما هي عاصمة مصر العربية"),
        ("cp932", "カタカナテスト、東京。"),
        ("cp932", "日本の首都"),
        ("cp874", "ราคา 5 บาท “แพงไหม”"),
        ("gb18030", "你好,世界！今天天气怎么样？"),
        ("cp949", "안녕하세요, 오늘 날씨가 어때요?"),
        ("cp1251", "Назови столицу России"),
        ("cp1252", "Où est l'été, señor Müller ?"),
        ("cp1252", "naïve façade, Grüße, déjà créé, 100 € für „alle“"),
    ],
)
def test_a_likely_encoding_is_named_by_its_script(
    codec: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locale, "getpreferredencoding", lambda *_: "UTF-8")
    assert encodings.likely(text.encode(codec)) == codec


def test_the_encoding_of_this_windows_is_named_before_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "getpreferredencoding", lambda *_: "cp1250")
    assert encodings.likely("Žluťoučký kůň".encode("cp1250")) == "cp1250"


def test_a_long_file_cut_in_the_middle_of_a_character_still_names_its_encoding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(locale, "getpreferredencoding", lambda *_: "UTF-8")
    assert encodings.likely(b"a" + ("日本語の" * 60_000).encode("cp932")) == "cp932"


def test_a_codec_that_yields_what_no_text_holds_is_refused() -> None:
    with pytest.raises(QuestionsError, match="UTF-7 gives a character that no text holds"):
        encodings.to_utf8(b"+2AA-", "utf-7")
    with pytest.raises(QuestionsError, match="is not PUNYCODE"):
        encodings.to_utf8(b"a-\xff", "punycode")


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["utf-16", "utf-8-sig", "utf-32"]),
)
def test_any_text_behind_a_bom_comes_back_whole(text: str, codec: str) -> None:
    data = ("question\n" + text).encode(codec)
    assert text_of(data, "") == "question\n" + text


@given(
    st.binary(),
    st.sampled_from(["", "utf-8", "cp874", "cp932", "utf-16", "utf-16-le", "iso2022_jp", "utf-7", "idna"]),
)
def test_any_bytes_are_read_or_refused_and_never_crash(data: bytes, asked: str) -> None:
    try:
        text_of(data, asked)
    except QuestionsError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome will do
