"""From a fault to what a person reads and the code the process ends with."""

from __future__ import annotations

import contextlib
import os
import sys

import click

from crossdock.errors import ConfigError, CredentialsError, CrossdockError, PluginError, StoreError

FAILED, WRONG, REFUSED = 1, 2, 3
BROKEN_PIPE, INTERRUPTED = 141, 130  # 128 and the signal's number, as a shell has it


def report(error: BaseException, *, debug: bool = False) -> int:
    """Say on stderr what went wrong and how to mend it; gives the exit code."""
    error = unwrap(error)
    if isinstance(error, BrokenPipeError):
        return _leave_pipe()
    if isinstance(error, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return INTERRUPTED
    if debug:
        _print_trace(error)
    if isinstance(error, CrossdockError):
        click.echo(explain(error), err=True)
        return exit_code(error)
    return _report_unexpected(error)


def exit_code(error: CrossdockError) -> int:
    """What the process ends with."""
    if isinstance(error, ConfigError | PluginError | StoreError):
        return WRONG
    return REFUSED if isinstance(error, CredentialsError) else FAILED


def explain(error: CrossdockError) -> str:
    """What happened, what is valid there, and how to mend it."""
    from crossdock.observe.printable import printable
    from crossdock.observe.redact import redact_message

    lines = [redact_message(error.message)]
    if error.facts.get("valid"):
        lines.append(f"  {redact_message(str(error.facts['valid']))}")
    if error.fix:
        lines.append(f"  fix: {redact_message(error.fix)}")
    return "\n".join(printable(line, keep="\n") for line in lines)


def unwrap(error: BaseException) -> BaseException:
    """The fault that counts of several that came together: one of ours where there is one."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    leaves = [unwrap(inner) for inner in error.exceptions]
    return next((leaf for leaf in leaves if isinstance(leaf, CrossdockError)), leaves[0])


def _report_unexpected(error: BaseException) -> int:
    from crossdock.observe.traces import describe

    click.echo(f"crossdock failed unexpectedly: {describe(error)}", err=True)
    click.echo("  nothing is lost: whatever was begun is in the store, and the next run goes on from there", err=True)
    click.echo("  fix: run it as `crossdock --debug …` and report what that prints, without buyers' data", err=True)
    return FAILED


def _print_trace(error: BaseException) -> None:
    import traceback

    from crossdock.observe.redact import redact_text

    for line in traceback.format_exception(error):
        click.echo(redact_text(line), err=True, nl=False)


def _leave_pipe() -> int:
    # Nobody reads any more. Python would complain once more when it flushes at exit.
    with contextlib.suppress(OSError, ValueError):  # where stdout is no real file, as under a test
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
