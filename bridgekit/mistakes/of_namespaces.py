"""What goes wrong in the patterns of a registration, alone and beside those of other bridges."""

from bridgekit.mistakes.mistake import error, warning
from bridgekit.mistakes.of_registrations import AGAIN

TEMPLATE_OUTSIDE = error(
    "template-outside-namespace",
    "The bridge uses names that no pattern of the registration claims.",
    "The homeserver refuses those users (M_EXCLUSIVE) when they first speak.",
    AGAIN,
)
REGEX_WRONG_DOMAIN = error(
    "regex-wrong-domain",
    "A pattern names another domain than the homeserver's.",
    "The homeserver refuses every user of the bridge (M_EXCLUSIVE).",
    "Correct `homeserver.domain`, which is the homeserver's server_name, and print it anew.",
)
REGEX_NO_DOMAIN = warning(
    "regex-no-domain",
    "A pattern does not say which domain it is about.",
    "The bridge is sent what users of other servers do, and homeservers disagree what it means.",
    "End it with the domain, like `:example\\.org$`.",
)
REGEX_TOO_WIDE = error(
    "regex-too-wide",
    "A pattern claims names that are nobody's but their owners'.",
    "The bridge is sent what foreign people say; exclusive, it keeps them from registering.",
    "Begin it with ^@ and the bridge's own prefix, end it with the domain and $.",
)
REGEX_INVALID = error(
    "regex-invalid",
    "A pattern is no regular expression.",
    "The homeserver does not start.",
    AGAIN,
)
REGEX_ANCHORS = warning(
    "regex-anchors",
    "A pattern does not begin with ^ or does not end with $.",
    "Synapse looks for it at the beginning of a name, Dendrite anywhere in it: they claim "
    "different users.",
    "Write ^ before it and $ after it.",
)
REGEX_DOT = warning(
    "regex-dot",
    "A dot of the domain has no backslash before it.",
    "It stands for any letter, so that names of other servers are claimed, too.",
    "Write a backslash before each dot of the domain, and the pattern in single quotes.",
)
REGEX_DIALECT = error(
    "regex-dialect",
    "A pattern looks around or back.",
    "Homeservers in Go and Rust refuse it.",
    "Write it without (?=, (?!, (?<, and without \\1.",
)
REGEX_EXPONENTIAL = error(
    "regex-exponential",
    "A pattern takes time without end on some names.",
    "One user with such a name stops the whole homeserver.",
    "Repeat nothing that is repeated itself: write `.+` instead of `(.+)+`.",
)
ROOMS_CATCH_ALL = error(
    "rooms-ns-catch-all",
    "A pattern claims rooms that are not the bridge's.",
    "Everything that happens on the homeserver is sent to the bridge.",
    "Remove it: the patterns of users suffice.",
)
NOT_EXCLUSIVE = error(
    "own-ghosts-not-exclusive",
    "A pattern of the bridge's own users is not exclusive.",
    "Anybody can register the name of one of its users, and speak as them.",
    "Write `exclusive: true`, without quotes.",
)
OVERLAP = error(
    "exclusive-overlap",
    "Two registrations claim the same names exclusively.",
    "The homeserver starts, and refuses the users of both at their first word (M_EXCLUSIVE).",
    "Rename the network, or the prefix, of one of the two bridges.",
)
SENDER_CLASH = error(
    "sender-clash",
    "The bot of one registration is in the names of another.",
    "The homeserver refuses the bot, or sends what it hears to the wrong bridge.",
    "Give one of the two another `sender_localpart`, or another prefix.",
)
ID_REUSED = error(
    "id-reused",
    "Two registrations have the same `id`.",
    "The homeserver does not start.",
    "Give each an `id` of its own.",
)
TOKEN_REUSED = error(
    "token-reused",
    "Two registrations share a token.",
    "The homeserver does not start, or takes one bridge for the other.",
    "Give each tokens of its own: `bridgekit registration rotate` prints new ones.",
)
UNDECIDED = warning(
    "overlap-undecided",
    "Whether two patterns share a name could not be computed in time; only samples were tried.",
    "There may be names that both claim.",
    "Write simpler patterns: ^@prefix_.+:domain$.",
)
