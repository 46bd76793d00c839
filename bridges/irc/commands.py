"""The names of IRC's own commands, and what is said of them."""

from bridgekit import Command

_HERE = "[#CHANNEL]"
COMMANDS = (
    Command("nick", "Change your nick on IRC.", "NICK"),
    Command("whois", "Ask IRC who somebody is.", "NICK"),
    Command(
        *("join", "Be in a channel on IRC, whether or not it has a room.", "#CHANNEL [KEY]"),
        private=True,
    ),
    Command("part", "Leave a channel on IRC.", "#CHANNEL [REASON]"),
    Command("leave", "Leave a channel on IRC: the same as part.", "#CHANNEL [REASON]"),
    Command("names", "Ask IRC who is in a channel.", _HERE),
    Command("list", "Find channels on IRC.", "PATTERN"),
    Command(
        "away", "Say on IRC that you are away; without a reason, that you are back.", "[REASON]"
    ),
    Command("msg", "Say a line on IRC, to services for example.", "TARGET TEXT", private=True),
    Command("query", "Open a private chat with somebody on IRC.", "NICK [TEXT]", private=True),
    Command("topic", "Show what a channel is about, or change it.", f"{_HERE} [TEXT]"),
    Command("lines", "How many lines a message may have here.", f"{_HERE} [NUMBER|default]"),
    Command(
        *("mode", "Show the modes of a channel, or change them.", f"{_HERE} [MODES ...]"),
        private=True,
    ),
    Command("op", "Make somebody an operator of a channel.", f"{_HERE} NICK"),
    Command("deop", "Make somebody an operator no longer.", f"{_HERE} NICK"),
    Command("voice", "Give somebody a voice in a channel.", f"{_HERE} NICK"),
    Command("devoice", "Take somebody's voice away.", f"{_HERE} NICK"),
    Command("kick", "Put somebody out of a channel.", f"{_HERE} NICK [REASON]"),
    Command("ban", "Ban a nick, or whoever a mask fits.", f"{_HERE} NICK|MASK"),
    Command("unban", "Lift a ban.", f"{_HERE} NICK|MASK"),
    Command("invite", "Invite somebody to a channel.", f"{_HERE} NICK"),
    Command("ignore", "Hear nothing more from somebody in private.", "[NICK|MASK]"),
    Command("unignore", "Hear from somebody in private again.", "NICK|MASK"),
    Command(
        "features", "Show what this connection can do; set what you want.", "[mentions on|off]"
    ),
    Command("status", "Show how you are connected to IRC."),
    Command("limits", "Show how much this bridge lets people have of the network."),
    Command("reconnect", "Leave IRC, and come back."),
    Command("quit", "Leave IRC until you say something again.", "[REASON]"),
    Command("raw", "Send a line to the IRC server as it is.", "LINE", admins=True, private=True),
)
