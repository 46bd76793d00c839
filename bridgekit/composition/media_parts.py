"""What a running bridge consists of that carries files, and what the world may ask of it."""

from __future__ import annotations

from aiohttp import ClientSession

from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.matrix.media import MediaRepository
from bridgekit.matrix.tokens import Tokens
from bridgekit.media.fetcher import Fetcher
from bridgekit.media.hourly import Hourly
from bridgekit.media.limits import SizeLimit
from bridgekit.media.links import Links
from bridgekit.media.opened import Opened
from bridgekit.media.side import MediaSide
from bridgekit.media.uploads import Uploads
from bridgekit.scanning.scan import Scan
from bridgekit.store.media import Media
from bridgekit.webhooks import Webhooks


def media_side(
    bridge: Foundation,
    stored: StoreSide,
    session: ClientSession,
    fetcher: Fetcher,
    token: Tokens,
) -> MediaSide:
    config, clock, writer = bridge.config, bridge.clock, stored.store.writer
    repository = MediaRepository(config.homeserver.url, token, session)
    media, scan = Media(stored.store.reader), Scan(config.scan, clock)
    opened = Opened(repository, config.media.max_size, scan)
    return MediaSide(
        repository=repository,
        uploads=Uploads(
            repository=repository,
            fetcher=fetcher,
            media=media,
            writer=writer,
            limit=SizeLimit(repository, config.media.max_size, clock),
            hourly=Hourly(config.media.per_hour, clock),
            sealing=bridge.sealing,
            clock=clock,
            keep_exif=config.media.keep_exif,
            scan=scan,
        ),
        opened=opened,
        links=Links(
            public_url=config.appservice.public_url,
            lifetime=config.media.link_lifetime,
            media=media,
            writer=writer,
            signer=bridge.signer,
            clock=clock,
            opened=opened,
        ),
        fetcher=fetcher,
        webhooks=Webhooks(config.appservice.public_url),
    )
