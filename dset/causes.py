"""An exception of a request and what it means: the first cause of which a name stands in its chain decides.

Neither client is imported here: exceptions are known by the names of their classes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from dset.cleaning import clean
from dset.failures import CHECK_KEY, CHECK_PROXY, CHECK_URL, OUTAGE, ROW_FAULT, STOP, Failure, Kind, of_status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

NETWORK = "Check the network, --base-url and HTTPS_PROXY."
CERTIFICATES = "Set SSL_CERT_FILE to a file with the certificates that this network uses."
CUT = "the connection was cut before the answer was whole"
SILENT = "nothing came from {host} for {read} s"
NO_ROUTE = "no connection to {host}: {detail}"
PROXY = "aiohttp.ClientHttpProxyError httpcore2.ProxyError"


class Cause(NamedTuple):
    names: str  # package.Class of an exception in the chain, or of a base of it
    reason: str
    advice: str = ""
    kind: Kind = OUTAGE
    pattern: str = ""  # searched in the text of the innermost exception


# Two transports of openai speak here: aiohttp's, which calls nearly everything a timeout, and httpx2's.
NOT_SENT = (
    Cause("builtins.OSError", "too many open files", "Lower --concurrency.", pattern="too many open files"),
    Cause("ssl.SSLCertVerificationError", "the certificate of {host}: {detail}", CERTIFICATES),
    Cause("socket.gaierror", "cannot find the host {host}", NETWORK),
    Cause(PROXY, "the proxy wants a login: {detail}", CHECK_PROXY, STOP, pattern=r"^407\b"),
    Cause(PROXY, "the proxy: {detail}", CHECK_PROXY),
    Cause("builtins.ConnectionRefusedError", "connection refused by {host}:{port}", NETWORK),
    Cause(
        "aiohttp.ConnectionTimeoutError httpcore2.ConnectTimeout", "no connection to {host} in time", NETWORK
    ),
    Cause("httpcore2.PoolTimeout", "no free connection in time", "Lower --concurrency."),
    Cause("aiohttp.ClientConnectorError httpcore2.ConnectError", NO_ROUTE, NETWORK),
    Cause("aiohttp.InvalidURL httpx2.UnsupportedProtocol", "not a web address: {detail}", CHECK_URL, STOP),
    Cause("httpx2.TooManyRedirects", "{host} redirects without end", CHECK_URL, STOP),
    # Its text quotes a header, and a header holds the key.
    Cause("httpx2.LocalProtocolError", "the request could not be built", CHECK_KEY, ROW_FAULT),
)
SENT = (
    Cause("dset.BodyTooLarge", "the answer is larger than allowed: {detail}"),
    Cause("aiohttp.ServerTimeoutError httpcore2.ReadTimeout httpcore2.WriteTimeout", SILENT),
    Cause("aiohttp.ClientPayloadError aiohttp.ClientConnectionError", CUT),
    Cause("httpcore2.RemoteProtocolError httpcore2.NetworkError ssl.SSLError builtins.ConnectionError", CUT),
    Cause("aiohttp.ClientResponseError", "what came is not HTTP: {detail}", CHECK_URL),
    Cause("httpx2.DecodingError", "the answer cannot be unpacked: {detail}"),
    Cause("openai.APIResponseValidationError json.JSONDecodeError", "not a completion: {detail}"),
    Cause("openai.APIConnectionError httpx2.TransportError aiohttp.ClientError", "{detail}"),
    # The deadline for the whole request: ours
    Cause("builtins.TimeoutError", "no answer {within}", "Raise --timeout if answers may take so long."),
)


def of_exception(error: BaseException, seconds: float = 0.0, *, now: datetime | None = None) -> Failure:
    """What an exception of a request means; `seconds` is how long it took. No Exception: raised again."""
    if not isinstance(error, Exception):
        raise error  # a cancellation or Ctrl-C is an order, not a failure
    if "openai.APIStatusError" in _names(error):
        response: Any = getattr(error, "response", None)
        seconds = seconds or _elapsed(response)
        return of_status(response.status_code, response.headers, response.content, seconds, now=now)
    chain = list(_chain(error))
    names = {name for link in chain for name in _names(link)}
    detail = next((text for link in reversed(chain) if (text := str(link).strip())), type(error).__name__)
    for cause in NOT_SENT + SENT:
        if not names.isdisjoint(cause.names.split()) and re.search(cause.pattern, detail, re.IGNORECASE):
            reason = clean(cause.reason.format(detail=detail, **_circumstances(chain, seconds)))
            return Failure(cause.kind, reason, cause.advice, maybe_billed=cause in SENT)
    return Failure(ROW_FAULT, clean(f"{type(error).__name__}: {error}"))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and its causes, outermost first."""
    for _ in range(20):
        if error is None:
            return
        yield error
        # httpcore2 leaves its cause in the context; of others that may be the failure of an earlier attempt.
        context = error.__context__ if type(error).__module__.startswith("httpcore2") else None
        error = error.__cause__ or context


def _names(error: BaseException) -> set[str]:
    return {f"{base.__module__.split('.')[0]}.{base.__name__}" for base in type(error).__mro__}


def _circumstances(chain: list[BaseException], seconds: float) -> dict[str, object]:
    request: Any = getattr(chain[0], "request", None)
    url: Any = getattr(request, "url", None)
    # aiohttp names the host that it spoke to, which may be a proxy.
    peer: Any = next((link for link in chain if getattr(link, "host", None)), url)
    port = getattr(peer, "port", None) or (80 if getattr(url, "scheme", "") == "http" else 443)
    read = getattr(request, "extensions", {}).get("timeout", {}).get("read") or seconds
    within = f"within {seconds:.0f} s" if seconds else "in time"
    return {"host": getattr(peer, "host", "the service"), "port": port, "read": f"{read:g}", "within": within}


def _elapsed(response: Any) -> float:
    try:
        return float(response.elapsed.total_seconds())
    except RuntimeError:  # a response that no client has sent knows none
        return 0.0
