"""What the documentation promises is executed: fenced blocks by their marks, in the order of the page.

The words after a fence's language say what is done with the block:
`yaml check` is checked; `file=NAME` is written to that file; `sh run` is executed in one shell session for the page,
`sh run exit=1` must end with that code; `sh serve` starts a simulator and waits until it is ready; `text output` is
what the block before must have printed, `…` standing for anything. Blocks without a mark are only read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
_FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INHERITED = ("HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
_CURL = """\
#!{python}
import sys, urllib.request
arguments = [one for one in sys.argv[1:] if one != "-s"]
body = arguments.pop(arguments.index("-d") + 1).encode() if "-d" in arguments else None
url = next(one for one in arguments if one.startswith("http"))
sys.stdout.buffer.write(urllib.request.urlopen(urllib.request.Request(url, data=body)).read())
"""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def says(self, word: str) -> bool:
        return word in self.words

    def value(self, name: str) -> str | None:
        return next((word.removeprefix(f"{name}=") for word in self.words if word.startswith(f"{name}=")), None)


def read_blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        language, *words = match["info"].split()
        found.append(Block(page, text[: match.start()].count("\n") + 1, language, tuple(words), match["text"]))
    return found


@dataclass
class Session:
    """A shell that keeps its folder and its variables from block to block, as a reader's does."""

    folder: Path
    stack: ExitStack
    env: dict[str, str]
    moved: dict[str, str] = field(default_factory=dict)
    """URLs that the page names, and where the simulators really listen: a port on a page may be taken here."""

    def follow(self, blocks: list[Block]) -> None:
        """Do everything that a page tells, in order."""
        printed = ""
        for block in blocks:
            if name := block.value("file"):
                self.write(block, name)
            elif block.says("serve"):
                self.serve(block)
            elif block.says("run"):
                printed = self.run(block)
            elif block.says("output"):
                self.compare(block, printed)

    def write(self, block: Block, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def run(self, block: Block) -> str:
        memory = Path(self.env["SESSION_MEMORY"])
        script = (
            f"set -eu\ntrap 'code=$?; {{ pwd; env -0; }} > \"$SESSION_MEMORY\"; exit $code' EXIT\n{self._moved(block)}"
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        expected = int(block.value("exit") or 0)
        if done.returncode != expected:
            pytest.fail(f"{block} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}", pytrace=False)
        folder, _, variables = memory.read_text().partition("\n")
        self.folder = Path(folder)
        self.env = dict(one.split("=", 1) for one in variables.split("\0") if one)
        return done.stdout + done.stderr

    def serve(self, block: Block) -> None:
        port = re.search(r"--port (\d+)", block.text)
        assert port, f"{block} names no port"
        command = self._moved(block).replace(port[0], "--port 0")
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True
        )
        self.stack.enter_context(process)  # closes its pipe and waits for its end
        self.stack.callback(process.terminate)
        word, _, url = process.stdout.readline().strip().partition(" ")
        assert word == "ready", f"{block} printed {word!r} {url!r}"
        self.moved[f"http://127.0.0.1:{port[1]}"] = url

    def compare(self, block: Block, printed: str) -> None:
        wanted = ".*".join(re.escape(part) for part in re.split(r"\s*…\s*", _squeezed(block.text)))
        if not re.search(wanted, _squeezed(printed), re.DOTALL):
            pytest.fail(f"{block} is not what was printed:\n{printed}", pytrace=False)

    def _moved(self, block: Block) -> str:
        text = block.text
        for written, real in self.moved.items():
            text = text.replace(written, real)
        return text


def _squeezed(text: str) -> str:
    """Without what depends on the width of columns."""
    return re.sub(r"[ \t]+", " ", re.sub(r"\s*\n\s*", "\n", text)).strip()


@pytest.fixture
def root() -> Path:
    return ROOT


@pytest.fixture
def blocks_of():
    """The fenced blocks of a page, by its path in the repository."""
    return lambda page: read_blocks(ROOT / page)


@pytest.fixture
def session(tmp_path):
    """A shell in an empty folder, with the programs of this environment and nothing else of ours."""
    tools = tmp_path / "tools"
    tools.mkdir()
    if shutil.which("curl") is None:
        (tools / "curl").write_text(_CURL.format(python=sys.executable))
        (tools / "curl").chmod(0o755)
    folder = tmp_path / "reader"
    folder.mkdir()
    path = f"{tools}:{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
    env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    env |= {"PATH": path, "SESSION_MEMORY": str(tmp_path / "memory"), "SESSION_TOOLS": str(tools)}
    with ExitStack() as stack:
        yield Session(folder, stack, env)
