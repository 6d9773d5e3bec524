"""Checks the connections: their plugin, their auth provider, their settings, where they lead."""

from __future__ import annotations

from crossdock.checking.build import build
from crossdock.checking.digest import digest
from crossdock.checking.hosts import find_url_flaw, is_loopback, is_plain_to_stranger
from crossdock.checking.look_up import Account, Outcome, Use, find, read_use
from crossdock.checking.section import Section, is_broken, position, read_table, wrong_type
from crossdock.checking.words import listed
from crossdock.config import Entry, Findings, Mark, Scalar, Table
from crossdock.contract.connection import AuthProvider, Connection
from crossdock.registry import Registry

_EXAMPLE = "{use: PLUGIN, auth: {use: PLUGIN.PROVIDER, …}}"


class ConnectionChecker:
    """Turns one entry of `connections:` into an account."""

    def __init__(self, registry: Registry, findings: Findings) -> None:
        self._registry = registry
        self._findings = findings

    def check(self, entry: Entry) -> Account:
        """Read one connection; what is wrong with it is reported."""
        table = read_table(entry, "`connections`", f"{entry.key}: {_EXAMPLE}", self._findings)
        if table is None:
            return Account(entry.key, entry.mark)
        section = Section(table, entry.mark, f"connection {entry.key}", self._findings)
        use = read_use(section, "PLUGIN")
        outcome = Outcome()
        model = None if use is None else find(use, self._registry.connection, self._findings, outcome)
        if model is None or use is None:
            return Account(entry.key, entry.mark, use, stopped=outcome.fault)
        made = self._make(section, use, model, outcome)
        return Account(entry.key, entry.mark, use, model, made, outcome.fault, _digest(table, made))

    def _make(self, section: Section, use: Use, model: type[Connection], outcome: Outcome) -> Connection | None:
        local = _is_local(section.table, model)
        auth, spoilt = self._auth(section, use, model, outcome, local)
        given = {"auth": auth} if auth is not None else {}
        made = build(model, section, self._findings, given=given, spoilt=spoilt, literal_secrets=local)
        if made is None:
            return None
        usable = self._check_timeout(section, made) and self._check_url(section, use, made)
        return made if usable and self._has_identity(section, use, made) else None

    def _auth(
        self, section: Section, use: Use, model: type[Connection], outcome: Outcome, local: bool
    ) -> tuple[AuthProvider | None, tuple[str, ...]]:
        """The auth provider, and what was reported of it."""
        entry = section.take("auth")
        if entry is None:
            if not model.model_fields["auth"].is_required():
                return None, ()
            fix = f"add `auth: {{use: {self._first_provider(use)}, …}}`"
            section.missing("auth", fix=fix, valid=f"auth providers: {listed(self._providers(use))}")
            return None, ("auth",)
        if not isinstance(entry.value, Table):
            if not is_broken(entry.value):
                fix = f"write `auth: {{use: {self._first_provider(use)}, …}}`"
                wrong_type(entry, section.what, "a mapping with `use:`", fix, self._findings)
            return None, ("auth",)
        auth = self._provider(entry, entry.value, section, use, model, outcome, local)
        return auth, () if auth is not None else ("auth",)

    def _provider(
        self,
        entry: Entry,
        table: Table,
        section: Section,
        of: Use,
        model: type[Connection],
        outcome: Outcome,
        local: bool,
    ) -> AuthProvider | None:
        inner = Section(table, entry.mark, f"auth of {section.what}", self._findings)
        use = read_use(inner, self._first_provider(of))
        provider = None if use is None else find(use, self._registry.auth, self._findings, outcome)
        if provider is None or use is None:
            return None
        kinds = model.auth_kinds
        if not (issubclass(provider, kinds) if kinds else use.plugin == of.plugin):
            self._findings.add(
                use.mark,
                "auth_of_other_plugin",
                f"{use.word} cannot sign in {section.what}, which is one of {of.word}",
                valid=f"auth providers: {listed(self._providers(of))}",
                fix=f"write `use: {self._first_provider(of)}`",
            )
            return None
        return build(provider, inner, self._findings, literal_secrets=local)

    def _providers(self, use: Use) -> list[str]:
        return [name for name in self._registry.names("auth") if name.startswith(f"{use.plugin}.")]

    def _first_provider(self, use: Use) -> str:
        return next(iter(self._providers(use)), "PLUGIN.PROVIDER")

    def _check_timeout(self, section: Section, made: Connection) -> bool:
        if made.timeout.total_seconds() > 0:
            return True
        message = f"`timeout` of {section.what} must be a duration longer than nothing"
        self._findings.add(_mark(section, "timeout"), "bad_duration", message, fix="write `timeout: 30s`")
        return False

    def _check_url(self, section: Section, use: Use, made: Connection) -> bool:
        mark = _mark(section, "base_url", use.mark)
        flaw = find_url_flaw(made.base_url)
        if flaw is not None:
            fix = "write `base_url: https://HOST`"
            self._findings.add(mark, "bad_base_url", f"`base_url` of {section.what} {flaw}", fix=fix)
            return False
        if is_plain_to_stranger(made.base_url, made.plain_http_hosts):
            message = f"{section.what} would send credentials over plain http"
            fix = "write https://, or name the host in `plain_http_hosts: [HOST]`"
            valid = "plain http goes to this machine only"
            self._findings.add(mark, "plain_http", message, valid=valid, fix=fix)
            return False
        return True

    def _has_identity(self, section: Section, use: Use, made: Connection) -> bool:
        try:
            if isinstance(made.identity, str) and made.identity:
                return True
            reason = "it is empty"
        except Exception as error:  # noqa: BLE001  (a stranger's property may raise anything)
            reason = type(error).__name__
        message = f"{use.word} cannot say which account {section.what} is ({reason})"
        self._findings.add(use.mark, "broken_component", message, fix="report this to the plugin's author")
        return False


def _digest(table: Table, made: Connection | None) -> str:
    settings = {key: entry for key, entry in table.entries.items() if key != "auth"}
    return "" if made is None else digest(Table(table.mark, settings), made.identity)


def _is_local(table: Table, model: type[Connection]) -> bool:
    """Whether it leads to this machine: a secret that stands in such a file guards a simulator."""
    entry = table.entries.get("base_url")
    url = entry.value.value if entry and isinstance(entry.value, Scalar) else model.model_fields["base_url"].default
    return isinstance(url, str) and is_loopback(url)


def _mark(section: Section, key: str, otherwise: Mark | None = None) -> Mark:
    entry = section.table.entries.get(key)
    return position(entry) if entry is not None else otherwise or section.owner
