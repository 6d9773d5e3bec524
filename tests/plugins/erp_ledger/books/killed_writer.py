"""A program: copies books, posts to each copy in a process of its own, and kills that one at one step after another.

Usage: killed_writer.py BOOKS COPIES. Prints, for each copy, whether the process answered before it died.
"""

from __future__ import annotations

import io
import os
import pathlib
import shutil
import signal
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))

from datetime import date

from ledger_books import books, post
from ledger_entries import sale

SETTINGS = {"format": ["beancount", "hledger"]}
left_until_the_end = [0]


def step() -> None:
    """One more thing that is done to the disk; the last one before the end."""
    left_until_the_end[0] -= 1
    if left_until_the_end[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)


class Torn(io.FileIO):
    """A file whose writing may be torn in the middle."""

    def write(self, data):
        half = len(data) // 2
        super().write(data[:half])
        step()
        super().write(data[half:])
        return len(data)


def arm(left: int) -> None:
    """Let each change of the disk be a step: before it, and within it where it is a write."""
    left_until_the_end[0] = left
    opened = pathlib.Path.open

    def open_(self, mode="r", *rest, **options):
        step()
        return Torn(self, mode) if mode == "wb" else opened(self, mode, *rest, **options)

    def stepped(function):
        def call(*given, **options):
            step()
            return function(*given, **options)

        return call

    pathlib.Path.open = open_
    for name in ("replace", "unlink", "mkdir"):
        setattr(pathlib.Path, name, stepped(getattr(pathlib.Path, name)))
    os.fsync = stepped(os.fsync)


def work(place: Path, left: int) -> None:
    """What is killed: one more bundle, over the end of a period, in both formats."""
    connection = books(place, **SETTINGS)
    arm(left)
    post(connection, sale("1"), sale("8"), sale("9", date=date(2026, 11, 2)), batch="XD2")


def main(place: Path, copies: Path) -> None:
    left = 1
    while True:
        copy = copies / str(left)
        shutil.copytree(place, copy)
        child = os.fork()
        if child == 0:
            work(copy, left)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(left, "answered" if status == 0 else "killed", flush=True)
        if status == 0:
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        left += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
