"""Pexels, Pixabay and hosts of pictures on loopback, in the exact shapes of the two services."""

import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from PIL import Image

from dset import clocks
from dset.keys import Secrets
from dset.scraping.tools import Seen, Tools

PEXELS_KEY = "563492ad6f91700001000001canarypexels+/=9"
PIXABAY_KEY = "12345678-canarypixabay0123456789ab"
SECRETS = Secrets({"PEXELS_API_KEY": PEXELS_KEY, "PIXABAY_API_KEY": PIXABAY_KEY})
KEYS = (PEXELS_KEY, PIXABAY_KEY)


class Quiet(ThreadingHTTPServer):
    """Says nothing of connections that the other side has broken off."""

    def handle_error(self, *_: object) -> None:
        """Nothing: a client may be interrupted."""


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]  # names in lower case


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[Asked], Answer]


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    names = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **names})


class Services:
    """A server; `script` decides on every request, all of which are kept."""

    def __init__(self, script: Script) -> None:
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)
                outer.asked.append(asked)
                answer = script(asked)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)
        self._thread.start()

    def of(self, path: str) -> list[Asked]:
        """The requests to this path."""
        return [one for one in self.asked if one.path == path]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(script: Script) -> Iterator[Services]:
    server = Services(script)
    try:
        yield server
    finally:
        server.close()


def photo(number: int, url: str) -> dict[str, Any]:
    """One of Pexels' photos."""
    sizes = ("large", "medium", "small", "portrait", "landscape", "tiny")
    return {
        "id": number,
        "width": 4000,
        "height": 6000,
        "url": f"https://www.pexels.com/photo/{number}/",
        "photographer": f"Jo {number}",
        "photographer_url": "https://www.pexels.com/@jo",
        "photographer_id": 680589,
        "avg_color": "#978E82",
        "src": {"original": f"{url}?original", "large2x": url, **{name: f"{url}?{name}" for name in sizes}},
        "liked": False,
        "alt": "A dog",
    }


def photos(urls: list[str], page: int = 1, *, more: bool = False) -> dict[str, Any]:
    """A page of Pexels; `next_page` only where there is one."""
    following = (
        {"next_page": "https://api.pexels.com/v1/search/?page=2&per_page=80&query=dog"} if more else {}
    )
    listed = [photo(number, url) for number, url in enumerate(urls, 1)]
    return {"total_results": 8000, "page": page, "per_page": 80, "photos": listed, **following}


def hit(number: int, url: str) -> dict[str, Any]:
    """One of Pixabay's hits."""
    return {
        "id": number,
        "pageURL": f"https://pixabay.com/photos/dog-{number}/",
        "type": "photo",
        "tags": "dog, animal",
        "previewURL": f"{url}?preview",
        "previewWidth": 150,
        "previewHeight": 84,
        "webformatURL": f"{url}?web",
        "webformatWidth": 640,
        "webformatHeight": 360,
        "largeImageURL": url,
        "imageWidth": 4000,
        "imageHeight": 2250,
        "imageSize": 4731420,
        "views": 7671,
        "downloads": 6439,
        "likes": 5,
        "comments": 2,
        "user_id": 48777,
        "user": f"Ann{number}",
        "userImageURL": "https://cdn.pixabay.com/user/48777.jpg",
    }


def hits(urls: list[str], total: int | None = None) -> dict[str, Any]:
    """A page of Pixabay."""
    listed = [hit(number, url) for number, url in enumerate(urls, 1)]
    return {"total": 4692, "totalHits": len(urls) if total is None else total, "hits": listed}


class Time:
    """A clock that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def stopped_time(monkeypatch: Any) -> Time:
    """In place of the program's clock."""
    time = Time()
    monkeypatch.setattr(clocks, "now", time.now)
    return time


def picture(seed: int, kind: str = "JPEG", size: int = 24) -> bytes:
    """A picture unlike that of any other seed."""
    import random

    pixels = random.Random(seed).randbytes(64)
    small = Image.frombytes("L", (8, 8), pixels).resize((size, size), Image.Resampling.NEAREST)
    stream = io.BytesIO()
    small.convert("RGB").save(stream, kind, quality=95)
    return stream.getvalue()


class LostError(Exception):
    """A download that failed."""

    def __init__(self, reason: str, *, again: bool) -> None:
        super().__init__(reason)
        self.reason, self.again = reason, again


class BrokenError(Exception):
    """No picture."""


@dataclass(frozen=True)
class Fetched:
    """A download."""

    url: str
    data: bytes
    kind: str


class Exact(dict[str, str]):
    """Prints of which only equal ones are alike."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def add(self, name: str, print_: str, /) -> None:
        self.setdefault(print_, name)

    def find(self, print_: str, /) -> str | None:
        return self.get(print_)


_MAGIC = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG", "png"))


async def fetch(url: str) -> Fetched:
    """A download without any of the guards of a real one."""
    async with httpx2.AsyncClient(trust_env=False, verify=False) as client:
        answer = await client.get(url)
    if answer.status_code != 200:
        raise LostError(f"the server answers {answer.status_code}", again=answer.status_code >= 500)
    kind = next((kind for magic, kind in _MAGIC if answer.content.startswith(magic)), "")
    if not kind:
        raise LostError("it is no picture", again=False)
    return Fetched(url, answer.content, kind)


def look(data: bytes) -> Seen:
    """The size, and which of 64 parts are lighter than the mean."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            small = opened.convert("L").resize((8, 8), Image.Resampling.BOX).tobytes()
            mean = sum(small) / 64
            return Seen(*opened.size, "".join("1" if one > mean else "0" for one in small))
    except (OSError, SyntaxError, ValueError):
        raise BrokenError("is damaged") from None


def name(data: bytes, kind: str) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()[:16] + {"jpeg": ".jpg", "png": ".png"}[kind]


def tools(**changed: Any) -> Tools:
    usual: dict[str, Any] = {
        "fetch": fetch,
        "lost": LostError,
        "look": look,
        "broken": BrokenError,
        "name": name,
        "prints": Exact,
    }
    return Tools(**usual | changed)


def has_key(data: bytes) -> bool:
    """A key stands in it, as it is or in base64."""
    forms = [form for key in KEYS for form in (key.encode(), base64.b64encode(key.encode())[:24])]
    return any(form in data for form in forms)
