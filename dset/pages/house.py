"""Who may ask the server for what: the names it answers to, the token, what is open without it."""

import hmac
import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

HEADER = "x-dset-token"
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?", re.IGNORECASE)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_loopback(host: str) -> bool:
    """Only this machine gets to an address of that name."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class House:
    """What holds for each request. `host` is what the server is bound to."""

    host: str
    token: str

    @property
    def is_open(self) -> bool:
        """Reading takes no token: only this machine can ask."""
        return is_loopback(self.host)

    @property
    def known_as(self) -> str:
        """The names it answers to, for who asked under another one."""
        return (
            "127.0.0.1 or localhost" if self.is_open else "the machine's address in figures, or its own name"
        )

    def answers_to(self, host: str) -> bool:
        """The Host header names this server, and no name of a stranger's that was pointed at it (DNS rebinding).

        An address in figures cannot be pointed elsewhere: where the network may ask, each of them is ours.
        """
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].strip("[]").lower().removesuffix(".")
        if name in _LOOPBACK or name == self.host.lower():
            return True
        if self.is_open:
            return False
        return _is_address(name) or name in _own_names()

    def is_own_origin(self, origin: str, host: str) -> bool:
        """The page that asks came from the server itself, port and all; `host` is a Host header that it answers to."""
        try:
            parts = urlsplit(origin)
            return parts.scheme in {"http", "https"} and parts.netloc.lower() == host.lower()
        except ValueError:
            return False

    def knows(self, token: str) -> bool:
        """The token is ours; how long the answer takes tells nothing about it."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode("utf-8", "replace"))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({name, f"{name}.local", name.partition(".")[0]})
