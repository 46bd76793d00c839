"""Which adapter is rehearsed, and with which fake network: entry points, or what is named."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridgekit.adapter import Adapter
from bridgekit.cli.exits import Exit, Failure
from bridgekit.configuration import plugins
from bridgekit.configuration.plugins import Broken

if TYPE_CHECKING:
    from bridgekit.testing.contract import FakeNetwork

GROUP = "bridgekit.fakes"
LOOPBACK = "loopback"  # ships for tests: it is no adapter that an operator could name
_ADAPTER = "bridgekit.testing.loopback.adapter:LoopbackAdapter"
_FAKE = "bridgekit.testing.loopback.rehearsed:fake_loopback"

Opens = Callable[[], "AbstractAsyncContextManager[FakeNetwork]"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is rehearsed. `home` is the folder of the adapter's own code; `fake` as it was named."""

    name: str
    adapter: type[Adapter[Any]]
    network: Opens
    home: Path
    fake: str | None


def subject(name: str, fake: str | None) -> Subject:
    """The adapter of that name with its fake; `Failure` says what to write or to install."""
    if fake is not None and "" not in sys.path:
        sys.path.insert(0, "")  # what is named may lie in the folder where the command is typed
    adapter = _loaded(name, _ADAPTER) if name == LOOPBACK else _installed(name)
    opens = _loaded(name, fake or _registered(name))
    if not callable(opens):
        raise Failure(
            Exit.USAGE,
            f"The fake of {name} is not a function that opens one; name one that does, as "
            "`AdapterContract.network` does: an async context manager that yields a FakeNetwork.",
        )
    module = sys.modules[adapter.__module__]
    return Subject(name, adapter, opens, Path(module.__file__ or ".").resolve().parent, fake)


def check(name: str, fake: str | None = None) -> None:
    """As `subject`, for a process of its own, which ends with the sentence if there is none."""
    try:
        subject(name, fake)
    except Failure as failure:
        sys.exit(str(failure))


def _installed(name: str) -> type[Adapter[Any]]:
    try:
        found = plugins.adapters().look_up(name)
    except KeyError:
        raise Failure(
            Exit.FOUND,
            f"No adapter {name} is installed; `bridgekit adapters` lists those that are. One that "
            "you write is installed from its folder with: pip install --editable .",
        ) from None
    if isinstance(found, Broken):
        raise Failure(Exit.FOUND, "\n".join(_why(found)))
    return found.adapter


def _why(broken: Broken) -> list[str]:
    """Why it cannot be used and where, to its author: to them it is nothing to report."""
    from bridgekit.testing.faults import places, told  # noqa: PLC0415 (of an extra)

    points = entry_points(group=plugins.GROUP, name=broken.name)
    try:
        for point in points:
            point.load()
    except ModuleNotFoundError as error:
        return [broken.why, *places(error)]
    except (Exception, SystemExit) as error:  # noqa: BLE001 (it is the author's; it is shown)
        what, *where = told(error)
        return [f"The adapter {broken.name} cannot be imported: {what}", *where]
    return [broken.why]


def _registered(name: str) -> str:
    if name == LOOPBACK:
        return _FAKE
    for point in entry_points(group=GROUP, name=name):
        return point.value
    raise Failure(
        Exit.FOUND,
        f"""\
The adapter {name} names no fake network to rehearse with. Write one as the contract wants it (a
subclass of bridgekit.testing.contract.FakeNetwork, and an async context manager that yields it),
and name that in pyproject.toml:

  [project.entry-points."{GROUP}"]
  {name} = "your_package.fake:fake_{name.replace("-", "_")}"

Then: pip install --editable .
Or name it for once: bridgekit dev {name} --fake your_package.fake:fake_{name.replace("-", "_")}""",
    )


def _loaded(name: str, value: str) -> Any:
    try:
        return EntryPoint(name, value, GROUP).load()
    except ModuleNotFoundError as error:
        if error.name == "pytest":
            raise Failure(
                Exit.USAGE,
                "A rehearsal needs the extra `testing`: pip install 'matrix-bridgekit[testing]'",
            ) from error
        raise _unusable(name, value, error) from error
    except Exception as error:
        raise _unusable(name, value, error) from error


def _unusable(name: str, value: str, error: Exception) -> Failure:
    from bridgekit.testing.faults import told  # noqa: PLC0415 (of an extra)

    what, *where = told(error)
    sentence = f"What is to open the fake of {name}, {value}, cannot be imported: {what}"
    return Failure(Exit.FOUND, "\n".join([sentence, *where]))
