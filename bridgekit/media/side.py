"""What carries files, in one record: it is handed to whoever sends, receives or serves them."""

from __future__ import annotations

from dataclasses import dataclass

from bridgekit.configuration.media_settings import MediaSettings
from bridgekit.matrix.media import MediaRepository
from bridgekit.media.fetcher import Fetcher
from bridgekit.media.links import Links
from bridgekit.media.opened import Opened
from bridgekit.media.uploads import Uploads
from bridgekit.scanning.scan import Scan
from bridgekit.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class MediaSide:
    """What carries files; `webhooks` is here because the world reaches both the same way."""

    repository: MediaRepository
    uploads: Uploads
    opened: Opened
    links: Links
    fetcher: Fetcher
    webhooks: Webhooks

    @property
    def scan(self) -> Scan:
        """Who looks through all of it."""
        return self.opened.scan

    def renew(self, settings: MediaSettings) -> None:
        """What was reloaded counts for every file from now on."""
        self.uploads.renew(settings)
        self.opened.largest = settings.max_size
        self.links.lifetime = settings.link_lifetime
