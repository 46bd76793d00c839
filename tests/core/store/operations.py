"""Every operation of the store, with something in a store that has been lived in to change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bridgekit.audited import APIToken, Audited, AuditOutcome
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
from bridgekit.login_row import LoginRow
from bridgekit.membership.ranks import EVERYBODY, Standing
from bridgekit.models import (
    Direction,
    Draft,
    Flow,
    Ghost,
    Job,
    Link,
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
    api_tokens,
    audit,
    changes,
    ghost_devices,
    jobs,
    leaving,
    media,
    members,
    people,
    personal,
    portals,
    puppets,
    queued,
    receipts,
    relations,
    retiring,
    sealed,
    sql,
    standings,
    stated,
    words,
)
from bridgekit.store.aside import Replay
from bridgekit.store.encryption import KeepEnvelope, RoomKey
from bridgekit.store.familiar import Familiar
from bridgekit.store.gaps import Reserve, close_gap, save_known_past
from bridgekit.store.intake import AcceptTransaction, Put, Take
from bridgekit.store.moved import MovePortal
from bridgekit.store.portals import MakePortal
from bridgekit.store.progress import Finish, MarkPart, NotePart, Pending, Retry, SaveParts
from bridgekit.store.receipts import ReadUpTo
from bridgekit.store.retention import DAY, RETENTION, Prune
from bridgekit.store.unread_events import TakeAgain

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
BOUND = Portal(PORTAL, KEY, PortalState.BOUND, RoomID("!r:x"), Flow.TO_MATRIX, ours=True)
AS_NEW = MovePortal(BOUND, replace(BOUND, key=KEY._replace(chat=ChatID("#new"))))
# Every kind of operation, twice over where two of one kind can meet in one batch.
BATCHES: dict[type, list[Any]] = {
    AcceptTransaction: [
        *[AcceptTransaction("1", "d1", "{}", 1)] * 2,
        AcceptTransaction("1", "d2", "{}", 1),
    ],
    Take: [
        *[Take(AcceptTransaction("at once 1", "a1", None, 1), Put([draft("at once")], at=1))] * 2,
        Take(AcceptTransaction("at once 2", "a2", None, 1), Put([draft("at once 2")], at=1)),
    ],
    TakeAgain: [
        *[TakeAgain(EventID("$u"), AcceptTransaction("again 1", "d1", "{}", 1))] * 2,
        TakeAgain(EventID("$v"), AcceptTransaction("again 2", "d1", "{}", 1), given_up=True),
    ],
    KeepEnvelope: [
        KeepEnvelope(RoomID("!r"), "", RoomKey("s", "k1", 1, 1), "t1", "first", 1),
        KeepEnvelope(RoomID("!r"), "", RoomKey("s", "k2", 2, 1), "t1", "second", 2),
        KeepEnvelope(RoomID("!r"), "@net_bob:x", RoomKey("u", "k1", 1, 1), "t2", "third", 2),
    ],
    Put: [FULL, Put([draft("b"), draft("c")], at=2, cursor=(LOGIN, "c2"))],
    Replay: [Replay("key", Put([draft("replayed")], at=1))],
    Reserve: [
        Reserve(PortalID(2), None, 5),
        Reserve(PortalID(2), None, 5),
        Reserve(PORTAL, None, 5),
    ],
    Familiar: [Familiar([(PORTAL, "m1")]), Familiar([(PORTAL, "m1"), (PORTAL, "m2")])],
    MovePortal: [AS_NEW, AS_NEW],
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
ELSEWHERE = replace(BOUND, id=PortalID(9), key=KEY._replace(chat=ChatID("#other")))
EDITED = Relation(PORTAL, EventID("$edit"), RelationKind.EDIT, MessageID("m1"), "bob", "2")
SHOWN = MediaLink(
    *("id", LinkKind.FILE, "mxc://x/y", "a.png", "image/png"), RoomID("!r:x"), EventID("$e"), 99
)
SOMEBODY = {BOB: MemberState.LEAVE}
AUDITED = Audited("$typed", 1, UserID("@a:x"), "chat", "link", "{}", None)
PRIVATE = replace(BOUND, id=PortalID(9), key=KEY._replace(receiver=LoginID("net:b")))
WORD = words.Word("k", UserID("@a:x"), "You are told.", 1)
SIGN_IN = words.SignInRow("s", UserID("@a:x"), NETWORK, RoomID("!r:x"))
LENT = puppets.PuppetRow(UserID("@a:x"), "sealed:1:x", 1)
TOKEN = APIToken("digest", UserID("@a:x"), "bot", frozenset({"read"}), made_at=1, expires=0)
OWN_DEVICE = ghost_devices.GhostDevice(UserID("@net_bob:x"), "DEVICE", "signer", 1)
MADE: dict[Callable[..., sql.Rows], list[sql.Rows]] = {
    changes.note: [changes.note(1, "start"), changes.note(1, "start")],
    close_gap: [close_gap(PORTAL)],
    save_known_past: [save_known_past(BOUND, "read"), save_known_past(BOUND, None)],
    receipts.save_receipts: [receipts.save_receipts([READ, replace(READ, at=2)])],
    receipts.forget_receipts: [receipts.forget_receipts([READ])],
    jobs.charge: [jobs.charge([charged(1)])],
    jobs.settle: [jobs.settle(in_order=True), jobs.settle(in_order=False)],
    jobs.unplan: [jobs.unplan(JobID(1))],
    jobs.revive: [jobs.revive(JobID(1), at=2)],
    jobs.drop: [jobs.drop(JobID(1))],
    queued.revive_all: [queued.revive_all([JobID(1)], at=2)],
    queued.drop_all: [queued.drop_all([JobID(1)])],
    retiring.forget_ghost: [retiring.forget_ghost(Ghost(NETWORK, BOB, UserID("@net_bob:x")))],
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
    people.save_login: [people.save_login(LoginRow(LOGIN, NETWORK, UserID("@a:x"), "sealed:1:x"))],
    people.save_identity: [people.save_identity(LOGIN, BOB)],
    people.save_used: [people.save_used(LOGIN, 7)],
    people.save_credentials: [people.save_credentials(LOGIN, "sealed:1:y")],
    people.save_signed_in: [people.save_signed_in(LOGIN, "sealed:1:z", told="")],
    people.save_told: [people.save_told(LOGIN, "refused")],
    people.save_chosen: [people.save_chosen(LOGIN, 8)],
    people.save_leaving: [people.save_leaving(LOGIN)],
    people.forget_login: [people.forget_login(LOGIN)],
    words.save_room: [words.save_room(UserID("@a:x"), RoomID("!r:x"))],
    words.save_word: [words.save_word(WORD), words.save_word(replace(WORD, at=2))],
    words.forget_word: [words.forget_word(WORD.key)],
    words.forget_person: [words.forget_person(WORD.user)],
    words.save_sign_in: [words.save_sign_in(SIGN_IN)],
    words.forget_sign_in: [words.forget_sign_in(SIGN_IN.id)],
    words.together: [words.together(words.save_word(WORD), people.save_told(LOGIN, ""))],
    sealed.reseal: [sealed.reseal(sealed.SealedText(sealed.SEALED[0], LOGIN, "{}"), "sealed:1:x")],
    leaving.forget_portal: [leaving.forget_portal(PRIVATE)],
    personal.take_out: [
        personal.take_out(
            UserID("@a:x"),
            [
                personal.Trace("link", {"portal": PORTAL, "message": "m1", "part": 0}),
                personal.Trace("relation", {"portal": PORTAL, "event": "$edit"}),
                personal.Trace("pending", {"portal": PORTAL, "txn": "t1"}),
                personal.Trace("job", {"id": 7}),
            ],
        )
    ],
    people.save_value: [
        people.save_value(NETWORK, "k", "v"),
        people.save_value(NETWORK, "j", None),
    ],
    puppets.save_puppet: [puppets.save_puppet(LENT), puppets.save_puppet(replace(LENT, at=2))],
    puppets.lose_puppet: [puppets.lose_puppet(LENT)],
    puppets.forget_puppet: [puppets.forget_puppet(LENT.user)],
    portals.save_portal: [portals.save_portal(BOUND)],
    portals.save_rehomed: [portals.save_rehomed(BOUND)],
    portals.save_unbound: [portals.save_unbound(BOUND)],
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
    audit.save_begun: [audit.save_begun(AUDITED), audit.save_begun(AUDITED)],
    audit.save_ended: [audit.save_ended("$begun", AuditOutcome.DONE, "{}", "")],
    api_tokens.save_token: [api_tokens.save_token(replace(TOKEN, digest="other"))],
    api_tokens.save_token_used: [api_tokens.save_token_used(TOKEN.digest, 7)],
    api_tokens.forget_tokens: [api_tokens.forget_tokens(TOKEN.owner, [TOKEN.name])],
    ghost_devices.save_ghost_device: [ghost_devices.save_ghost_device(OWN_DEVICE)] * 2,
    ghost_devices.forget_ghost_device: [
        ghost_devices.forget_ghost_device(OWN_DEVICE),
        ghost_devices.forget_ghost_device(replace(OWN_DEVICE, device="ANOTHER")),
    ],
}
