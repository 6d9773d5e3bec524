"""`crossdock simulate`."""

from __future__ import annotations

import errno

import click

from crossdock.errors import ConfigError


@click.command()
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 picks a free one.")
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds give equal data.")
def simulate(name: str, port: int, seed: int) -> None:
    """Run a stand-in for a remote system on loopback until it is stopped.

    Prints `ready http://127.0.0.1:N` when it listens. It is stateful and strict, accepts any client id, secret and
    tenant, and is controlled under /_sim.
    """
    from crossdock.registry import Registry

    simulators = Registry().simulators()
    if name not in simulators:
        raise _unknown(name, list(simulators))
    try:
        simulators[name](seed).serve(port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise _taken(port, error) from error


def _taken(port: int, error: OSError) -> ConfigError:
    return ConfigError(
        f"nothing can listen on port {port}: {error.strerror}",
        code="port_taken",
        fix="end what listens there, or leave out `--port`: a free one is then chosen and printed",
    )


def _unknown(name: str, known: list[str]) -> ConfigError:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    install = "pip install 'crossdock[simulator]' and the plugin that has it"
    return ConfigError(
        f"there is no simulator {name!r}",
        code="unknown_simulator",
        fix=f"write `crossdock simulate {near[0]}`" if near else install,
        valid=f"simulators: {', '.join(sorted(known)) or 'none'}",
    )
