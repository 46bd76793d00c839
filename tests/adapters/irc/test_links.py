"""Links to channels in a configuration, checked as the bridge reads it."""

from pathlib import Path

import pytest

from bridgekit import ConfigError
from bridgekit.configuration.config import load
from bridges.irc import IRCAdapter

TEXT = """\
homeserver: {url: http://localhost:8008, domain: example.org}
appservice: {url: http://localhost:29300, as_token: as-secret, hs_token: hs-secret}
permissions: {"*": relay}
networks:
  irc:
    host: irc.example.org
    links: [%s]
"""


@pytest.mark.parametrize(
    ("links", "fault"),
    [
        ('{chat: "python"}', 'is no chat that IRC can have; did you mean "#python"?'),
        ('{chat: "#a b"}', "is no chat that IRC can have; write it as its network does"),
        ('{chat: "#python"}, {chat: "#Python"}', "is the same chat to its network as that of"),
        ('{chat: "#a[1]"}, {chat: "#A{1}"}', "is the same chat to its network as that of"),
        ("{chat: #python}]\n    #", "a bracket opened"),
    ],
)
def test_a_link_that_cannot_be_is_refused(tmp_path: Path, links: str, fault: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(TEXT % links)
    with pytest.raises(ConfigError, match=r"config\.yaml:") as raised:
        load(path, {}, {"irc": IRCAdapter})
    assert fault in str(raised.value)
