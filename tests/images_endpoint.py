"""An OpenAI-compatible images endpoint on loopback: what it answers is a script's, what it was asked is kept."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.picture_services import Answer, as_json, picture

Script = Callable[[dict[str, Any], int], Answer]
"""(body, number of the request from 1) -> what goes back."""

ORIGIN = "https://origin.invalid"  # in an answer: the server's own origin
USAGE = {"input_tokens": 12, "output_tokens": 1056, "total_tokens": 1068}


def drawn(number: int, **more: object) -> Answer:
    """Another picture for each number, as gpt-image-1 sends it."""
    one = {"b64_json": base64.b64encode(picture(number, "PNG")).decode(), **more}
    return as_json({"created": 1, "data": [one], "usage": USAGE})


def at(url: str, **more: object) -> Answer:
    """The address of a picture, as dall-e-3 sends it."""
    return as_json({"created": 1, "data": [{"url": url, **more}]})


def error(status: int, code: str, message: str, **headers: str) -> Answer:
    return as_json(
        {"error": {"message": message, "type": "image_generation_user_error", "param": None, "code": code}},
        status,
        **headers,
    )


def each_another(_: dict[str, Any], number: int) -> Answer:
    return drawn(number)


class Endpoint:
    """The server. `pages`: what GET brings, by path."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[dict[str, Any]] = []
        self.strays: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.pages: dict[str, Answer] = {}
        self.fetched: list[str] = []
        self.arrived = threading.Event()
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path != "/v1/images/generations":
                    outer.strays.append(self.path)
                    self._send(as_json({"error": {"message": f"no path {self.path}"}}, 404))
                    return
                with lock:
                    outer.asked.append(body)
                    outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                    number = len(outer.asked)
                outer.arrived.set()
                self._send(outer.script(body, number))

            def do_GET(self) -> None:
                outer.fetched.append(self.path)
                self._send(outer.pages.get(self.path, Answer(404)))

            def _send(self, answer: Answer) -> None:
                body = answer.body.replace(ORIGIN.encode(), outer.origin.encode())
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # a client that is gone

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.base_url = f"{self.origin}/v1"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), daemon=True)
        self._thread.start()

    @property
    def prompts(self) -> list[str]:
        return [str(one["prompt"]) for one in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def drawing(script: Script = each_another) -> Iterator[Endpoint]:
    server = Endpoint(script)
    try:
        yield server
    finally:
        server.close()
