"""Why a download failed, in words of our own: what a server says is not repeated."""

import socket
import ssl
from collections.abc import Mapping
from datetime import datetime

import aiohttp

from dset.cleaning import clean
from dset.error_bodies import told_wait


class CutError(aiohttp.ClientError):
    """The server hung up before it answered."""


BROKEN = (aiohttp.ClientError, OSError, ValueError)
"""What a server, or the way to it, can make aiohttp raise: the last for what its parsers may let through."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STATUSES = {
    401: "it asks for a login (401)",
    403: "the server refuses it (403)",
    404: "it is not there (404)",
    410: "it is gone (410)",
    429: "the server says: too many requests (429)",
    451: "it is withheld for legal reasons (451)",
}
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


class FetchError(Exception):
    """A download that failed. `again`: a later try may help, `wait` seconds from now where the server names them."""

    def __init__(self, reason: str, again: bool, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.again, self.wait = reason, again, wait


def of_status(status: int, headers: Mapping[str, str], now: datetime) -> FetchError:
    """The failure that this status means; any but 200, redirects apart."""
    again = status in _LATER
    fields = {name: headers.get(name, "") for name in ("retry-after", "date")}
    reason = _STATUSES.get(status, f"the server answers with status {status}")
    return FetchError(reason, again, told_wait(fields, "", now) if again else None)


def of(error: BaseException, idle: float) -> FetchError:
    """The failure behind one of BROKEN; `idle` is the bound that ServerTimeoutError tells of, in seconds."""
    match error:
        case aiohttp.ClientConnectorDNSError(os_error=socket.gaierror(errno=number)):
            later = number == socket.EAI_AGAIN
            return FetchError(
                "its host's name cannot be looked up now" if later else "its host is unknown", later
            )
        case aiohttp.ClientConnectorCertificateError(
            certificate_error=ssl.SSLCertVerificationError() as cause
        ):
            return FetchError(f"its certificate does not hold: {clean(cause.verify_message, 120)}", False)
        case aiohttp.ClientConnectorSSLError():
            return FetchError("no encrypted connection comes about", False)
        case aiohttp.ClientConnectorError():
            return FetchError(f"no connection comes about: {clean(str(error.strerror), 120)}", True)
        case TimeoutError():
            return FetchError(f"nothing came for {idle:g} s", True)
        case aiohttp.ClientPayloadError():
            return FetchError("it breaks off", True)
        case CutError() | aiohttp.ServerDisconnectedError() | OSError():
            return FetchError("the server cut the connection", True)
    return FetchError("what the server sends is not HTTP", False)
