"""`bridgekit new-adapter`: a distribution with an adapter that works, for an author to change.

Its files are those of `adapter-template/`, a project of its own, with another name put in.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.files import unwritable
from bridgekit.configuration import plugins

_TEMPLATE = "adapter-template"  # no package: its modules belong to what is made of it
_HIDDEN = {"gitignore": ".gitignore"}  # there it would tell git what to leave out here
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 24  # the lines of the template hold so much
_OWN = frozenset({"loopback"})  # which is no entry point

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the network is called: a-z 0-9 -")]
Folder = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="A new or empty one [matrix-bridgekit-NAME]."),
]


@dataclass(frozen=True, slots=True)
class Names:
    """What an adapter's name becomes, wherever the template has its own."""

    name: str

    @property
    def distribution(self) -> str:
        return f"matrix-bridgekit-{self.name}"

    @property
    def title(self) -> str:
        return " ".join(part.capitalize() for part in self.name.split("-"))

    def put_into(self, text: str) -> str:
        """A path or a text of the template, with these names."""
        module, title = self.distribution.replace("-", "_"), self.title
        text = text.replace("matrix_bridgekit_tinychat", module)
        text = text.replace("fake_tinychat", f"fake_{self.name.replace('-', '_')}")
        text = re.sub(r"(?<=Test|Fake)Tinychat|Tinychat(?=[A-Z])", title.replace(" ", ""), text)
        return text.replace("Tinychat", title).replace("tinychat", self.name)


def new_adapter(name: Name, folder: Folder = None) -> None:
    """Write a new adapter, as a project of its own.

    It bridges a toy network over HTTP, and its tests pass: replace the toy by your network, piece
    by piece. No file is ever overwritten.

    \b
    Examples:
      bridgekit new-adapter pager
      bridgekit new-adapter pager --folder ~/src/pager-for-matrix
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    _refuse(name)
    names = Names(name)
    to = folder or Path(names.distribution)
    _refuse_used(to)
    _write(names, to)
    typer.echo(f"""\
Wrote {to}, with an adapter for {names.title} that talks to a toy.
Next:
  1. cd {shlex.quote(str(to))}
  2. pip install --editable '.[test]'  (into the environment that bridgekit is in)
  3. pytest
  4. bridgekit dev {names.name}
Then replace the toy by your network; README.md there says what is where.""")


def _refuse(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise Failure(
            Exit.USAGE,
            f"{name!r} is no name for an adapter; use a-z, 0-9 and single hyphens between them, "
            f"beginning with a letter, {_LONGEST} characters at most.",
        )
    found = plugins.adapters()
    if name in found:
        by = found.look_up(name).distribution
        raise Failure(
            Exit.USAGE, f"An adapter {name} is installed already (from {by}); choose another name."
        )
    if name in _OWN:
        raise Failure(
            Exit.USAGE, f"{name} is an adapter of matrix-bridgekit's own; choose another name."
        )


def _refuse_used(folder: Path) -> None:
    try:
        used = any(folder.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise Failure(Exit.USAGE, f"{folder} is a file; name another --folder.") from None
    except OSError as error:
        raise unwritable(folder, error) from error
    if used:
        raise Failure(
            Exit.USAGE,
            f"{folder} holds files, and none is ever overwritten; empty it, or name another "
            "--folder.",
        )


def _write(names: Names, to: Path) -> None:
    template = files("bridgekit.cli") / _TEMPLATE
    for way, file in _files(template, Path()):
        path = to / names.put_into(str(way))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(names.put_into(file.read_text("utf-8")), "utf-8")
        except OSError as error:
            raise unwritable(path, error) from error


def _files(folder: Traversable, way: Path) -> Iterator[tuple[Path, Traversable]]:
    """Each file of the template with where it goes; without what Python and tools left there."""
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        there = way / _HIDDEN.get(entry.name, entry.name)
        if entry.is_file():
            yield there, entry
        elif entry.name == ".github" or not entry.name.startswith((".", "__")):
            yield from _files(entry, there)
