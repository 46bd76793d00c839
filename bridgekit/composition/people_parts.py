"""What a running bridge consists of that lets people sign in and out, and tells them about it."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.composition.matrix_parts import MatrixSide
from bridgekit.composition.room_parts import encryption_of_new_rooms
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.ids import NetworkName
from bridgekit.login.candidates import Candidates
from bridgekit.login.credentials import Resealing
from bridgekit.login.news import LoginNews
from bridgekit.login.personal_data import PersonalData
from bridgekit.login.signing_out import SigningOut
from bridgekit.person.management import Management
from bridgekit.person.private_rooms import PrivateRooms
from bridgekit.sign_in.redirects import Redirects
from bridgekit.sign_in.rights_taken import RightsTaken
from bridgekit.sign_in.sign_ins import SignIns
from bridgekit.store.leaving import LeavingRows
from bridgekit.store.personal import PersonalRows
from bridgekit.store.puppets import PuppetRows
from bridgekit.store.words import WordRows


@dataclass(frozen=True, slots=True)
class PeopleSide:
    """`news` is told of every login that moves, `candidates` of each that has connected."""

    management: Management
    redirects: Redirects
    candidates: Candidates
    news: LoginNews
    sign_ins: SignIns
    signing_out: SigningOut
    data: PersonalData
    resealing: Resealing
    rights: RightsTaken


def people_side(bridge: Foundation, stored: StoreSide, matrix: MatrixSide) -> PeopleSide:
    writer, reader, clock = stored.store.writer, stored.store.reader, bridge.clock
    words = WordRows(reader)
    management = matrix.puppets.management.put(_management(bridge, stored, words))
    titles = {name: one.adapter.manifest.title for name, one in bridge.config.networks.items()}
    candidates = Candidates(
        stored.people, writer, stored.owners, stored.credentials, management, clock
    )
    redirects = Redirects(bridge.config.appservice.public_url)
    signing_out = _signing_out(bridge, stored, matrix, management)
    sign_ins = _sign_ins(bridge, stored, words, management, candidates, redirects, titles)
    return PeopleSide(
        management=management,
        redirects=redirects,
        candidates=candidates,
        news=LoginNews(stored.owners, management, titles, bridge.permissions.admins, clock),
        sign_ins=sign_ins,
        signing_out=signing_out,
        data=PersonalData(
            people=stored.people,
            rows=PersonalRows(reader),
            words=words,
            puppets=PuppetRows(reader),
            give_back=matrix.puppets.puppets.sign_out,
            leaving=LeavingRows(reader),
            portals=stored.portals,
            signing_out=signing_out,
            end_sign_ins=lambda user: sign_ins.end_all(lambda one: one.user == user),
            preferences=stored.owners.preferences,
            writer=writer,
            clock=clock,
        ),
        resealing=Resealing(bridge.sealing, stored.store, clock),
        rights=RightsTaken(
            *(bridge.networks, stored.owners, bridge.permissions, sign_ins, management, clock)
        ),
    )


def _management(bridge: Foundation, stored: StoreSide, words: WordRows) -> Management:
    names = bridge.config.namespaces
    return Management(
        rows=words,
        writer=stored.store.writer,
        rooms=PrivateRooms(
            *(bridge.intents, names, bridge.signer, bridge.clock),
            state=encryption_of_new_rooms(bridge),
        ),
        intents=bridge.intents,
        status=bridge.status,
        permissions=bridge.permissions,
        clock=bridge.clock,
        random=bridge.rng.random,
    )


def _signing_out(
    bridge: Foundation, stored: StoreSide, matrix: MatrixSide, management: Management
) -> SigningOut:
    return SigningOut(
        networks=bridge.networks,
        owners=stored.owners,
        people=stored.people,
        rows=LeavingRows(stored.store.reader),
        writer=stored.store.writer,
        portals=stored.portals,
        unlinking=matrix.rooms.unlinking,
        permissions=bridge.permissions,
        management=management,
        clock=bridge.clock,
    )


def _sign_ins(
    bridge: Foundation,
    stored: StoreSide,
    words: WordRows,
    management: Management,
    candidates: Candidates,
    redirects: Redirects,
    titles: dict[NetworkName, str],
) -> SignIns:
    return SignIns(
        networks=bridge.networks,
        titles=titles,
        owners=stored.owners,
        candidates=candidates,
        people=stored.people,
        rows=words,
        writer=stored.store.writer,
        permissions=bridge.permissions,
        management=management,
        redirects=redirects,
        broken_off=bridge.broken_off,
        clock=bridge.clock,
    )
