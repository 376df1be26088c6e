"""Which URLs are fetched and which IP addresses are connected to: public ones, and nothing of this network."""

import ipaddress
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import idna

LONGEST = 2048  # characters of a URL
PORTS = frozenset({80, 443})
_DEFAULT = {"http": 80, "https": 443}
_FORM = re.compile(r"(?is)(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?")  # RFC 3986, appendix B
_HOST = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_LABELS = re.compile(r"(?:(?!-)[a-z0-9_-]{1,63}\.)*(?!-)[a-z0-9_-]{1,63}")
_PLAIN = "%/:@!$&'()*+,;=-._~[]|"  # what a path may hold as it is

# What is_global of some Python from 3.11 on calls public, or may
# (https://www.iana.org/assignments/iana-ipv4-special-registry, and the same for IPv6).
_KEPT_OUT = {
    "0.0.0.0/8": "an address of this machine",
    "100.64.0.0/10": "a private address",
    "192.0.0.0/24": "a reserved address",
    "192.88.99.0/24": "a reserved address",
    "168.63.129.16/32": "an address of the cloud that a machine runs in",  # Azure's, in public space
    "64:ff9b:1::/48": "a private address",
    "2001::/23": "a reserved address",
    "2001:db8::/32": "an address for documents",
    "3fff::/20": "an address for documents",
}
_NETWORKS = [(ipaddress.ip_network(network), what) for network, what in _KEPT_OUT.items()]
_UNICAST = ipaddress.IPv6Network("2000::/3")  # of IPv6 nothing else is given out
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = {0x00005EFE, 0x02005EFE}  # before an IPv4 address, RFC 5214


class UnsafeError(Exception):
    """A URL, or the address behind it, that is not fetched; its text is the reason, without anything of the URL."""


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL in its one spelling: ASCII, without a fragment and without a login."""

    scheme: str  # http or https
    host: str  # lower case, Punycode; an IP address as Python writes it, without brackets
    port: int
    target: str  # path and query, percent-encoded, from its / on

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"

    @property
    def is_address(self) -> bool:
        """The host is an IP address, not a name."""
        return ":" in self.host or self.host.rpartition(".")[2].isdigit()


def parse(url: str, ports: Collection[int] = PORTS) -> Url:
    """`url` in its one spelling. Raises UnsafeError; whether its host is public is told by `check`."""
    url = url.strip(" ")
    if len(url) > LONGEST:
        raise UnsafeError(f"the URL is longer than {LONGEST:,} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in url):
        raise UnsafeError("the URL holds control characters")
    if "\\" in url:  # a slash to some readers, part of a login to others
        raise UnsafeError("the URL holds a backslash")
    form = _FORM.fullmatch(url)
    if form is None:
        raise UnsafeError("the URL does not begin with http:// or https:// and a host")
    scheme, authority, path, query = form[1].lower(), form[2], form[3], form[4] or ""
    if "@" in authority:
        raise UnsafeError("the URL holds a login")
    parts = _HOST.fullmatch(authority)
    if parts is None:
        raise UnsafeError("the URL's host is none")
    port = int(parts[2] or _DEFAULT[scheme])
    if port not in ports:
        raise UnsafeError(f"the URL names port {port}, not one of web pages")
    return Url(scheme, _host(parts[1]), port, (_quoted(path) or "/") + _quoted(query, "?"))


def _quoted(text: str, more: str = "") -> str:
    """Percent-encoded where it is not yet."""
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe=_PLAIN + more)


def _host(text: str) -> str:
    if text.startswith("["):
        return _literal(text[1:-1])
    try:
        name = text.lower() if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except UnicodeError:
        raise UnsafeError("the URL's host is no valid name") from None
    name = name.removesuffix(".")
    if len(name) > 253 or not _LABELS.fullmatch(name):
        raise UnsafeError("the URL's host is no valid name")
    if not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.rpartition(".")[2]):
        return name
    try:
        return str(IPv4Address(name))
    except ValueError:  # 127.1, 0x7f.1, 2130706433: resolvers take them for addresses
        raise UnsafeError("the URL's host is a number in disguise") from None


def _literal(text: str) -> str:
    try:
        return str(IPv6Address("" if "%" in text else text))
    except ValueError:
        raise UnsafeError("the URL's host is no valid IPv6 address") from None


def check(address: str) -> str:
    """'' where `address` (an IP address as text) may be connected to, else what it is instead of a public one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "no IP address"
    if isinstance(ip, IPv4Address):
        return _what(ip)
    if ip.scope_id is not None:
        return "an address of one link"
    inner = _inner(ip)
    if inner is not None:
        return _what(inner)
    if int(ip) >> 32 & 0xFFFFFFFF in _ISATAP and (what := _what(IPv4Address(int(ip) & 0xFFFFFFFF))):
        return what
    return _what(ip)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to `ip` end at, where a translator or a tunnel takes them there."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.teredo is not None:
        # To the client behind the tunnel; one that is public needs no tunnel, and 2001::/23 is kept out as well.
        return IPv4Address(0)
    return ip.ipv4_mapped or ip.sixtofour


def _what(ip: IPv4Address | IPv6Address) -> str:
    """What `ip` is instead of public, '' for a public one. The first that fits: loopback is private, too."""
    kinds = [
        (ip.is_unspecified, "an address of this machine"),
        (ip.is_loopback, "a loopback address"),
        (ip.is_link_local, "a link-local address"),
        (ip.is_multicast, "a multicast address"),
        *[(ip in network, what) for network, what in _NETWORKS],
        (ip.is_private, "a private address"),
        (ip.is_reserved, "a reserved address"),
        (not ip.is_global, "an address that is not public"),
        (isinstance(ip, IPv6Address) and ip not in _UNICAST, "an address that is not public"),
    ]
    return next((what for fits, what in kinds if fits), "")
