"""The same batch written twice leaves the same state (the design, "So that several processes…")."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from bridgekit import store as package
from bridgekit.events import MemberState
from bridgekit.facts import Rank
from bridgekit.ids import (
    ChatID,
    EventID,
    JobID,
    LoginID,
    MessageID,
    NetworkName,
    PortalID,
    PortalKey,
    RemoteUserID,
    RoomID,
    UserID,
)
from bridgekit.membership.ranks import EVERYBODY, Standing
from bridgekit.models import (
    Direction,
    Draft,
    Flow,
    Ghost,
    Job,
    Link,
    LoginRow,
    Outcome,
    Part,
    PartState,
    Portal,
    PortalState,
    Result,
    SetAside,
    Want,
    lane_to_matrix,
)
from bridgekit.public_links import LinkKind, MediaLink
from bridgekit.relations import Relation, RelationKind
from bridgekit.store import (
    changes,
    jobs,
    media,
    members,
    moved,
    people,
    portals,
    receipts,
    relations,
    sql,
    standings,
    stated,
)
from bridgekit.store.aside import Replay
from bridgekit.store.familiar import Familiar
from bridgekit.store.gaps import Reserve, close_gap
from bridgekit.store.intake import AcceptTransaction, Put
from bridgekit.store.portals import MakePortal
from bridgekit.store.progress import Finish, MarkPart, NotePart, Pending, Retry, SaveParts
from bridgekit.store.receipts import ReadUpTo
from bridgekit.store.retention import DAY, RETENTION, Prune
from bridgekit.store.tables import metadata

NETWORK, BOB, LOGIN = NetworkName("net"), RemoteUserID("bob"), LoginID("net:bot")
PORTAL = PortalID(1)
KEY = PortalKey(NETWORK, "#room")  # type: ignore[arg-type]
LANE = lane_to_matrix(PORTAL)


def draft(key: str) -> Draft:
    return Draft(LANE, key, "Message", "{}", f"${key}", 1, (f"seen {key}", f"also {key}"))


def charged(job: int) -> Job:
    return Job(JobID(job), LANE, "old 0", "Message", "$old", 1, None, deaths=1)


def outcome(job: int, result: Result = Result.DELIVERED) -> Outcome:
    waits, tries = {"order": 5}, ({"at": 1, "why": "busy"},)
    about = ("Message", "$source", result, "delivered", "Fine.", 1, 2)
    return Outcome(JobID(job), LANE, *about, waits, tries, ("$target",))


def finish(job: int, **fields: Any) -> Finish:
    link = Link(PORTAL, MessageID(f"m{job}"), 0, EventID(f"$e{job}"), "bob")
    pending = Pending(PORTAL, f"t{job}", 0, EventID(f"$e{job}"), "bob")
    return Finish(outcome(job), [link], [pending], **fields)


WANT = Want(PORTAL, BOB, MemberState.JOIN, "hello")
HELD = [standings.Held(BOB, Rank.MODERATOR, 50, under=30)]
STANDINGS = [Standing(PORTAL, BOB, Rank.VOICE), Standing(PORTAL, EVERYBODY, Rank.VOICE)]
READ = ReadUpTo(PORTAL, Direction.TO_MATRIX, BOB, "m1", 1)
ASIDE = SetAside("network net", "junk", "it is not JSON", 1)
FULL = Put(
    [draft("a"), draft("b")],
    at=1,
    done=1,
    cursor=(LOGIN, "c1"),
    wants=[WANT],
    standings=STANDINGS,
    set_aside=[ASIDE],
    receipts=[READ, replace(READ, target="m2")],
    past_of=PORTAL,
)
# Every kind of operation, twice over where two of one kind can meet in one batch.
BATCHES: dict[type, list[Any]] = {
    AcceptTransaction: [
        *[AcceptTransaction("1", "d1", "{}", 1)] * 2,
        AcceptTransaction("1", "d2", "{}", 1),
    ],
    Put: [FULL, Put([draft("b"), draft("c")], at=2, cursor=(LOGIN, "c2"))],
    Replay: [Replay("key", Put([draft("replayed")], at=1))],
    Reserve: [
        Reserve(PortalID(2), None, 5),
        Reserve(PortalID(2), None, 5),
        Reserve(PORTAL, None, 5),
    ],
    Familiar: [Familiar([(PORTAL, "m1")]), Familiar([(PORTAL, "m1"), (PORTAL, "m2")])],
    MakePortal: [MakePortal(KEY), MakePortal(KEY), MakePortal(KEY._replace(receiver=LOGIN))],
    SaveParts: [SaveParts(JobID(1), [Part(0, "t0", body="{}"), Part(1, "t1", body="{}")])],
    MarkPart: [MarkPart(JobID(1), Part(0, "t0", PartState.SENDING))],
    NotePart: [
        NotePart(JobID(1), Part(0, "t0", PartState.PLANNED)),
        NotePart(JobID(1), Part(0, "t0", PartState.SENT, ids=(MessageID("m0"),))),
    ],
    Retry: [Retry(JobID(1), 3, 99, "The network is busy")],
    Prune: [Prune(one, 1 + 91 * DAY) for one in RETENTION],
    Finish: [finish(1), finish(2, bury=True), finish(3, settled=(PORTAL, "t1"))],
}
BOUND = Portal(PORTAL, KEY, PortalState.BOUND, RoomID("!r:x"), Flow.TO_MATRIX, ours=True)
ELSEWHERE = replace(BOUND, id=PortalID(9), key=KEY._replace(chat=ChatID("#other")))
EDITED = Relation(PORTAL, EventID("$edit"), RelationKind.EDIT, MessageID("m1"), "bob", "2")
SHOWN = MediaLink(
    *("id", LinkKind.FILE, "mxc://x/y", "a.png", "image/png"), RoomID("!r:x"), EventID("$e"), 99
)
SOMEBODY = {BOB: MemberState.LEAVE}
MADE: dict[Callable[..., sql.Rows], list[sql.Rows]] = {
    changes.note: [changes.note(1, "start"), changes.note(1, "start")],
    close_gap: [close_gap(PORTAL)],
    receipts.save_receipts: [receipts.save_receipts([READ, replace(READ, at=2)])],
    receipts.forget_receipts: [receipts.forget_receipts([READ])],
    jobs.charge: [jobs.charge([charged(1)])],
    jobs.settle: [jobs.settle(in_order=True), jobs.settle(in_order=False)],
    jobs.unplan: [jobs.unplan(JobID(1))],
    jobs.revive: [jobs.revive(JobID(1), at=2)],
    jobs.drop: [jobs.drop(JobID(1))],
    people.save_ghost: [people.save_ghost(Ghost(NETWORK, BOB, UserID("@net_bob:x"), "Bob"))],
    members.save_actual: [
        members.save_actual(PORTAL, SOMEBODY),
        members.save_actual(PORTAL, {BOB: MemberState.BAN}, banned=True),
    ],
    members.save_settled: [members.save_settled(PORTAL, SOMEBODY)],
    members.save_unwanted: [members.save_unwanted(PORTAL, BOB)],
    members.save_nowhere: [members.save_nowhere(PORTAL)],
    standings.save_setting: [standings.save_setting(PORTAL, HELD)],
    standings.save_done: [standings.save_done(STANDINGS)],
    standings.save_applied: [standings.save_applied(PORTAL, HELD)],
    standings.save_unapplied: [standings.save_unapplied(PORTAL)],
    people.save_login: [people.save_login(LoginRow(LOGIN, NETWORK, UserID("@a:x"), {"k": "v"}))],
    people.save_identity: [people.save_identity(LOGIN, BOB)],
    people.save_used: [people.save_used(LOGIN, 7)],
    people.save_credentials: [people.save_credentials(LOGIN, {"k": "w"})],
    people.save_value: [
        people.save_value(NETWORK, "k", "v"),
        people.save_value(NETWORK, "j", None),
    ],
    portals.save_portal: [portals.save_portal(BOUND)],
    moved.save_moved: [
        moved.save_moved(BOUND, replace(ELSEWHERE, key=KEY._replace(chat=ChatID("#new"))), None)
    ],
    portals.save_rehomed: [portals.save_rehomed(BOUND)],
    portals.forget_parts: [
        portals.forget_parts([Link(PORTAL, MessageID("m1"), 0, EventID("$e1"), "bob")])
    ],
    portals.forget_links: [portals.forget_links(PORTAL, [MessageID("m1")])],
    relations.save_relations: [relations.save_relations([EDITED, EDITED], 1)],
    relations.forget_relations: [relations.forget_relations(PORTAL, [EDITED.event])],
    relations.save_tombstones: [relations.save_tombstones(PORTAL, ["m1", "m1"], 1)],
    stated.forget_stated: [stated.forget_stated(PORTAL, "name")],
    stated.save_stated: [stated.save_stated(PORTAL, "name", "digest")],
    media.save_link: [media.save_link(SHOWN)],
    media.revoke_links: [media.revoke_links(SHOWN.event)],
    media.save_upload: [media.save_upload(NETWORK, "file:1", "{}", 1)],
}


def modules() -> Iterator[Any]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in module.name:
            yield importlib.import_module(module.name)


def test_every_operation_is_among_them() -> None:
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if inspect.isclass(value)
        and value.__module__ == module.__name__
        and {"rank", "keep", "apply"} <= set(dir(value))
        and value is not sql.Rows
    }
    assert found == set(BATCHES)


def test_every_function_that_makes_rows_is_among_them() -> None:
    found = {
        value
        for module in modules()
        for value in vars(module).values()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
        and str(inspect.signature(value).return_annotation) in ("sql.Rows", "Rows")
    }
    assert found == set(MADE)


@pytest.fixture
async def lived_in(store):
    """A store in which each of these finds something to change."""
    for batch in (
        people.save_login(LoginRow(LOGIN, NETWORK, None, {})),
        people.save_value(NETWORK, "j", "x"),
        AcceptTransaction("1", "d0", "{}", 1),
        MakePortal(KEY),
        Put([draft(f"old {number}") for number in range(3)], at=1, wants=[WANT]),
        Reserve(PORTAL, MessageID("m0"), 1),
        SaveParts(JobID(1), [Part(0, "t0", PartState.UNKNOWN, "{}")]),
        SaveParts(JobID(2), [Part(0, "t0", PartState.SENT, "{}")]),
    ):
        await store.writer.write(batch)
    return store


async def everything(store) -> dict[str, list[tuple]]:
    return {
        table.name: sorted(
            map(tuple, await store.reader.all(text(f'SELECT * FROM "{table.name}"')))
        )
        for table in metadata.sorted_tables
        if table.name != "meta"  # on PostgreSQL it counts commits
    }


@pytest.mark.parametrize(
    "batch", [*BATCHES.values(), *MADE.values()], ids=lambda batch: type(batch[0]).__name__
)
async def test_twice_is_as_once(lived_in, batch) -> None:
    before = await everything(lived_in)
    for _ in range(2):
        futures = [lived_in.writer.submit(one) for one in batch]
        for future in futures:
            await future
        if _ == 0:
            once = await everything(lived_in)
    assert await everything(lived_in) == once
    if not isinstance(batch[0], sql.Rows | Familiar):  # which only asks
        assert once != before, "it had something to change"


async def test_all_of_them_at_once_twice_are_as_once(lived_in) -> None:
    batch = [one for each in (*BATCHES.values(), *MADE.values()) for one in each]
    states = []
    for _ in range(2):
        for future in [lived_in.writer.submit(one) for one in batch]:
            await future
        states.append(await everything(lived_in))
        states[-1].pop("counter")  # a gap that was closed draws new places
    assert states[0] == states[1]


async def test_together_is_as_one_by_one(lived_in) -> None:
    """A batch with a bad operation in it is written one by one: to the same effect."""
    batch = [one for each in BATCHES.values() for one in each]
    bad = sql.Rows((sql.insert(metadata.tables["value"], "network", "key"), [{"network": "n"}]))
    futures = [lived_in.writer.submit(one) for one in (*batch, bad)]
    for future in futures[:-1]:
        await future
    assert futures[-1].exception() is not None
    state = await everything(lived_in)
    for future in [lived_in.writer.submit(one) for one in batch]:
        await future
    assert await everything(lived_in) == state
