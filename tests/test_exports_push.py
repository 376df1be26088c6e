"""The way to the hub, against a server on loopback that answers as the hub does."""

import base64
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dset.errors import DsetError, UsageError
from dset.exports.options import Options
from tests.exporting import exported, run_folder

TOKEN = "hf_averysecrettokenofsomebody"


class Hub:
    """What was asked of it, and how it answers."""

    def __init__(self) -> None:
        self.url = ""
        self.private = True  # of the dataset that is there
        self.status = 200
        self.created: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.tokens: set[str] = set()

    def answer(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """The body of an answer with status 200."""
        if path == "/api/repos/create":
            self.created = json.loads(body)
            return {"url": f"{self.url}/datasets/user/name", "id": "user/name"}
        if "/preupload/" in path:
            asked = json.loads(body)["files"]
            return {
                "files": [
                    {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in asked
                ]
            }
        if "/commit/" in path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            url = f"{self.url}/datasets/user/name/commit/abc"
            return {"success": True, "commitUrl": url, "commitOid": "abc", "hookOutput": ""}
        if method == "GET":
            return {"id": "user/name", "private": self.private, "sha": "0" * 40, "siblings": []}
        return {"errors": [], "warnings": []}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    told = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            told.tokens.add(self.headers.get("authorization", ""))
            size = int(self.headers.get("content-length") or 0)
            answer = told.answer(self.command, self.path, self.rfile.read(size))
            body = json.dumps(answer if told.status == 200 else {"error": f"no, {TOKEN}"}).encode()
            self.send_response(told.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", told.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


def pushed(folder: Path, told: list[str] | None = None, **more: Any) -> list[Path]:
    return exported(folder, "jsonl", told=told, push="user/name", token=TOKEN, **more)


def test_the_folder_goes_up_whole_and_private(tmp_path: Path, hub: Hub) -> None:
    told: list[str] = []
    made = pushed(run_folder(tmp_path / "run", ["a", "b"]), told)
    folder = made[-1]
    assert (hub.created["type"], hub.created.get("private", hub.created.get("visibility"))) in {
        ("dataset", True),
        ("dataset", "private"),
    }
    assert hub.files == {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert hub.tokens - {""} == {f"Bearer {TOKEN}"}
    assert f"uploaded privately: {hub.url}/datasets/user/name/commit/abc" in told
    assert not any(TOKEN in line for line in told)


def test_a_dataset_that_is_public_already_gets_nothing_unless_that_is_asked(tmp_path: Path, hub: Hub) -> None:
    hub.private = False
    folder = run_folder(tmp_path / "run", ["a"])
    with pytest.raises(UsageError, match="public on the hub already"):
        pushed(folder)
    assert not hub.files
    pushed(folder, public=True)
    assert "README.md" in hub.files


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_one_line_without_the_token_and_the_files_stand(
    tmp_path: Path, hub: Hub, status: int
) -> None:
    hub.status = status
    with pytest.raises(DsetError, match=str(status)) as caught:
        pushed(run_folder(tmp_path / "run", ["a"]))
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(list(Path("exports").iterdir())) == 2


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(DsetError, match="cannot be reached") as caught:
        pushed(run_folder(tmp_path / "run", ["a"]))
    assert caught.value.exit_status == 1
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("push", "token", "told"),
    [("name", "t", "user/name"), ("a/b/c", "t", "user/name"), ("a/b", "", "HF_TOKEN")],
)
def test_what_cannot_be_pushed_is_told_before_anything_is_read(push: str, token: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        exported(Path("nowhere"), push=push, token=token)


def test_the_token_stands_in_no_representation() -> None:
    assert TOKEN not in repr(Options(sources=(Path("x"),), token=TOKEN))
