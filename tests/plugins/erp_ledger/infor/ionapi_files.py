"""`.ionapi` files of every shape that is known. Nobody's keys."""

from __future__ import annotations

import json
from typing import Any

SECRETS = ("cs-of-nobody-0123456789", "saak-of-nobody-0123456789", "sask-of-nobody-0123456789")

CLOUD: dict[str, Any] = {
    "ti": "ACME_TST",
    "cn": "crossdock",
    "dt": "12",
    "ci": "ACME_TST~ci-of-nobody",
    "cs": SECRETS[0],
    "iu": "https://mingle-ionapi.example.test",
    "pu": "https://mingle-sso.example.test:443/ACME_TST/as/",
    "oa": "authorization.oauth2",
    "ot": "token.oauth2",
    "or": "revoke_token.oauth2",
    "ev": "U147858101",
    "v": "1.0",
    "saak": f"ACME_TST#{SECRETS[1]}",
    "sask": SECRETS[2],
}
ON_PREMISES = {
    **CLOUD,
    "ti": "infor",
    "iu": "https://ion.example.test:7443",
    "pu": "https://ion.example.test/InforIntSTS/",
    "oa": "connect/authorize",
    "ot": "connect/token",
    "or": "connect/revocation",
    "saak": f"infor#{SECRETS[1]}",
}
SCOPED = {**CLOUD, "v": "1.1", "sc": ["Infor-FSM", "Infor-ION"]}
NO_ACCOUNT = {key: value for key, value in CLOUD.items() if key not in ("saak", "sask")}
WEB = {**NO_ACCOUNT, "dt": "1", "ru": "https://app.example.test/back"}


def written(fields: dict[str, Any], **changed: Any) -> str:
    """The text of a file; a key that is changed to None is left out."""
    return json.dumps({key: value for key, value in {**fields, **changed}.items() if value is not None})
