"""A client that starts in no time: what is tested here is the disk, and importing the real one takes a second."""

import asyncio
import json
from typing import Self
from urllib.parse import urlsplit

from dset import failures
from dset.completions import read_completion
from dset.endpoints import Endpoint, request_body
from dset.failures import Failure, Kind
from dset.messages import Messages
from dset.replies import Reply
from dset.settings import Settings


class PlainClient:
    """In the place of dset.endpoints.Client: one connection a request, to a loopback server of ours."""

    def __init__(self, endpoint: Endpoint, settings: Settings) -> None:
        self._endpoint, self._settings = endpoint, settings

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def ask(self, messages: Messages) -> Reply | Failure:
        """One request."""
        body = json.dumps(request_body(self._endpoint, self._settings, messages)).encode()
        place = urlsplit(self._endpoint.base_url)
        try:
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(
                b"POST /chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            head, _, content = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
        except OSError as error:
            return Failure(Kind.OUTAGE, str(error))
        status = int(head.split(b" ", 2)[1])
        return read_completion(content) if status == 200 else failures.of_status(status, {}, content)
