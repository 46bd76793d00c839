"""Opting out: the words that people text, and what has to happen then.

The law of many countries asks for it, and carriers block numbers that do not obey. The words of a
language count beside the English ones, which carriers know everywhere.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from bridgekit import Rejected


class OptedOutError(Rejected):
    """The gateway says that this peer does not want to be texted."""


class Wish(StrEnum):
    """What somebody who texts one of the words wants."""

    STOP = "stop"
    START = "start"
    HELP = "help"


_STOP = {
    "en": "stop stopall unsubscribe cancel end quit revoke optout",
    "fr": "arret arrêt arreter arrêter",
    "de": "stopp abmelden abbestellen",
    "es": "parar alto baja cancelar",
    "pt": "parar sair cancelar",
    "it": "ferma annulla",
    "nl": "stoppen afmelden",
    "pl": "koniec",
    "sv": "stopp avsluta",
}
_START = {
    "en": "start unstop",
    "fr": "debut début",
    "de": "anmelden",
    "es": "alta empezar",
    "pt": "iniciar",
    "it": "inizia",
    "nl": "aanmelden",
    "pl": "wznów",
    "sv": "börja",
}
_HELP = {
    "en": "help info",
    "fr": "aide",
    "de": "hilfe",
    "es": "ayuda",
    "pt": "ajuda",
    "it": "aiuto",
    "nl": "hulp",
    "pl": "pomoc",
    "sv": "hjälp",
}
LANGUAGES = frozenset(_STOP)


@dataclass(frozen=True, slots=True)
class Words:
    """The words that count; each is the whole of a message, whatever its case."""

    wishes: dict[str, Wish]

    def wish(self, text: str) -> Wish | None:
        """What a text asks for; None if it is an ordinary one."""
        word = unicodedata.normalize("NFC", text.strip().rstrip(".!"))
        return self.wishes.get(word.casefold())


def words(languages: tuple[str, ...], *, yes: bool = False) -> Words:
    """The words of these languages and of English; `yes` is one of those that opt in."""
    found: dict[str, Wish] = {}
    for table, wish in ((_HELP, Wish.HELP), (_START, Wish.START), (_STOP, Wish.STOP)):
        for language in ("en", *languages):
            found |= dict.fromkeys(map(str.casefold, table.get(language, "").split()), wish)
    if yes:
        found["yes"] = Wish.START
    return Words(found)
