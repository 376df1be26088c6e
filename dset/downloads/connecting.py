"""Connections to checked addresses only: the name is resolved once, and what is connected to is what was checked."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from dset.cleaning import clean
from dset.downloads import addresses
from dset.downloads.addresses import UnsafeError

Resolve = Callable[[str], Sequence[str]]
"""From a host's name to its IP addresses; may block. Raises OSError."""


def system_resolve(host: str) -> list[str]:
    """The addresses that this machine's resolver gives. Raises OSError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Gate:
    """What may be connected to: public addresses at the ports of web pages, and the pairs that are `allowed`."""

    def __init__(self, allowed: frozenset[tuple[str, int]]) -> None:
        """`allowed`: (IP address, port) pairs, such as a server of a test; matched on what is connected to."""
        self._allowed = allowed
        self.ports = addresses.PORTS | {port for _, port in allowed}

    def refusal(self, address: str, port: int) -> str:
        """'' where this pair may be connected to, else why not."""
        if (address, port) in self._allowed:
            return ""
        what = addresses.check(address)
        if not what and port not in addresses.PORTS:
            what = f"at port {port}, not one of web pages"
        return f"{clean(address, 60)}, {what}" if what else ""

    def check(self, found: Sequence[str], port: int) -> None:
        """Raises UnsafeError unless each of a host's addresses may be connected to at this port."""
        for address in found:
            if refusal := self.refusal(address, port):
                raise UnsafeError(f"the host is at {refusal}")

    def open(
        self, info: tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
    ) -> socket.socket:
        """The socket that is connected to this address next: the last place to refuse it. Raises OSError."""
        family, kind, protocol, _, address = info
        if refusal := self.refusal(address[0], address[1]):
            raise PermissionError(errno.EACCES, refusal)
        return socket.socket(family, kind, protocol)


class CheckedResolver(AbstractResolver):
    """Resolves for aiohttp: all of a host's addresses, each of them checked."""

    def __init__(self, gate: Gate, resolve: Resolve) -> None:
        self._gate, self._resolve = gate, resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """What is connected to next, without a second question. Raises OSError and UnsafeError."""
        del family  # all are checked, whichever is connected to
        try:
            found = await asyncio.to_thread(self._resolve, host)
        except UnicodeError:  # of a name that Python's own IDNA does not take
            found = ()
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        self._gate.check(found, port)
        return [_result(host, address, port) for address in found]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


def connector(gate: Gate, resolve: Resolve, tls: ssl.SSLContext) -> aiohttp.TCPConnector:
    """Connections for aiohttp. To be called in a running event loop."""
    return aiohttp.TCPConnector(
        resolver=CheckedResolver(gate, resolve),
        use_dns_cache=False,
        socket_factory=gate.open,
        ssl=tls,
        limit=0,  # bounded by who asks
        force_close=True,  # what a server sends unasked must not be taken for the next picture
    )
