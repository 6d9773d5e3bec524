from __future__ import annotations

import pytest

from crossdock.checking.hosts import find_url_flaw, is_loopback, is_plain_to_stranger


@pytest.mark.parametrize(
    "url",
    ["https://a.example.test", "http://127.0.0.1:8080/", "https://[::1]:8443/api/v1", "https://a.example.test/us/"],
)
def test_whole_base_url_has_no_flaw(url):
    assert find_url_flaw(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "", "a.example.test", "//a.example.test", "ftp://a.example.test", "https://", "https://:443", "https://a:b@c.test",
        "https://a.test:port", "https://a.test:99999", "https://a.test:0", "https://a.test?x=1", "https://a.test#x",
        "https://[::1", "https://a b.test",
    ],
)  # fmt: skip
def test_base_url_that_is_not_whole_has_a_flaw(url):
    assert find_url_flaw(url)


@pytest.mark.parametrize("host", ["localhost", "sim.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_plain_http_may_go_to_this_machine(host):
    assert is_loopback(f"http://{host}:8080")
    assert not is_plain_to_stranger(f"http://{host}:8080", ())


@pytest.mark.parametrize("host", ["localhost.example.test", "10.0.0.1", "127.0.0.1.example.test", "0.0.0.0"])
def test_plain_http_to_another_machine_needs_its_name(host):
    assert is_plain_to_stranger(f"http://{host}", ())
    assert is_plain_to_stranger(f"http://{host}", ["other.test"])
    assert not is_plain_to_stranger(f"http://{host}", [host.upper()])
    assert not is_plain_to_stranger(f"https://{host}", ())
