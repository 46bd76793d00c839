"""The first configuration: a commented text made of a few answers, with fresh random tokens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from bridgekit.cli.exits import Exit, Failure

Setting = tuple[tuple[str, ...], Any]  # the keys that lead to a value, and the value

_TEMPLATE = """\
# The configuration of matrix-bridgekit. `bridgekit doctor` checks it; `bridgekit registration`
# prints the registration that belongs to it. Print that anew, install it and restart the
# homeserver after changing anything under `appservice`, the name of a network, or when you switch
# `encryption` on.
#
# Every value can come from the environment (BRIDGEKIT_APPSERVICE__AS_TOKEN), every secret from a
# file of its own (as_token_file). This file holds secrets: let nobody else read it.

homeserver:
  url: ""               # where the bridge reaches the homeserver
  domain: ""            # its server_name: what stands after the colon in its users' IDs

appservice:
  id: bridgekit
  url: ""               # where the homeserver reaches the bridge
  listen: ""            # where the bridge listens: host:port, or unix:/path
  # public_url: https://bridge.example.org   # for webhooks and links to files, where needed
  bot: bridgebot        # the bridge's own user
  # The two tokens are in the registration too. `secret` signs what the bridge sends, and seals what
  # people sign in with and the keys of encrypted rooms: keep it, and a copy of it elsewhere, also
  # when the tokens change.
  as_token: ""
  hs_token: ""
  secret: ""

# A file beside this one, or postgresql://user:password@host/database
database: sqlite:///bridgekit.db

# Who may do what; the most specific line wins. block: nothing, relay: speak through the bridge's
# own login, user: have a login and open direct chats, admin: operate the bridge. Anybody may open a
# channel by its alias: the homeserver does not say who asks.
permissions:
  "*": relay

# Files. Larger ones are not bridged; links to files (for networks that take none) need `public_url`
# and expire; the place where a picture was made is taken out of it unless keep_exif is true.
# media: {max_size: 100 MB, link_lifetime: 30 days, keep_exif: false}

# A program that looks through every file before it crosses; while it does not answer, they wait.
# scan: {clamd: "unix:/run/clamav/clamd.ctl"}

# Encrypted rooms: `off` refuses them in words, `allow` bridges them, `default` has new rooms
# encrypted, `require` all. It takes an extra, and the registration printed anew (see above).
# encryption: {mode: allow}

# A name of your choice for each; it prefixes the names of its people (@NAME_…) and of its chats
# (#NAME_…). `adapter` says what it is; what else it takes is in the documentation of that adapter.
# Its chats that are bridged from the start, each as its network calls it:
#   links:
#     - {chat: "ONE CHAT"}
#     - {chat: "ANOTHER", room: "#ops:example.org", direction: both}   # or to_matrix, to_network
# (Where several of these name one room, what is said in one chat is shown in all: say that this is
# meant with `shared: true` in each.)
networks: {}
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What `init` must know. `networks` maps a network's name to its adapter's."""

    domain: str
    homeserver: str
    url: str
    listen: str
    admin: str | None
    networks: Mapping[str, str]
    settings: Sequence[Setting]


def draft(answers: Answers) -> str:
    """The text of `config.yaml`. `Failure` if a setting cannot be placed."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    root: CommentedMap = yaml.load(_TEMPLATE)
    root["homeserver"].update(url=answers.homeserver, domain=answers.domain)
    root["appservice"].update(
        url=answers.url,
        listen=answers.listen,
        as_token=secrets.token_hex(32),
        hs_token=secrets.token_hex(32),
        secret=secrets.token_hex(32),
    )
    who = {answers.domain: "user"} | ({answers.admin: "admin"} if answers.admin else {})
    for name, level in who.items():
        root["permissions"].insert(0, name, level)  # after the last one stands the next comment
    if answers.networks:
        root["networks"] = CommentedMap(
            (name, CommentedMap(adapter=adapter)) for name, adapter in answers.networks.items()
        )
    for keys, value in answers.settings:
        _put(root, keys, value)
    stream = StringIO()
    yaml.dump(root, stream)
    return stream.getvalue()


def _put(root: CommentedMap, keys: tuple[str, ...], value: Any) -> None:
    *way, last = keys
    node = root
    for key in way:
        if node.get(key) is None:
            node[key] = CommentedMap()
        node = node[key]
        if not isinstance(node, CommentedMap):
            raise Failure(Exit.USAGE, f"--set {'.'.join(keys)}: {key} holds no keys.")
    node[last] = value
