"""`bridgekit dev` for those who write an adapter: what it finds, and what it says of their code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from matrix_bridgekit_mqtt.testing import PROGRAM
from tests.core.cli.conftest import Run, replace

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.sqlite


@pytest.fixture
def made(
    bridgekit: Run, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """What `bridgekit new-adapter night-owl` writes, as if it were installed."""
    folder = tmp_path / "made"
    assert bridgekit("new-adapter", "night-owl", "--folder", folder).exit_code == 0
    text = (folder / "pyproject.toml").read_text()
    points = [
        line for line in text.splitlines() if line.startswith(("night-owl = ", "[project.en"))
    ]
    assert len(points) == 4
    info = site / "matrix_bridgekit_night_owl-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: matrix-bridgekit-night-owl\n")
    written = "\n".join(points).replace('project.entry-points."', "").replace('"', "")
    (info / "entry_points.txt").write_text(written)
    monkeypatch.syspath_prepend(folder / "src")
    yield folder / "src" / "matrix_bridgekit_night_owl"
    for name in [name for name in sys.modules if name.startswith("matrix_bridgekit_night")]:
        del sys.modules[name]


@pytest.mark.usefixtures("made")
def test_what_new_adapter_writes_is_rehearsed_as_it_stands(bridgekit: Run) -> None:
    script = [
        *("hello", "> hi", "/delete 1", "> /delete 3", "/lose after", "lost?", "/wait lost?"),
        *("/repeat", "/garble", "/swap", "> one", "> two", "/wait one"),
        *("/reject", "no", "/wait not bridged"),
        *("/crash", "and on", "/wait and on"),
    ]
    result = bridgekit("dev", "night-owl", typed="\n".join(script))
    assert result.exit_code == 0, result.output
    for side in ("matrix", "night-owl"):
        shown = [line for line in result.stdout.splitlines() if line.startswith(side)]
        for words in ("hello", "hi", "lost?", "one", "two", "and on"):
            assert sum(line.endswith(f": {words}") for line in shown) == 1, result.stdout
    assert "the bridge acknowledges: news " in result.stdout
    assert "the bridge drops it: It is our own message coming back." in result.stdout


@pytest.mark.usefixtures("made")
def test_what_the_fake_cannot_do_is_said(bridgekit: Run) -> None:
    for line, words in {
        "/drop": "The fake has no `drop`: what cannot happen there is left out.",
        "> /whisper x": "Alice has no login of her own there",
        "> /edit 3 x": "People on this fake cannot do that: its `kinds` have no Edit.",
        "> /file a.txt x": "The fake takes no files: its class says `files = False`.",
    }.items():
        result = bridgekit("dev", "night-owl", typed=f"hello\n> hi\n{line}\n")
        assert result.exit_code == 2
        assert words in result.stderr


@pytest.mark.usefixtures("made")
def test_help_lists_what_the_fake_can_do(bridgekit: Run) -> None:
    said = bridgekit("dev", "night-owl", typed="/help\n").stdout
    assert "\n  /repeat " in said
    assert "\n  /move " not in said
    assert "This fake cannot do: /drop, /miss, /move, /rename, /whisper." in said


SHAPES = (  # of what differs each time
    (r"^ +[\d.]+ s  ", " 0 s "),
    (r"BK-\w{6}", "BK"),
    (r"\d+ ms", "ms"),
    (r" +", " "),
    (r"tinychat|night-owl", "network"),
)


BEGINNING = re.compile("the bridge (starts|is at work)|the login .* is connected|bridgebot: join")


def shape(text: str) -> list[str]:
    """What is said until the bridge is told to stop, in any order, but for how it all begins."""
    for pattern, instead in SHAPES:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    lines = takewhile(lambda line: "told to stop" not in line, text.splitlines())
    return sorted(line for line in lines if not BEGINNING.search(line))


@pytest.mark.usefixtures("made")
def test_what_the_page_about_testing_shows_is_what_is_printed(bridgekit: Run) -> None:
    page = (ROOT / "docs" / "adapters" / "testing.md").read_text("utf-8")
    shown = page.partition("```text\nmatrix ")[2].partition("```")[0]
    said = bridgekit("dev", "night-owl", typed="hello\n> hi\n").stdout
    assert shape(said) == shape(f"matrix {shown}")


MQTT = ROOT / "examples" / "matrix-bridgekit-mqtt"


@pytest.mark.skipif(
    PROGRAM is None and os.environ.get("CI") != "true", reason="Mosquitto is not installed here"
)
def test_what_the_readme_of_the_example_shows_is_what_is_printed(
    bridgekit: Run, site: Path
) -> None:
    info = site / "matrix_bridgekit_mqtt-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: matrix-bridgekit-mqtt\n")
    (info / "entry_points.txt").write_text(
        "[bridgekit.adapters]\nmqtt = matrix_bridgekit_mqtt:MQTTAdapter\n"
    )
    page = (MQTT / "README.md").read_text("utf-8")
    command, _, shown = page.partition("```console\n$ ")[2].partition("```")[0].partition("\n")
    _, *words = command.split()
    said = bridgekit(*words, typed="lamp: ON\n/wait Message to matrix\n").stdout
    assert shape(said) == shape(shown)


def test_a_fault_of_the_adapter_is_told_with_its_place(
    bridgekit: Run, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridgekit.cli.dev._A_WHILE", 0.01)
    replace(made / "convert.py", "text = plain(event.content.text)", "text = event.nothing")
    result = bridgekit("dev", "night-owl", typed="hello\n/wait convert.py\n")
    assert result.exit_code == 0
    assert "'MatrixEvent' object has no attribute 'nothing'" in result.stdout
    assert f"at {made / 'convert.py'}:" in result.stdout
    assert "in to_text: text = event.nothing" in result.stdout


def test_a_fault_of_the_fake_is_told_with_its_place(bridgekit: Run, made: Path) -> None:
    replace(made / "fake.py", "network = Fake", 'raise KeyError("no port")\n    network = Fake')
    result = bridgekit("dev", "night-owl", typed="hello\n")
    assert result.exit_code == 1
    assert "The rehearsal of night-owl broke: KeyError: 'no port'" in result.stderr
    assert f"at {made / 'fake.py'}:" in result.stderr


def test_a_fault_of_syntax_is_told_with_its_place(bridgekit: Run, made: Path) -> None:
    replace(made / "client.py", "class ", "this = nonsense\n\n\nclass ")
    result = bridgekit("dev", "night-owl")
    assert result.exit_code == 4
    assert "NameError: name 'nonsense' is not defined" in result.stderr
    assert "client.py:" in result.stderr


def test_an_adapter_without_a_fake_is_told_what_to_write(bridgekit: Run) -> None:
    result = bridgekit("dev", "pager")
    assert result.exit_code == 4
    assert "The adapter pager names no fake network to rehearse with." in result.stderr
    assert '[project.entry-points."bridgekit.fakes"]' in result.stderr
    assert 'pager = "your_package.fake:fake_pager"' in result.stderr
    assert "bridgekit dev pager --fake your_package.fake:fake_pager" in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("unheard",), "No adapter unheard is installed; `bridgekit adapters` lists"),
        (("torn",), "The adapter torn (from sample-pager) cannot be imported"),
        (("pager", "--fake", "nowhere:fake"), "cannot be imported: ModuleNotFoundError"),
        (("pager", "--fake", "sample_pager:PAGER"), "cannot be imported: AttributeError"),
        (("pager", "--fake", "sample_pager:__name__"), "The fake of pager is not a function"),
    ],
)
def test_what_cannot_be_found_is_said(
    bridgekit: Run, words: tuple[str, ...], sentence: str
) -> None:
    result = bridgekit("dev", *words)
    assert result.exit_code in (2, 4)
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_without_the_extra_it_says_what_to_install() -> None:
    typed = "import sys; sys.modules['pytest'] = None; from bridgekit.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", typed, "dev", "loopback"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 2
    assert "A rehearsal needs the extra `testing`: pip install 'matrix-" in done.stderr


def test_a_sign_in_says_what_the_fake_takes_for_an_answer(bridgekit: Run) -> None:
    """Nobody has an account there, and only the fake knows its tokens."""
    script = ["/bot sign-in slack", "/wait OAuth Token", "/bot xoxp-fake", "/wait signed in", "me"]
    result = bridgekit("dev", "slack", typed="\n".join([*script, "/wait me"]))
    assert result.exit_code == 0, result.output
    assert "This network takes as token: /bot xoxp-fake" in result.stdout
    assert re.search(r"slack +\d+ carol: me\n", result.stdout), "as whose token it is"
    assert "MemberState" not in result.stdout
    assert "ChatInfo(" not in result.stdout


def test_what_does_not_fit_is_told_with_the_authors_line(bridgekit: Run, made: Path) -> None:
    text = (made / "client.py").read_text()
    (made / "client.py").write_text(text.replace("return Sent(", "return tuple("))
    assert "return tuple(" in (made / "client.py").read_text()
    result = bridgekit("dev", "night-owl", typed="hello\n/wait hello\n")
    said = " ".join(result.output.split())
    assert "What `send` returned is to be `Sent`, and is (" in said
    assert re.search(r"client\.py:\d+, in send\)", said)
