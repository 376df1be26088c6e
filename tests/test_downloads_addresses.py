"""Which URLs are fetched and which addresses are connected to."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.downloads.addresses import UnsafeError, check, parse
from tests.tables import each

PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "2606:4700::1111",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
]
NOT_PUBLIC = {
    "127.0.0.1": "a loopback address",
    "127.255.255.254": "a loopback address",
    "0.0.0.0": "an address of this machine",
    "0.1.2.3": "an address of this machine",
    "10.0.0.1": "a private address",
    "172.16.0.1": "a private address",
    "172.31.255.255": "a private address",
    "192.168.1.1": "a private address",
    "100.64.0.1": "a private address",
    "100.100.100.200": "a private address",  # Alibaba's metadata
    "169.254.169.254": "a link-local address",  # metadata of most clouds
    "192.0.0.192": "a reserved address",  # Oracle's metadata
    "192.0.0.9": "a reserved address",
    "168.63.129.16": "an address of the cloud that a machine runs in",
    "192.0.2.1": "a private address",
    "192.88.99.1": "a reserved address",
    "198.18.0.1": "a private address",
    "224.0.0.1": "a multicast address",
    "233.252.0.1": "a multicast address",
    "240.0.0.1": "a private address",
    "255.255.255.255": "a private address",
    "::": "an address of this machine",
    "::1": "a loopback address",
    "::7f00:1": "a reserved address",
    "::ffff:127.0.0.1": "a loopback address",
    "::ffff:169.254.169.254": "a link-local address",
    "::ffff:0:127.0.0.1": "a reserved address",
    "64:ff9b::7f00:1": "a loopback address",
    "64:ff9b::a9fe:a9fe": "a link-local address",
    "64:ff9b:1::808:808": "a private address",
    "2002:7f00:1::": "a loopback address",
    "2002:a00:1::1": "a private address",
    "2001:0:808:808::f7f7:f7f7": "an address of this machine",
    "2001:db8::1": "an address for documents",
    "2001:10::1": "a reserved address",
    "2001:1::1": "a reserved address",
    "3fff::1": "an address for documents",
    "100::1": "a private address",
    "2606:4700::5efe:7f00:1": "a loopback address",
    "2606:4700::200:5efe:a00:1": "a private address",
    "fc00::1": "a private address",
    "fd00:ec2::254": "a private address",  # Amazon's metadata
    "fe80::1": "a link-local address",
    "fe80::1%eth0": "an address of one link",
    "2606:4700::1111%1": "an address of one link",
    "fec0::1": "an address that is not public",
    "ff02::1": "a multicast address",
    "ff0e::1": "a multicast address",
    "4000::1": "a reserved address",
    "5f00::1": "a reserved address",
}
NO_ADDRESS = [
    "",
    "localhost",
    "127.1",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "①②⑦.0.0.1",
    "8.8.8.8 ",
    "[::1]",
]


@each(PUBLIC)
def test_a_public_address_may_be_connected_to(address: str) -> None:
    assert check(address) == ""


@each(NOT_PUBLIC.items())
def test_any_other_address_may_not(address: str, what: str) -> None:
    assert check(address) == what


@each(NO_ADDRESS)
def test_what_a_resolver_would_have_to_read_is_no_address(address: str) -> None:
    assert check(address) == "no IP address"


SPELLINGS = {
    "http://example.org": "http://example.org/",
    "HTTP://EXAMPLE.org:80/A b": "http://example.org/A%20b",
    "https://example.org.:443/?q=1#part": "https://example.org/?q=1",
    "https://example.org:/a": "https://example.org/a",
    "https://example.org:80/a": "https://example.org:80/a",
    "https://bücher.example/ü?ü=ü": "https://xn--bcher-kva.example/%C3%BC?%C3%BC=%C3%BC",
    "https://ไทย.example/ป้าย.jpg": "https://xn--o3cw4h.example/%E0%B8%9B%E0%B9%89%E0%B8%B2%E0%B8%A2.jpg",
    "https://my_blog.example.org/a": "https://my_blog.example.org/a",
    "https://e.org/a%2Fb/../c%zz%4": "https://e.org/a%2Fb/../c%25zz%254",
    "https://e.org/a?u=http://127.0.0.1/@:x&s=a+b%2B": "https://e.org/a?u=http://127.0.0.1/@:x&s=a+b%2B",
    "http://8.8.8.8/": "http://8.8.8.8/",
    "http://８.８。８.８/": "http://8.8.8.8/",
    "http://[2606:4700:0::1111]:80/x": "http://[2606:4700::1111]/x",
    "  https://e.org/a  ": "https://e.org/a",
    "http://e.org?a/../@b": "http://e.org/?a/../@b",
}


@each(SPELLINGS.items())
def test_a_url_has_one_spelling(url: str, written: str) -> None:
    assert str(parse(url)) == written
    assert parse(written) == parse(url)


REFUSED = {
    "": "does not begin",
    "example.org/a.jpg": "does not begin",
    "//example.org/a.jpg": "does not begin",
    "file:///etc/passwd": "does not begin",
    "ftp://example.org/": "does not begin",
    "data:image/png;base64,AAAA": "does not begin",
    "javascript:alert(1)": "does not begin",
    "gopher://127.0.0.1:6379/_": "does not begin",
    "http:/example.org": "does not begin",
    "http:example.org": "does not begin",
    "http://": "no valid name",
    "http:///a": "no valid name",
    "http://user:secret@example.org/": "login",
    "http://@example.org/": "login",
    "http://example.org@127.0.0.1/": "login",
    "http://example.org＠127.0.0.1/": "no valid name",
    "http://example.org\\@127.0.0.1/": "backslash",
    "http:\\\\127.0.0.1/": "backslash",
    "http://example.org/a\\b": "backslash",
    "http://exa\nmple.org/": "control characters",
    "http://example.org/a\r\nHost: b": "control characters",
    "http://example.org/\t": "control characters",
    "\x00http://example.org/": "control characters",
    "http://example.org/\x85": "control characters",
    "http://example.org/\udcff": "control characters",
    "http://exa mple.org/": "no valid name",
    "http://%31%32%37.0.0.1/": "no valid name",
    "http://example.org%00.b/": "no valid name",
    "http://-a.example.org/": "no valid name",
    "http://a..example.org/": "no valid name",
    "http://example.org../": "no valid name",
    "http://./": "no valid name",
    "http://" + "a" * 64 + ".org/": "no valid name",
    "http://" + "a." * 130 + "org/": "no valid name",
    "http://ä" + "a" * 70 + ".org/": "no valid name",
    "http://℀.org/": "no valid name",
    "http://127.1/": "a number in disguise",
    "http://0x7f.1/": "a number in disguise",
    "http://0x7f000001/": "a number in disguise",
    "http://2130706433/": "a number in disguise",
    "http://017700000001/": "a number in disguise",
    "http://0177.0.0.1/": "a number in disguise",
    "http://①②⑦.1/": "a number in disguise",
    "http://1.2.3.4.5/": "a number in disguise",
    "http://256.1.1.1/": "a number in disguise",
    "http://example.0x/": "a number in disguise",
    "http://[fe80::1%25eth0]/": "IPv6",
    "http://[v1.a]/": "IPv6",
    "http://[127.0.0.1]/": "IPv6",
    "http://[]/": "IPv6",
    "http://[::1/": "host is none",
    "http://[::1]a/": "host is none",
    "http://a:b/": "host is none",
    "http://example.org:80:80/": "host is none",
    "http://example.org:٨٠/": "host is none",
    "http://example.org:22/": "names port 22",
    "http://example.org:0/": "names port 0",
    "http://example.org:65616/": "names port 65616",
    "http://example.org:8080/": "names port 8080",
    "http://example.org/" + "a" * 2048: "longer than 2,048",
}


@each(REFUSED.items())
def test_a_url_that_readers_read_in_two_ways_is_refused(url: str, reason: str) -> None:
    with pytest.raises(UnsafeError, match=reason):
        parse(url)


def test_another_port_is_taken_where_it_is_named() -> None:
    assert parse("http://example.org:8080/", {8080}).port == 8080
    with pytest.raises(UnsafeError):
        parse("http://example.org/", {8080})


@each(
    "http://127.0.0.1/ http://①②⑦.0.0.1/ http://127。0。0。1/ http://[::1]/ http://[::ffff:127.0.0.1]/ http://[0::1]/ "
    "http://[64:ff9b::7f00:1]/ http://[2002:7f00:1::]/ http://169.254.169.254/latest/meta-data/ http://127.0.0.1./".split(),
)
def test_an_address_of_this_network_is_seen_in_every_spelling(url: str) -> None:
    assert parse(url).is_address
    assert check(parse(url).host)


@each(["localhost", "localhost.", "LOCALHOST", "a.localhost", "metadata.google.internal"])
def test_a_name_is_left_to_the_resolver(name: str) -> None:
    assert not parse(f"http://{name}/").is_address


TROUBLE = "http:/\\@:.#?[]%0x127①。 \t\nä＠℀-_a~"


@given(st.text(alphabet=TROUBLE, max_size=40), st.text(alphabet=TROUBLE, max_size=20))
def test_what_is_taken_reads_the_same_again_and_is_no_address_in_disguise(host: str, rest: str) -> None:
    try:
        url = parse(f"http://{host}/{rest}")
    except UnsafeError:
        return
    assert str(url).isascii()
    assert parse(str(url)) == url
    if not url.is_address:
        with pytest.raises(OSError, match="illegal IP"):
            socket.inet_aton(url.host)
