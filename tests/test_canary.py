"""A key goes through every fault there is; then every byte that was written or printed is searched for it."""

import base64
import inspect
import json
import re
import subprocess
import sys
import typing
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script, Server, json_reply
from tests.running import SCRIPT, environment, journal, questions_csv, rejected, run_script

Serve = Callable[[Script], Server]
Fault = Behaviour | Script
CANARIES = {
    "DEEPSEEK_API_KEY": "sk-Canary/4b0f9e8d7c6a5+3b2a1908f7e6d5c4b3",
    "DSET_API_KEY": "CanaryQw3rT7yU1oP5sDf9gHj2Kl4Zx6Cv8Bn0Mm",
}
# Everything that makes Python and the packages talk.
LOUD = {
    "OPENAI_LOG": "debug",
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONDEVMODE": "1",
    "PYTHONPATH": str(SCRIPT.parent),
}
# `main` again and again: a process for each run would take a second each.
DRIVER = """
import json, sys
import dset.asking, dset.pauses, dset_generator
dset.asking.PACE_WAITS = ()
dset.pauses.Pauses._extend = lambda self, until: None  # nobody waits for a quota per minute
for line in sys.stdin:
    print("\\nended with", dset_generator.main(json.loads(line)), flush=True)
"""


# --- what a service may do with a key


def escaped(key: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in key)


def spellings(key: str) -> list[str]:
    """The ways in which a service may show the key that it was sent."""
    return [
        key,
        f"Bearer {key}",
        escaped(key),
        urllib.parse.quote(key, safe=""),
        *(base64.b64encode(f"{before}{key}".encode()).decode() for before in ("", "Bearer ", "xBearer ")),
        f"{key[:20]}\n{key[20:]}",
        key.replace("/", "\\/"),
    ]


def loud(behaviour: Behaviour, key: str) -> Behaviour:
    """The same with the key in each text of its body and in headers."""
    said = " ".join(spellings(key))
    headers = (("X-Request-Id", key), ("Set-Cookie", f"key={key}"), ("X-Echo", spellings(key)[4]))
    if behaviour.chunks or behaviour.cut or behaviour.hang or behaviour.content_length is not None:
        return replace(behaviour, headers=(*behaviour.headers, *headers))
    try:
        body = json.dumps(with_text(json.loads(behaviour.body), said)).encode()
    except ValueError:
        body = behaviour.body + f"<p>{said}</p>".encode()
    if any(name == "Content-Encoding" for name, _ in behaviour.headers):
        body = behaviour.body  # packed
    return replace(behaviour, headers=(*behaviour.headers, *headers), body=body)


def with_text(node: Any, text: str) -> Any:
    if isinstance(node, dict):
        return {name: with_text(value, text) for name, value in node.items()} | {text: text}
    if isinstance(node, list):
        return [with_text(value, text) for value in node]
    return f"{node} {text}" if isinstance(node, str) else node


def all_behaviours() -> dict[str, Fault]:
    """Every public function of `faults` that gives a behaviour, called as simply as it can be."""
    small = {"huge_answer": 50_000, "gzip_bomb": 70}  # as large as needed, for the sake of time
    found: dict[str, Fault] = {}
    for name, function in inspect.getmembers(faults, inspect.isfunction):
        hints = typing.get_type_hints(function)
        if name.startswith("_") or function.__module__ != faults.__name__ or hints["return"] is not Behaviour:
            continue
        needed = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        if name in small:
            found[name] = function(small[name])
        elif [hints[one] for one in needed] == [Request]:
            found[name] = function
        else:
            found[name] = function(*({int: 500, str: "some text"}[hints[one]] for one in needed))
    return found


def echoes(key: str) -> dict[str, Fault]:
    """Where else a service may put the key: each place of an answer and of an error, in each spelling."""
    found: dict[str, Fault] = {}
    for number, said in enumerate(spellings(key)):
        found[f"answer {number}"] = faults.ok(f"it is {said}!", said, model=said, finish_reason=said)
        found[f"error {number}"] = faults.error(500, f"no {said}", said, said)
        found[f"row fault {number}"] = faults.error(422, f"no {said}", said, said)
        found[f"page {number}"] = Behaviour(502, (("Content-Type", "text/html"),), f"<p>{said}</p>".encode())
        found[f"cut short {number}"] = faults.cut_short(said, said)
    pieces = [{"type": "text", "text": text} for text in (key[:20], key[20:])]
    found |= {"pieces": faults.ok(pieces), "pieces cut short": faults.ok(pieces, finish_reason="length")}
    raw = json.dumps({"choices": [{"message": {"content": "it is @"}, "finish_reason": "stop"}]})
    found["escaped twice"] = Behaviour(body=raw.replace("@", escaped(key).replace("\\", "\\\\")).encode())
    found["escaped in the body"] = Behaviour(body=raw.replace("@", escaped(key)).encode())
    for limit in (60, 80, 100, 200, 300, 2000):  # what is shortened must not end in half a key
        found[f"at the end of {limit}"] = faults.error(422, "x " * (limit // 2 - 10) + key)
        found[f"at the end of a page of {limit}"] = Behaviour(
            422, (("Content-Type", "text/html"),), ("y " * (limit // 2 - 10) + key).encode()
        )
    return found | {
        "location": faults.redirect(f"https://{key}.example/{key}?{key}"),
        "location cut in the key": faults.redirect(f"https://{'x.' * 36}{key}.example/"),
        "retry after": faults.retry_after(key),
        "no choices": json_reply({"choices": [], "note": key}),
    }


# --- the search


def needles(key: str) -> list[bytes]:
    """What may stand nowhere: parts of the key, in any spelling. Parts, since half a key is a leak too."""
    parts = [key[at : at + 12] for at in range(0, len(key) - 12, 4)]
    found = [*parts, *(part.lower() for part in parts), *map(escaped, parts)]
    found += [urllib.parse.quote(part, safe="") for part in parts]
    for before in range(3):
        code = base64.b64encode(b"\0" * before + key.encode()).decode()[4:-4]
        found += [code[at : at + 16] for at in range(0, len(code) - 16, 4)]
    return [one.encode() for one in dict.fromkeys(found)]


def leaks(key: str, place: Path, printed: bytes) -> list[tuple[str, bytes]]:
    """Where the key was found, with what stands around it."""
    texts = {str(path): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    del texts[str(place / ".env")]
    pattern = re.compile(b"|".join(map(re.escape, needles(key))))
    everything = [("printed", printed), *texts.items()]
    return [
        (where, data[max(0, hit.start() - 60) : hit.end() + 20])
        for where, data in everything
        if (hit := pattern.search(data))
    ]


class Driven:
    """The program in a process of its own, run as often as is asked."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.out = b""

    def run(self, *arguments: str) -> int:
        """One run; its exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            self.out += line
            if line.startswith(b"ended with "):
                return int(line.split()[-1])
        raise AssertionError(f"it ended: {self.out.decode()}")


@contextmanager
def driven(place: Path, err: Path, variable: str, program: str = DRIVER) -> Iterator[Driven]:
    key, env = CANARIES[variable], dict(LOUD)
    (place / ".env").write_text(f"{variable}={key}\n" if variable == "DEEPSEEK_API_KEY" else "")
    (place / ".env").chmod(0o600)
    if variable != "DEEPSEEK_API_KEY":
        env[variable] = key
    with err.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=place,
            env=environment(env) | {"PYTHONWARNINGS": "default"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        try:
            yield Driven(process)
        finally:
            process.communicate()


def asked_in_vain(place: Path, folder: str) -> set[str]:
    return {one["metadata"]["question"] for one in (*journal(place, folder), *rejected(place, folder))}


@pytest.mark.parametrize("variable", CANARIES)
def test_no_fault_of_a_service_brings_a_key_into_any_output_log_or_line(
    serve: Serve, clean_place: Path, tmp_path: Path, variable: str
) -> None:
    key = CANARIES[variable]
    faulty = all_behaviours()
    assert len(faulty) > 60
    if variable == "DSET_API_KEY":
        kinds = [(name, one) for name, one in faulty.items() if isinstance(one, Behaviour)]
        faulty = {name: loud(one, key) for name, one in kinds[::2]}
    echoed = echoes(key)
    if variable == "DSET_API_KEY":  # which key it is makes no difference to where it is shown
        echoed = dict(list(echoed.items())[::3])
    faulty |= echoed
    sent: set[str] = set()

    def script(request: Request) -> Behaviour:
        sent.add(request.headers["authorization"])
        found = faulty.get(request.text)
        return faults.ok("fine") if found is None else faults.always(found)(request)

    server = serve(script)
    err = tmp_path / "stderr"
    left, runs = list(faulty), 0
    with driven(clean_place, err, variable) as program:
        while left:
            # A good row before each bad one: neither an outage nor three faults alike stop the run.
            questions_csv(clean_place, *(one for name in left for one in (f"good before {name}", name)))
            folder = f"out{runs}"
            program.run("--base-url", server.base_url, "--output", folder, "--prompt", "{question}",
                        "--retry-waits", "none", "--timeout", "0.2", "--concurrency", "1")  # fmt: skip
            ended = asked_in_vain(clean_place, folder)
            assert ended & set(left), program.out.decode()
            left, runs = [name for name in left if name not in ended], runs + 1
    assert {request.text for request in server.questions} >= faulty.keys()
    assert sent == {f"Bearer {key}"}
    printed = program.out + err.read_bytes()
    assert b"openai._base_client" in printed, "the packages talk"
    assert leaks(key, clean_place, printed) == []


# A crash of our own, and everything else that might print: the key is in the message and in local variables.
CRASH = """
import json, logging, sys, threading, warnings
import dset_generator
from dset.batch import Batch

class Last:
    def __del__(self):
        raise ValueError(self.key)

def crash(self, turn, reply, data):
    key = self._canary
    logging.getLogger("a.package").error("with %s", key)
    warnings.warn(key)
    last = Last()
    last.key = key
    del last
    thread = threading.Thread(target=int, args=[key])
    thread.start()
    thread.join()
    try:
        raise RuntimeError(f"a reason with {key}")
    except RuntimeError as error:
        raise LookupError(f"sent: Bearer {key}", {"Authorization": key}) from error

Batch._commit = crash
for line in sys.stdin:
    Batch._canary, *arguments = json.loads(line)
    print("\\nended with", dset_generator.main(arguments), flush=True)
"""


@pytest.mark.parametrize(
    "variable", ["DEEPSEEK_API_KEY", pytest.param("DSET_API_KEY", marks=pytest.mark.soak)]
)
def test_a_crash_of_our_own_shows_its_traceback_in_the_log_and_the_key_nowhere(
    serve: Serve, clean_place: Path, tmp_path: Path, variable: str
) -> None:
    key, err = CANARIES[variable], tmp_path / "stderr"
    questions_csv(clean_place, "one", "two")
    server = serve(faults.always(faults.ok()))
    with driven(clean_place, err, variable, CRASH) as program:
        assert program.run(key, "--base-url", server.base_url) == 1
    printed = program.out + err.read_bytes()
    for said in (b"LookupError", b"with ***", b"UserWarning: ***", b"invalid literal", b"__del__"):
        assert said in printed
    log = (clean_place / "dset_generator" / "run.log").read_text(encoding="utf-8")
    assert "Traceback (most recent call last):" in log
    assert "RuntimeError: a reason with ***" in log
    assert leaks(key, clean_place, printed) == []


@pytest.mark.parametrize(
    "arguments", [["sk-canary0123456789abcdef"], ["--api-key", "sk-canary0123456789abcdef"]]
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    arguments: list[str], clean_place: Path
) -> None:
    run = run_script(clean_place, *arguments)
    assert run.exit_status == 2
    assert "canary" not in run.said
    assert "sk-" in run.err


def test_a_key_in_the_place_of_a_file_name_is_not_repeated(clean_place: Path) -> None:
    key = CANARIES["DSET_API_KEY"]
    run = run_script(clean_place, "--questions", f"{key}.csv", env={"DSET_API_KEY": key})
    assert run.exit_status == 2
    assert run.err.startswith("dset: ***.csv: no such file: ")
