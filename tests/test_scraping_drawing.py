"""A picture is asked for once: whatever an images endpoint answers, nothing is bought twice that came whole."""

import asyncio
import base64
import errno
import io
import json
import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from dset import files
from dset import settings as settings_module
from dset.endpoints import Endpoint
from dset.failures import Failure, Kind
from dset.images.opening import PictureError
from dset.replies import Reply
from dset.scraping import drawing, drawn
from dset.scraping.drawing import Drawer, own_origin
from dset.scraping.storing import Store
from tests import images_endpoint
from tests.images_endpoint import ORIGIN, USAGE, Script, error
from tests.images_endpoint import drawing as serving
from tests.images_endpoint import drawn as picture_answer
from tests.picture_services import Answer, as_json, picture

KEY = "sk-canary-0123456789abcdef"
MADE = Path("made")


def endpoint(base_url: str, **more: Any) -> Endpoint:
    usual: dict[str, Any] = {
        "provider": "local",
        "base_url": base_url,
        "model": "gpt-image-1",
        "key_name": "DSET_API_KEY",
        "key": settings_module.load({}, {"DSET_API_KEY": KEY}).secrets.get("DSET_API_KEY"),
        "max_tokens_name": "max_tokens",
        "is_deepseek": False,
        "is_local": True,
    }
    return Endpoint(**usual | more)


class Asking:
    """One request to a server of the test, with what came of it."""

    def __init__(
        self, script: Script, size: str = "", pages: dict[str, Answer] | None = None, **more: Any
    ) -> None:
        settings = settings_module.load({}, {"DSET_API_KEY": KEY})
        with serving(script) as self.server:
            self.server.pages |= pages or {}

            async def whole() -> Reply | Failure:
                at = endpoint(self.server.base_url, **more)
                drawer = Drawer(at, settings, 4, put=Store(MADE).put, size=size, waits=(0, 0))
                async with drawer:
                    return await drawer.ask(
                        [{"role": "system", "content": "x"}, {"role": "user", "content": "a dog"}]
                    )

            self.outcome = asyncio.run(whole())

    @property
    def failure(self) -> Failure:
        assert isinstance(self.outcome, Failure), self.outcome
        assert not list(MADE.glob("*"))
        assert KEY not in repr(self.outcome)
        return self.outcome

    @property
    def reply(self) -> Reply:
        assert isinstance(self.outcome, Reply), self.outcome
        return self.outcome


def asked_of_itself(pages: dict[str, Answer], **more: object) -> Asking:
    """The server's answer is an address of its own."""
    return Asking(lambda _, __: images_endpoint.at(f"{ORIGIN}/x.png", **more), pages=pages)


def test_a_picture_is_on_disk_before_its_name_is_the_answer() -> None:
    asked = Asking(lambda _, number: picture_answer(number, revised_prompt="A dog, at noon"), size="512x512")
    name = asked.reply.answer
    assert (MADE / name).read_bytes() == picture(1, "PNG")
    assert name.endswith(".png")
    assert asked.reply.reasoning == "A dog, at noon"
    assert (asked.reply.prompt_tokens, asked.reply.completion_tokens) == (12, 1056)
    assert asked.server.asked == [{"model": "gpt-image-1", "prompt": "a dog", "n": 1, "size": "512x512"}]
    assert asked.server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_what_endpoints_toml_adds_is_sent_but_never_asks_for_more_than_one() -> None:
    asked = Asking(lambda _, number: picture_answer(number), extra_body={"n": 4, "quality": "low"})
    assert asked.server.asked == [{"quality": "low", "n": 1, "model": "gpt-image-1", "prompt": "a dog"}]


@pytest.mark.parametrize("before", ["data:image/png;base64,", ""])
@pytest.mark.parametrize("shape", ["data", "images"])
def test_the_picture_may_come_as_a_data_uri_and_under_another_name(before: str, shape: str) -> None:
    code = before + base64.encodebytes(picture(7, "PNG")).decode()
    name = "b64_json" if not before or shape == "data" else "url"
    assert Asking(lambda *_: as_json({shape: [{name: code}], "usage": None})).reply.answer
    assert next(MADE.iterdir()).read_bytes() == picture(7, "PNG")


def test_an_address_at_the_service_itself_is_fetched_without_the_key() -> None:
    asked = asked_of_itself({"/x.png": Answer(200, picture(3, "PNG"))}, revised_prompt="r")
    assert (MADE / asked.reply.answer).read_bytes() == picture(3, "PNG")
    assert (asked.reply.reasoning, asked.reply.completion_tokens) == ("r", None)
    assert asked.server.fetched == ["/x.png"]
    assert len(asked.server.headers) == 1


def test_a_download_that_may_work_later_is_tried_again_and_the_picture_is_bought_once() -> None:
    asked = asked_of_itself({"/x.png": Answer(503)})
    assert asked.failure.kind is Kind.ROW_FAULT
    assert "its address cannot be fetched: the server answers with status 503" in asked.failure.reason
    assert asked.failure.reply is not None
    assert asked.failure.reply.answer.endswith("/x.png")  # kept in rejected.json: it was paid for
    assert "b64_json" in asked.failure.advice
    assert (asked.server.fetched, len(asked.server.asked)) == (["/x.png"] * 3, 1)


def test_a_download_that_can_never_work_is_tried_once() -> None:
    asked = asked_of_itself({})
    assert asked.failure.kind is Kind.ROW_FAULT
    assert asked.server.fetched == ["/x.png"]


@pytest.mark.parametrize("url", [
    "http://127.0.0.1/x.png", "http://127.0.0.1:9/x.png", "http://localhost/x.png", "http://169.254.169.254/latest",
    "http://[::1]/x.png", "file:///etc/passwd", "ftp://a.example/x", "http://2130706433/x.png", "http://a@b.example/"])  # fmt: skip
def test_an_address_in_this_network_is_not_fetched_and_no_picture_bought_again_for_it(url: str) -> None:
    asked = Asking(lambda *_: images_endpoint.at(url))
    assert asked.failure.kind is Kind.ROW_FAULT
    assert "its address cannot be fetched" in asked.failure.reason
    assert (len(asked.server.asked), asked.server.fetched) == (1, [])


def test_a_redirect_from_the_service_into_this_network_is_not_followed() -> None:
    asked = asked_of_itself({"/x.png": Answer(302, b"", {"Location": "http://127.0.0.1:1/secret"})})
    assert "it redirects to http://127.0.0.1:1/secret" in asked.failure.reason


def test_only_the_very_host_that_is_asked_may_be_of_this_network() -> None:
    at = endpoint("http://192.168.1.5:7860/v1")
    assert own_origin("http://192.168.1.5:7860/x.png", at) == {("192.168.1.5", 7860)}
    assert own_origin("http://192.168.1.5:22/x.png", at) == frozenset()
    assert own_origin("http://192.168.1.6:7860/x.png", at) == frozenset()
    assert own_origin("https://192.168.1.5:7860/x.png", at) == frozenset()
    assert own_origin("http://localhost:80/x", endpoint("http://localhost:80/v1")) == {
        ("127.0.0.1", 80),
        ("::1", 80),
    }
    assert own_origin("http://nas.example/x", endpoint("http://nas.example/v1")) == frozenset()
    assert own_origin("http://[bad", at) == frozenset()


def bomb() -> bytes:
    """A PNG of 40,000 × 40,000 pixels in some bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


def bmp() -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "BMP")
    return stream.getvalue()


@pytest.mark.parametrize(("data", "said"), [
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "it is an SVG"),
    (bomb(), "40,000 × 40,000 pixels, which is too large"),
    (picture(1, "PNG", 400)[:1000], "is cut off"),
    (b"<html>", "it is a web page"),
    (bmp(), "is a BMP picture; taken are jpeg, png, gif, webp")])  # fmt: skip
def test_what_is_no_picture_fails_the_row_is_not_kept_and_not_bought_again(data: bytes, said: str) -> None:
    code = base64.b64encode(data).decode()
    asked = Asking(lambda *_: as_json({"data": [{"b64_json": code}], "usage": USAGE}))
    assert asked.failure.kind is Kind.ROW_FAULT
    assert said in asked.failure.reason
    assert asked.failure.usage is not None  # its cost counts
    assert (asked.failure.usage.answer, asked.failure.usage.completion_tokens) == ("", 1056)
    assert len(asked.server.asked) == 1


@pytest.mark.parametrize("code", ["!!!!", "A", "ก", "data:", "data:image/png;base64,A"])
def test_broken_base64_fails_the_row(code: str) -> None:
    assert Asking(lambda *_: as_json({"data": [{"b64_json": code}]})).failure.kind is Kind.ROW_FAULT


@pytest.mark.parametrize(("answer", "kind"), [
    (error(400, "moderation_blocked", "Your request was rejected by the safety system."), Kind.REFUSAL),
    (error(400, "content_policy_violation", "Your request was rejected as a result of our safety system."), Kind.REFUSAL),
    (error(400, "unknown_parameter", "Unknown parameter: 'size'"), Kind.ROW_FAULT),
    (error(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"), Kind.STOP),
    (error(404, "not_found", "Not Found"), Kind.STOP),
    (error(429, "rate_limit_exceeded", "Rate limit reached", Retry_After="7"), Kind.PACE),
    (error(500, "server_error", "The server had an error"), Kind.OUTAGE),
    (Answer(200, b"<html>log in</html>", {"Content-Type": "text/html"}), Kind.OUTAGE),
    (Answer(200, b""), Kind.OUTAGE),
    (Answer(200, b"[" * 100_000), Kind.OUTAGE),
    (as_json({"error": {"message": "overloaded"}}), Kind.OUTAGE),
    (as_json({"data": [], "error": {"message": "overloaded"}}), Kind.OUTAGE),
    (as_json({"data": [{"finish_reason": "content_filter"}]}), Kind.REFUSAL),
    (as_json({"data": []}), Kind.ROW_FAULT),
    (as_json({"data": [{"b64_json": "", "url": None}]}), Kind.ROW_FAULT),
    (as_json({"data": ["x"]}), Kind.ROW_FAULT),
    (as_json({"data": {"b64_json": 5}}), Kind.OUTAGE),
    (as_json({"choices": [{"message": {"content": "I draw a dog: (dog)"}}]}), Kind.ROW_FAULT)])  # fmt: skip
def test_what_else_an_endpoint_says_is_told_apart(answer: Answer, kind: Kind) -> None:
    failure = Asking(lambda *_: answer).failure
    assert failure.kind is kind, failure
    if kind is Kind.PACE:
        assert failure.wait == 7


@pytest.mark.parametrize("usage", [5, [], {"input_tokens": "12", "output_tokens": -1}, {"output_tokens": True}, {"input_tokens": 10**30}])  # fmt: skip
def test_figures_that_are_none_are_unknown(usage: object) -> None:
    body = json.dumps({"data": [{"url": "https://a.example/x"}], "usage": usage}).encode()
    reply = drawn.read(body, "application/json", "m")
    assert isinstance(reply, Reply)
    assert (reply.prompt_tokens, reply.completion_tokens) == (None, None)


def test_a_full_disk_ends_the_run_and_says_where_the_picture_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    replace = files.replace

    def full(path: Path, *arguments: Any, **more: Any) -> None:
        if path.parent == MADE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        replace(path, *arguments, **more)

    monkeypatch.setattr(files, "replace", full)
    failure = Asking(lambda _, number: picture_answer(number)).failure
    (rescued,) = tmp_path.glob("dset-rescue-*.png")
    assert rescued.read_bytes() == picture(1, "PNG")
    assert failure.kind is Kind.STOP
    assert failure.reason.endswith(f"the picture, which was paid for, is kept in {rescued}")
    monkeypatch.setattr(tempfile, "tempdir", str(MADE))
    assert (
        "lost: 1 picture that was paid for" in Asking(lambda _, number: picture_answer(number)).failure.reason
    )


def test_a_picture_beyond_the_bound_is_none() -> None:
    with pytest.raises(PictureError, match="is larger than 32 MB"):
        Store(MADE).put(picture(1) + bytes(32 << 20))


def test_no_wait_of_a_download_is_longer_than_what_a_row_can_bear() -> None:
    assert sum(drawing.WAITS) <= 30
