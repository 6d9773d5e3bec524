"""Which keys hold a secret or tell of a person, by their names."""

from __future__ import annotations

import re
from functools import lru_cache

_OTHER = re.compile(r"[^a-z0-9]+")

_SECRET_PARTS = (
    "authorization",
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "apikey",
    "accesskey",
    "privatekey",
    "cookie",
    "signature",
    "credential",
    "bearer",
)
_SECRET_WORDS = frozenset({"pwd", "pass", "auth", "otp", "pin", "sessionid", "jwt", "hmac", "sig"})
# `token_type`, `token_url`, `secret_name`, `key_id`: they speak of a secret and are none.
_ABOUT_SECRETS = (
    "type",
    "url",
    "uri",
    "name",
    "names",
    "id",
    "count",
    "lifetimes",
    "lifetime",
    "expiresat",
    "expiresin",
)

_PERSONAL_PARTS = (
    "email",
    "phone",
    "telefon",
    "mobile",
    "address",
    "street",
    "suburb",
    "postcode",
    "postalcode",
    "postal",
    "zipcode",
    "firstname",
    "lastname",
    "middlename",
    "surname",
    "givenname",
    "familyname",
    "fullname",
    "contactname",
    "companyname",
    "displayname",
    "buyername",
    "customername",
    "recipientname",
    "receivername",
    "consigneename",
    "personname",
    "birthday",
    "birthdate",
    "dateofbirth",
    "giftmessage",
    "instructions",
    "latitude",
    "longitude",
)
_PERSONAL_WORDS = frozenset(
    {
        "zip",
        "zip4",
        "city",
        "town",
        "locality",
        "county",
        "attn",
        "attention",
        "addressee",
        "fax",
        "tel",
        "cell",
        "contact",
        "contacts",
        "person",
        "buyer",
        "recipient",
        "receiver",
        "consignee",
        "shipto",
        "billto",
        "line1",
        "line2",
        "line3",
        "comments",
        "dob",
        "ssn",
        "vatid",
        "taxid",
    }
)
# Of these a name is told freely: they are places of work and things, no persons.
_NAMED_THINGS = frozenset(
    {
        "warehouse",
        "shipnode",
        "node",
        "product",
        "item",
        "carrier",
        "carriername",
        "service",
        "unit",
        "unitofmeasure",
        "uom",
        "channel",
        "market",
        "plugin",
        "pipeline",
        "route",
        "connection",
        "mapper",
        "source",
        "sink",
        "charge",
        "tax",
        "fee",
    }
)


def bare(key: str) -> str:
    """A key without case and dividers: "WM_SEC.ACCESS_TOKEN" gives "wmsecaccesstoken"."""
    return _OTHER.sub("", key.lower())


@lru_cache(maxsize=4096)
def is_secret(key: str) -> bool:
    """Whether what stands under that key gives access to something."""
    name = bare(key)
    if name in _SECRET_WORDS:
        return True
    return any(part in name for part in _SECRET_PARTS) and not name.endswith(_ABOUT_SECRETS)


@lru_cache(maxsize=4096)
def is_personal(key: str, parent: str = "") -> bool:
    """Whether what stands under that key, and everything below it, tells of a person."""
    name = bare(key)
    if name == "name":
        return bare(parent) not in _NAMED_THINGS
    return name in _PERSONAL_WORDS or any(part in name for part in _PERSONAL_PARTS)
