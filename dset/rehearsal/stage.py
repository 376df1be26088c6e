"""Rehearsal: this same program against an endpoint of our own on loopback, in a folder of its own.

Nothing invented ever mixes with real answers: a copy of q.csv with empty status cells and all outputs live in
`<output>/rehearsal/`.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dset import choosing, files, rows
from dset.endpoints import Endpoint
from dset.keys import Secrets
from dset.questions import Sheet
from dset.rehearsal import canned
from dset.rehearsal.server import Script, Server
from dset.settings import Settings

WAITS = (1.0, 2.0, 3.0)  # seconds, in place of 1, 2 and 4 minutes
THINKING = {"outage": 0.5, "calm": 0.02}  # seconds for an answer
_OURS = (
    "output.json",
    "output.csv",
    "output.txt",
    "rejected.json",
    "runs.json",
    "run.log",
    ".state.json",
    ".progress.json",
    "q.csv",
)


@contextmanager
def stage(settings: Settings, reply: Script | None = None) -> Iterator["Rehearsal"]:
    """A rehearsal of the run that `settings` describe; its endpoint stops with the block. `reply` answers a question."""
    rehearsal = Rehearsal(settings, reply or canned.answer)
    try:
        yield rehearsal
    finally:
        rehearsal.close()


@contextmanager
def offline(settings: Settings) -> Iterator[Endpoint]:
    """An endpoint that answers each question, on this machine."""
    with Server(canned.calm(), keep_bodies=False) as server:
        yield endpoint_at(settings, server)


def endpoint_at(settings: Settings, server: Server) -> Endpoint:
    """The endpoint of a server of ours, spoken to as the settings have it."""
    given = settings.given | {"base_url", "model"}
    # The settings keep the user's base URL: the port of today is no changed setting.
    here = replace(settings, base_url=server.base_url, given=given, services=(), secrets=Secrets({}))
    return replace(choosing.choose(here, choosing.services(here))[0], provider="rehearsal", balance="")


def settings_for(settings: Settings) -> Settings:
    """As for a real run, but in a folder of its own, without keys, with waits that one can sit through."""
    waits = WAITS if settings.retry_waits == (60.0, 120.0, 240.0) else settings.retry_waits
    return replace(settings, output=settings.output / "rehearsal", retry_waits=waits, secrets=Secrets({}))


def clear(folder: Path, *more: str) -> None:
    """Remove what a rehearsal has written into its folder, and files of these names."""
    for name in (*_OURS, *more):
        files.remove(folder / name)
        for aside in folder.glob(f"{name}.*"):
            files.remove(aside)


class Rehearsal:
    """The first run over a q.csv meets an outage half-way, the second goes on and finishes; the next starts afresh."""

    def __init__(self, settings: Settings, reply: Script = canned.answer) -> None:
        self._source, self._reply = settings, reply
        offstage = settings_for(settings)
        folder = offstage.output
        self._mark = folder / "rehearsal.json"
        self.settings = replace(
            offstage, questions=folder / "q.csv", given=settings.given | {"output"}, encoding=""
        )
        self.finished = False  # set when every row was answered
        self._digest = ""
        self._server: Server | None = None

    @property
    def endpoint(self) -> Endpoint:
        """The offline endpoint, spoken to as any other."""
        assert self._server is not None
        return endpoint_at(self.settings, self._server)

    def prepare(self) -> Settings:
        """Lay out the folder, afresh where q.csv changed or the last rehearsal finished, and start the endpoint.

        Call it under the folder's lock. Returns the settings of the rehearsal's run.
        """
        source = self._source
        with Sheet(source.questions, encoding=source.encoding, column=source.column) as sheet:
            found = sheet.rows()
            worded = {number: "" for number, state, _ in found if state & ~rows.EMPTY}
            emptied = b"".join(sheet.with_statuses(worded))
            asked = sum(not state & rows.EMPTY for state in found.states)
            encoding = "" if sheet.bom or sheet.codec == "utf-8" else sheet.codec
        self._digest = hashlib.sha256(emptied).hexdigest()
        afresh = self._under_way() != self._digest
        if afresh:
            self._clear()
            files.replace(self.settings.questions, [emptied])
            self._note(finished=False)
        latency = THINKING[source.rehearse]
        script = canned.calm(latency, self._reply)
        if source.rehearse == "outage" and afresh:
            script = canned.outage(max(1, asked * source.samples // 2), latency, self._reply)
        self._server = Server(script, keep_bodies=False)
        self._server.start()
        self.settings = replace(self.settings, encoding=encoding)
        return self.settings

    def _under_way(self) -> str:
        """The q.csv of a rehearsal that has not finished, as a digest; '' where there is none."""
        try:
            noted = json.loads(self._mark.read_bytes())
            return "" if noted["finished"] else str(noted["source"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return ""

    def _clear(self) -> None:
        clear(self.settings.output)

    def _note(self, *, finished: bool) -> None:
        noted = {"source": self._digest, "finished": finished}
        files.replace(self._mark, [json.dumps(noted).encode("utf-8")])

    def close(self) -> None:
        """Stop the endpoint and note whether the rehearsal has finished."""
        if self._server is not None:
            self._server.close()
            self._server = None
            if self.finished:
                self._note(finished=True)
