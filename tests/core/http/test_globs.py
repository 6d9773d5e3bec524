import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.errors import ConfigError
from crossdock.http.globs import Globs

SEGMENT = st.text("ab.%-", min_size=0, max_size=3)
PATTERN = st.lists(st.one_of(st.just("*"), st.just("**"), st.text("ab.", min_size=1, max_size=2)), max_size=5)


def reference(pattern, path):
    """What the globs mean, slowly."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(reference(pattern[1:], path[n:]) for n in range(len(path) + 1))
    if not path:
        return False
    fits = bool(path[0]) if pattern[0] == "*" else path[0] == pattern[0]
    return fits and reference(pattern[1:], path[1:])


@given(PATTERN.filter(bool), st.lists(SEGMENT, min_size=1, max_size=5))
def test_globs_match_what_a_slow_reference_matches(pattern, path):
    globs = Globs(["GET /" + "/".join(pattern)])

    assert (globs.find("GET", "/" + "/".join(path)) == 0) is reference(pattern, path)


@given(st.lists(PATTERN.filter(bool), min_size=1, max_size=4), st.lists(SEGMENT, min_size=1, max_size=4))
def test_globs_find_the_first_that_matches(patterns, path):
    globs = Globs(["POST /" + "/".join(pattern) for pattern in patterns])

    expected = next((n for n, pattern in enumerate(patterns) if reference(pattern, path)), None)
    assert globs.find("POST", "/" + "/".join(path)) == expected


@pytest.mark.parametrize(
    ("pattern", "method", "path", "matches"),
    [
        ("GET /**", "GET", "/", True),
        ("GET /**", "HEAD", "/", False),
        ("GET /v3/orders", "GET", "/v3/orders/", False),
        ("GET /v3/orders/**", "GET", "/v3/orders", True),
        ("POST /tenants/*/outbound-orders/search", "POST", "/tenants/8f/outbound-orders/search", True),
        ("POST /tenants/*/outbound-orders/search", "POST", "/tenants/8f/9a/outbound-orders/search", False),
        ("POST /tenants/*/outbound-orders", "POST", "/tenants//outbound-orders", False),
        ("* /v3/feeds*", "PUT", "/v3/feeds.json", True),
        ("* /v3/feeds*", "PUT", "/v3/feeds/1", False),
        ("GET /a.b", "GET", "/axb", False),
        ("get /a", "GET", "/a", True),
    ],
)
def test_globs_match(pattern, method, path, matches):
    assert (Globs([pattern]).find(method, path) == 0) is matches


def test_globs_match_nothing_when_there_are_none():
    assert Globs([]).find("GET", "/") is None


@pytest.mark.parametrize("pattern", ["GET", "/orders", "GET orders", ""])
def test_globs_refuse_what_is_no_pattern(pattern):
    with pytest.raises(ConfigError, match="is no request pattern"):
        Globs([pattern])
