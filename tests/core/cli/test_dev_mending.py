"""`bridgekit dev` at a terminal while its author breaks the adapter or the fake, and mends it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.cli.conftest import Run, replace
from tests.core.cli.test_dev_adapters import made  # noqa: F401 (a fixture)
from tests.core.cli.test_dev_terminal import Terminal
from tests.integration.missing import need

pytestmark = pytest.mark.sqlite


@pytest.fixture
def terminal(made: Path, site: Path) -> Iterator[Terminal]:  # noqa: F811 (the fixture above)
    need("prompt_toolkit")
    path = os.pathsep.join(map(str, (site, made.parent, os.environ.get("PYTHONPATH", ""))))
    terminal = Terminal("night-owl", PYTHONPATH=path, COLUMNS="300")
    terminal.until("alice>")
    yield terminal
    terminal.close()


def test_a_reload_of_what_cannot_be_imported_is_answered_and_typed_again_once_it_is_mended(
    terminal: Terminal,
    made: Path,  # noqa: F811 (the fixture above)
) -> None:
    replace(made / "client.py", "class ", "class class ")
    terminal.type("/reload\r")
    shown = terminal.until("Mend it, and type /reload again.")
    assert "The adapter night-owl cannot be imported: SyntaxError: invalid syntax" in shown
    assert "client.py:" in shown
    assert "author" not in shown
    terminal.type("hello\r")
    terminal.until("delivered after")
    replace(made / "client.py", "class class ", "class ")
    terminal.type("/reload\r")
    terminal.until("the bridge starts")
    assert terminal.leave("\x04") == 0


def test_a_fault_of_the_fake_is_shown_with_its_place_and_ends_nothing(
    terminal: Terminal,
    made: Path,  # noqa: F811 (the fixture above)
) -> None:
    fault = 'def heard(self) -> Sequence[Heard]:\n        raise OSError("not yours")\n'
    replace(made / "fake.py", "def heard(self) -> Sequence[Heard]:\n", fault)
    replace(made / "fake.py", "self._tell(self._last)", 'raise LookupError("nothing said")')
    terminal.type("/reload\r")
    assert "OSError: not yours" in terminal.until("in heard: raise OSError")
    for _ in range(2):
        terminal.type("/repeat\r")
        terminal.until("LookupError: nothing said")
    terminal.type("> hello\r")
    terminal.until("delivered after")


def test_a_script_ends_with_a_fault_of_the_fake(
    bridgekit: Run,
    made: Path,  # noqa: F811 (the fixture above)
) -> None:
    replace(made / "fake.py", "self._tell(self._last)", 'raise LookupError("nothing said")')
    result = bridgekit("dev", "night-owl", typed="/repeat\n> hello\n")
    assert result.exit_code == 1
    assert "The rehearsal of night-owl broke: LookupError: nothing said" in result.stderr
    assert f"at {made / 'fake.py'}:" in result.stderr
