"""The contact sheet: every picture and caption on one page, whatever it says is text, and nothing is asked of anybody."""

import base64
import io
import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

from PIL import Image

from dset.captions import entries, sheet
from dset.captions.entries import STATES, Entry
from tests import captioned, samples
from tests.captioned import Dataset

# The tags and attributes that the page is made of: nothing else may appear, whatever a caption holds.
OURS = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "http-equiv", "content", "name"}, "title": set(), "style": {"nonce"},
    "body": set(), "header": set(), "h1": set(), "h2": {"id"}, "bdi": {"dir"}, "section": {"aria-labelledby"},
    "main": {"aria-labelledby"}, "fieldset": {"class"}, "legend": set(), "label": {"class"},
    "input": {"type", "name", "id", "checked"}, "b": set(), "details": set(), "summary": set(),
    "div": {"class", "tabindex", "role", "aria-label"}, "table": set(), "thead": set(), "tbody": set(), "tr": set(),
    "th": {"scope"}, "td": set(), "ul": {"class"}, "li": {"class"}, "figure": set(), "figcaption": set(),
    "img": {"src", "alt", "width", "height", "loading", "decoding"}, "p": {"class", "dir", "lang"}, "code": set(),
}  # fmt: skip
XSS = (
    "</p><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><svg onload=alert(1)>",
    "--><!-- <iframe src=javascript:alert(1)>",
    ']]><a href="http://example.com/">',
    "&lt;script&gt; &#x3c;script&#x3e; &amp;",
    "<base href=//x><meta http-equiv=refresh content=0;url=http://x>",
    "`onerror=alert(1)`",
    "\x00<scr\x00ipt>",
    "\u2028</title><plaintext>",
    "<style>@import 'http://x'</style>",
)
BLNS = Path(__file__).resolve().parents[2] / "shared" / "torture" / "blns" / "blns.json"


class Page(HTMLParser):
    """What the page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.captions: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []
        self.other: list[str] = []
        self._within = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), "an attribute twice"
        self.tags.append((tag, found))
        self._within = str(found.get("class") or "") if tag == "p" else self._within
        if tag == "p":
            {"caption": self.captions, "source": self.sources}.get(self._within, self.words).append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag == "p" else self._within

    def handle_data(self, data: str) -> None:
        {"caption": self.captions, "source": self.sources}.get(self._within, self.words).append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(folder: Path, shown: Iterable[Entry]) -> str:
    return b"".join(sheet.page(folder, list(shown))).decode("utf-8")


def entry(caption: str = "", state: str = "captioned", **more: str) -> Entry:
    further = {"th": more.pop("translation")} if "translation" in more else {}
    return Entry(
        1,
        more.get("file", ""),
        more.get("source", "a/1.png"),
        caption,
        state,
        more.get("reason", ""),
        further,
    )


def test_every_picture_is_on_the_page_with_its_caption_and_its_thumbnail(tmp_path: Path) -> None:
    made = captioned.good(tmp_path / "frames")
    known = entries.read(made.folder)
    path = sheet.write(made.folder, known)
    assert path == made.folder / "contact_sheet.html"
    read = Page(path.read_text(encoding="utf-8"))
    assert len(read.all("li")) == len(known) == 9
    assert "".join(read.captions) == "".join(one.caption for one in known)
    images = read.all("img")
    assert [one["alt"] for one in images][:4] == [one.caption for one in known[:4]]
    assert len(images) == 7
    data = base64.b64decode(str(images[0]["src"]).removeprefix("data:image/jpeg;base64,"))
    with Image.open(io.BytesIO(data)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", captioned.SIZE)
    assert (images[0]["width"], images[0]["height"]) == ("16", "16")


def test_a_thumbnail_has_at_most_160_pixels_a_side_and_any_kind_of_picture_gives_one(tmp_path: Path) -> None:
    for name, size, mode, wanted in (
        ("a.jpg", (1200, 600), "RGB", (160, 80)),
        ("b.png", (300, 900), "RGBA", (53, 160)),
        ("c.gif", (9, 9), "P", (9, 9)),
        ("d.png", (2000, 1), "I;16", (160, 1)),
    ):
        made = sheet.thumbnail(captioned.picture(tmp_path / name, 7, size, mode))
        assert made is not None
        assert made[1:] == wanted
        assert made[0].startswith(b"\xff\xd8\xff")
    (tmp_path / "e.jpg").write_bytes(b"<svg/>")
    assert sheet.thumbnail(tmp_path / "e.jpg") is None
    assert sheet.thumbnail(tmp_path / "none.jpg") is None


def test_whatever_a_text_says_it_stays_text(tmp_path: Path) -> None:
    hostile = [*XSS, *samples.HOSTILE, *(json.loads(BLNS.read_bytes()) if BLNS.exists() else ())]
    folder = captioned.picture(
        tmp_path / XSS[5].replace("/", "_").replace("\0", "") / "train" / "1.jpg", 1
    ).parents[1]
    shown = [entry(text, source=text, file="train/1.jpg", translation=text) for text in hostile] + [
        entry(text, "failed", reason=text, source=f"{text}/{text}", file=f"train/{text}") for text in hostile
    ]
    text = page(folder, shown)
    read = Page(text)
    for tag, attributes in read.tags:
        assert attributes.keys() <= OURS[tag], (tag, attributes)
    assert read.other == []
    assert len(read.all("li")) == len(shown)
    assert {str(one["src"])[:23] for one in read.all("img")} == {"data:image/jpeg;base64,"}
    assert not any("href" in one or "style" in one for _, one in read.tags)
    assert not re.search(r"url\(|@import|https?:", re.search("<style.*?</style>", text, re.DOTALL)[0])  # type: ignore[index]
    alts = [one["alt"] for one in read.all("img")]
    assert '"><img src=x onerror=alert(1)>' in alts
    assert "lone \ufffd half and its other \ufffd half" in read.captions


def test_the_policy_allows_no_script_and_no_address_but_data(tmp_path: Path) -> None:
    text = page(tmp_path, [])
    read = Page(text)
    [policy] = [str(one["content"]) for one in read.all("meta") if one.get("http-equiv")]
    [style] = read.all("style")
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'nonce-{style['nonce']}'; base-uri 'none'; form-action 'none'"
    )
    assert page(tmp_path, []) != text, "a nonce is used once"


def test_what_has_no_caption_is_marked_by_a_word_and_says_why(tmp_path: Path) -> None:
    made = Dataset(tmp_path / "frames")
    made.caption("a cat")
    made.fail(reason="HTTP 500")
    made.block()
    made.line("x.png", "set aside", reason="is cut off")
    (made.train / "2.jpg").write_bytes(b"x")
    text = page(made.folder, entries.read(made.folder))
    cards = re.findall(r'<li class="card ([\w-]+)">(.*?)</li>', text, re.DOTALL)
    assert [state for state, _ in cards] == ["captioned", "failed", "blocked", "set-aside"]
    words = [re.findall('<p class="(?:state|reason)"[^>]*>(.*?)</p>', card) for _, card in cards]
    assert words == [[], ["failed", "HTTP 500"], ["blocked", "the service&#x27;s safety filter blocked it"], ["set aside", "is cut off"]]  # fmt: skip
    assert "cannot be shown" in cards[1][1]
    assert 'class="frame veil" tabindex="0"' in cards[2][1]
    assert "no picture" in cards[3][1]


def test_counts_stand_at_the_top_and_each_state_that_there_is_can_be_shown_alone(tmp_path: Path) -> None:
    made = captioned.good(tmp_path / "frames")
    text = page(made.folder, entries.read(made.folder))
    choices = re.findall(r'id="show-([\w-]+)"( checked)?> ([\w ]+) <b>([\d,]+)</b>', text)
    assert choices == [
        ("all", " checked", "all", "9"),
        ("captioned", "", "captioned", "5"),
        ("blocked", "", "blocked", "1"),
        ("filtered", "", "filtered", "1"),
        ("set-aside", "", "set aside", "1"),
        ("copy", "", "copy", "1"),
    ]
    for state in STATES:
        name = state.replace(" ", "-")
        assert f"body:has(#show-{name}:checked) .card:not(.{name}){{display:none}}" in text
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)
    assert [re.findall(r">([^<]+)<", row) for row in rows] == [
        ["folder", "captioned", "blocked", "filtered", "set aside", "copy", "total"],
        ["film", "4", "1", "0", "1", "1", "7"],
        ["other", "1", "0", "1", "0", "0", "2"],
    ]


def test_texts_say_their_language_and_direction(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"lang": "th"}', encoding="utf-8")
    text = page(tmp_path, [entry("ภาพ", translation="x")])
    assert text.count('<p class="caption" dir="auto" lang="th">') == 2
    for plan in ('{"lang": "\\"><b>"}', "[]", '{"lang": 7}', "{"):
        (tmp_path / "plan.json").write_text(plan, encoding="utf-8")
        assert '<p class="caption" dir="auto">ภาพ</p>' in page(tmp_path, [entry("ภาพ")])


def test_a_page_without_pictures_says_what_to_do(tmp_path: Path) -> None:
    read = Page(page(tmp_path, []))
    assert "python dset_generator.py caption FOLDER" in read.words
    assert len(read.all("main")) == 1


def test_the_page_is_made_piece_by_piece(tmp_path: Path) -> None:
    made = Dataset(tmp_path / "frames")
    captioned.picture(made.train / "1.jpg", 1, (200, 200))
    shown = [entry("a cat", file="train/1.jpg")] * 50
    pieces = sheet.page(made.folder, shown)
    assert max(map(len, pieces)) < 10_000


def test_a_new_page_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for shown in ([], [entry("a cat")]):
        path = sheet.write(tmp_path, shown)
    assert "a cat" in path.read_text(encoding="utf-8")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["contact_sheet.html", "work"]
