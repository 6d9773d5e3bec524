"""Which keys and headers a cassette may keep, and which speak of secrets and of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from crossdock.observe.sensitive import bare, is_personal, is_secret

# What tells how to read a message, how much there is, and when to come back. Anything else is left out: who knows what
# a header of a vendor's says.
_HARMLESS_HEADERS = (
    "accept", "accept-*", "age", "allow", "api-version", "content-type", "content-language", "content-range", "date",
    "expires", "if-match", "if-none-match", "etag", "last-modified", "link", "location", "prefer",
    "preference-applied", "retry-after", "*-count", "*-limit", "*-remaining", "*-reset", "*ratelimit*", "*rate-limit*",
    "*-replenish*", "total-*", "page-*", "x-total*", "x-page*", "x-per-page",
)  # fmt: skip
_ABOUT = ("type", "kind", "count", "status", "version")
_COUNTRY = ("country", "countrycode", "iso2code", "iso3code", "currency", "currencycode")


@dataclass(frozen=True, slots=True)
class Rules:
    """What an author adds to the kit's own lists: keys without regard to case and dividers, headers as globs.

    `free` names keys that the lists take for personal and that are none here, with their parent if it matters:
    "customer.name" where a customer is a company's account, ".name" for the name at the top of a message.
    """

    secret: Sequence[str] = ()
    personal: Sequence[str] = ()
    free: Sequence[str] = ()
    headers: Sequence[str] = ()

    def is_secret(self, key: str) -> bool:
        """Whether what stands under that key gives access to something."""
        return not self._is_free(key, "") and (is_secret(key) or bare(key) in map(bare, self.secret))

    def is_personal(self, key: str, parent: str) -> bool:
        """Whether what stands under that key tells of a person."""
        if self._is_free(key, parent):
            return False
        return is_personal(key, parent) or bare(key) in map(bare, self.personal)

    def keeps_header(self, name: str) -> bool:
        """Whether a header may be written at all."""
        lower = name.lower()
        wanted = any(fnmatchcase(lower, glob.lower()) for glob in (*_HARMLESS_HEADERS, *self.headers))
        return wanted and not self.is_secret(name) and not self.is_personal(name, "")

    def _is_free(self, key: str, parent: str) -> bool:
        named = {".".join(map(bare, name.split("."))) for name in self.free}
        return bare(key) in named or f"{bare(parent)}.{bare(key)}" in named


def tells_no_person(key: str) -> bool:
    """Whether it can stay although it stands within an address: a country, which everyone there shares."""
    return bare(key) in _COUNTRY


def is_distinctive(key: str) -> bool:
    """Whether a value of that key is somebody's own, so that it has to go wherever else it is found."""
    return not bare(key).endswith(_ABOUT) and not tells_no_person(key)
