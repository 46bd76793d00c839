"""What a homeserver's administrator does with a registration: the steps for each kind."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    """Homeservers by how they take a registration."""

    SYNAPSE = "synapse"
    DENDRITE = "dendrite"
    CONDUIT = "conduit"
    CONTINUWUITY = "continuwuity"
    TUWUNEL = "tuwunel"


TITLES = {
    Kind.SYNAPSE: "Synapse",
    Kind.DENDRITE: "Dendrite",
    Kind.CONDUIT: "Conduit",
    Kind.CONTINUWUITY: "continuwuity (and conduwuit)",
    Kind.TUWUNEL: "Tuwunel",
}
_NAMES = (
    {"synapse": Kind.SYNAPSE, "dendrite": Kind.DENDRITE, "conduit": Kind.CONDUIT}
    | dict.fromkeys(("conduwuit", "continuwuity"), Kind.CONTINUWUITY)
    | {"tuwunel": Kind.TUWUNEL}
)

_SYNAPSE = """\
1. Put the file where only Synapse may read it (Debian's paths and user):
     sudo install -D -o root -g matrix-synapse -m 0640 {file} {at}
2. Name it in homeserver.yaml (with workers: in what all of them read):
     app_service_config_files:
       - {at}
3. Restart Synapse, every worker included; reloading is not enough:
     sudo systemctl restart matrix-synapse"""

_DENDRITE = """\
1. Put the file where only Dendrite may read it:
     sudo install -D -o root -g dendrite -m 0640 {file} {at}
2. Name it in dendrite.yaml:
     app_service_api:
       config_files:
         - {at}
3. Restart Dendrite. It knows no ping; the bridge says so at its start."""

_IN_A_ROOM = """\
1. Send one message in the admin room: this line, then the whole file as a
   block of code:
     {command}
     ```
     (the text of {file})
     ```
   {again}
2. It needs no restart. This must show {id}:
     {listing}"""

_COMMANDS: Mapping[Kind, tuple[str, str, str]] = {
    Kind.CONDUIT: (
        "@conduit:{domain}: register-appservice",
        "To replace one, before that: @conduit:{domain}: unregister-appservice {id}",
        "@conduit:{domain}: list-appservices",
    ),
    Kind.CONTINUWUITY: (
        "!admin appservices register",
        "One of the same id is replaced.",
        "!admin appservices list",
    ),
    Kind.TUWUNEL: (
        "!admin appservices register",
        "One of the same id is replaced.",
        "!admin appservices list",
    ),
}


def kind_named(name: str) -> Kind | None:
    """The kind by the name that a homeserver gives itself; None: not one that is known."""
    return next((kind for said, kind in _NAMES.items() if name.lower().startswith(said)), None)


def steps(kind: Kind, file: str, id: str, domain: str) -> str:  # noqa: A002 (the spec's name)
    """The steps for a registration in `file`, which belongs to the bridge `id`."""
    match kind:
        case Kind.SYNAPSE:
            at = f"/etc/matrix-synapse/appservices/{id}.yaml"
            return _SYNAPSE.format(file=shlex.quote(file), at=at)
        case Kind.DENDRITE:
            return _DENDRITE.format(file=shlex.quote(file), at=f"/etc/dendrite/{id}.yaml")
        case _:
            said = (text.format(domain=domain, id=id) for text in _COMMANDS[kind])
            command, again, listing = said
            return _IN_A_ROOM.format(
                command=command, again=again, listing=listing, file=file, id=id
            )
