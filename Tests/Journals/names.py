"""Other names for accounts, domains, folders and messages: a seeded, injective map.

Each new name is of a kind that real servers have and that has gone wrong somewhere: letters outside ASCII, dots, an
account with a plus beside one without, quotes, upper case, names that say `uid=1`, prefixes of each other, long ones.
Which kinds an account may have is decided by the daemons in whose lines it stands (KINDS_OF).
"""

import random
import re
import string
import unicodedata

# A name may have these kinds where a daemon of this word prints it; the kinds of all its daemons must allow a kind.
# `mail` is any address that no daemon below takes for an account of its own.
COMMON = {"plain", "dots", "hyphens", "digits"}
KINDS_OF = {
    # atext of RFC 5321 and quoted strings; SMTPUTF8 too.
    "postfix": COMMON
    | {"fields", "apostrophe", "upper", "utf8", "nfd", "plus", "same", "prefix", "long", "cut", "quoted", "hostile"},
    # auth_username_chars is empty: what the password database knows is a user. A user over LMTP with letters outside
    # ASCII needs 2.4 (mail_utf8_extensions). A name over 64 bytes (`cut`) is cut in auth's lines.
    "dovecot": COMMON
    | {"fields", "apostrophe", "upper", "utf8", "nfd", "plus", "same", "prefix", "long", "cut", "quoted"},
    # dovecot-lda makes an SMTP address of the user name and dies when it cannot (seen with letters outside ASCII).
    "dovecot-lda": COMMON | {"fields", "apostrophe", "upper", "plus", "same", "prefix", "long"},
    # acl_check_rcpt of Debian: no @ % ! / | and no dot in front. A blank needs a quoted local part.
    "exim": COMMON | {"fields", "apostrophe", "upper", "utf8", "plus", "same", "prefix", "long", "quoted", "hostile"},
    # `=> LOCAL <ORIGINAL>` behind an alias names no domain: a second account of that name would be in doubt.
    "exim-bare": COMMON | {"upper", "utf8", "prefix"},
    # userdb(8) and authdaemond's tables; a failure prints `.` for what is not printable ASCII, so no such letters.
    "courier": COMMON | {"fields", "apostrophe", "upper", "plus", "same", "prefix", "long"},
    # MAILADDR_ALLOWED of OpenSMTPD's smtpd.h: atoms of ASCII.
    "opensmtpd": COMMON | {"fields", "apostrophe", "upper", "plus", "same", "prefix", "long"},
    # OpenSMTPD's user table has any name; vis(3) prints it.
    "opensmtpd-login": COMMON | {"fields", "apostrophe", "utf8", "blank"},
    # allowedchars of Cyrus's lib/auth_unix.c: no & * / : % ? < > ( ) ; ASCII, at most 80 bytes; `+` is the detail of
    # deliveries, so only for who gets no mail.
    "cyrus": COMMON | {"apostrophe", "upper", "same", "prefix", "long"},
    "cyrus-login": COMMON | {"apostrophe", "upper", "plus", "same", "prefix"},
    # The account is made by an administrator and never logs in: modified UTF-7 in the mailbox's name.
    # What is not an address is a system user: useradd(8) of Debian.
    "system": COMMON,
    "fetch": COMMON | {"upper"},
    "mail": COMMON | {"fields", "apostrophe", "upper", "plus", "same", "prefix", "long", "quoted", "hostile"},
}
LETTERS = "abdefghiklmnoprstuvwz"
FOREIGN = [
    "jürgen",
    "søren",
    "zoë",
    "łukasz",
    "çelik",
    "naïve",
    "öğretmen",
    "владимир",
    "吉田",
    "ελένη",
    "ñandú",
    "æther",
]
FOREIGN_DOMAINS = ["bücher", "straße", "münchen", "пример", "例え"]
FOREIGN_FOLDERS = ["Entwürfe", "Überfällig", "日本語", "Папка", "Café ñ", "Łódź"]
FIELDS = [
    "uid=1",
    "size=7",
    "to=x",
    "status=sent",
    "msgid=q",
    "from=",
    "box=inbox",
    "user=y",
    "mailbox=z",
    "relay=none",
]


class Name:
    """An account's or address's new name: as its owner types it, and as one writes it when case does not matter."""

    def __init__(self, local, domain, kind):
        self.local, self.domain, self.kind = local, domain, kind

    @property
    def canonical(self):
        return unicodedata.normalize("NFC", f"{self.local}@{self.domain}".lower())


class Maker:
    """Draws new names; none is drawn twice, whatever their case or Unicode form."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.used = set()

    def word(self, least=3, most=8):
        return "".join(self.random.choice(LETTERS) for _ in range(self.random.randint(least, most)))

    def fresh(self, draw):
        """The first of what `draw` gives that nobody has."""
        for attempt in range(1000):
            value = draw() if attempt < 50 else draw() + self.word(2, 4)
            key = unicodedata.normalize("NFC", value).lower()
            if key not in self.used:
                self.used.add(key)
                return value
        raise SystemExit("no fresh name was found")

    def neighbour(self, local):
        """A local part that begins with another one, or with which that one begins."""
        shorter = local[: self.random.randint(1, len(local) - 1)].rstrip(".-_'=+ ") if len(local) > 3 else ""
        return self.random.choice([local + self.random.choice(["x", ".x", "2", "-b"]), shorter or local + "y"])

    def local(self, kind):
        """A local part of a kind."""
        word = self.word
        if kind == "dots":
            return ".".join(word(1, 5) for _ in range(self.random.randint(2, 4)))
        if kind == "hyphens":
            return self.random.choice(["_", "-", "--"]).join([word(), word()])
        if kind == "digits":
            return self.random.choice(
                [str(self.random.randint(1, 99999)) + word(1, 2), word(1, 3) + str(self.random.randint(0, 999))]
            )
        if kind == "fields":
            return self.random.choice(FIELDS) + self.random.choice(["", str(self.random.randint(1, 99))])
        if kind == "apostrophe":
            return self.random.choice("odl") + "'" + word()
        if kind == "upper":
            return word().capitalize() + self.random.choice([".", ""]) + word().upper()
        if kind == "utf8":
            return self.random.choice(FOREIGN) + self.random.choice(["", word(1, 3), "." + word(2, 4)])
        if kind == "nfd":
            return unicodedata.normalize("NFD", self.random.choice(FOREIGN[:6]) + word(1, 3))
        if kind == "long":
            return (word(8, 8) + "." + self.random.choice(["very-long-", "x"]) * 9)[:40].rstrip("-.") + word(2, 3)
        if kind == "cut":
            return (word(8, 8) + "-" + "lengthy-" * 9)[:56].rstrip("-") + word(4, 5)
        if kind == "blank":
            return word() + " " + word()
        if kind == "quoted":
            return self.random.choice([f"{word()} {word()}", f"{word()}, {word()}", f"{word()}..{word(1, 2)}"])
        if kind == "hostile":
            return self.random.choice(
                [
                    f"{word()}>{word(1, 2)}",
                    f'{word()}"{word(1, 3)}',
                    f"{word()}@{word()}",
                    f"{word()} to=<{word(2, 3)}>",
                    f"{word()}<{word()}",
                ]
            )
        return word()

    def domain(self, kind, others):
        """A domain of a kind; `others` are new domains that exist."""
        tail = self.random.choice([".example", ".test", ".example.org", ".example"])
        if kind == "below" and others:
            return self.word(1, 3) + "." + self.random.choice(others)
        if kind == "prefix" and others:
            return self.word(1, 2) + self.random.choice(others)
        if kind == "hyphens":
            return self.word() + "-" + self.word() + tail
        if kind == "digits":
            return str(self.random.randint(1, 99)) + self.word(2, 4) + tail
        if kind == "long":
            return (self.word(6, 6) + "-" + "long" * 3) + tail
        if kind == "utf8":
            return self.random.choice(FOREIGN_DOMAINS) + self.word(1, 2) + tail
        return self.word() + tail

    def folder(self, allowed):
        """One part of a folder's path, without the separators that `allowed` says are none."""
        word = self.word
        drawn = {
            "plain": lambda: word().capitalize(),
            "blank": lambda: f"{word().capitalize()} {word()}",
            "utf8": lambda: self.random.choice(FOREIGN_FOLDERS) + word(1, 2),
            "ampersand": lambda: f"{word(1, 3)}&{word(1, 3)}",
            "dot": lambda: f"v{self.random.randint(1, 9)}.{self.random.randint(0, 9)}{word(1, 2)}",
            "comma": lambda: f"{word()}, {word()}",
            "arrow": lambda: f"{word()} -> {word()}",
            "quote": lambda: f"{word()}'s {word(1, 3)}",
            "bracket": lambda: f"[{word()}] ({word(1, 3)})",
            "equals": lambda: f"to={word()}",
            "fields": lambda: self.random.choice(["uid=1", "box=INBOX", "msgid=x", "size=1, vsize=2"]) + word(1, 2),
        }
        return self.fresh(drawn[self.random.choice(sorted(allowed & set(drawn)))])

    def message_id(self, kinds=("plain", "long", "cut", "plus", "comma")):
        """What stands between the brackets of a Message-ID."""
        word = self.word
        kind = self.random.choice(kinds)
        unique = f"{self.random.getrandbits(40):x}"
        if kind == "long":
            return f"{unique}.{word(20, 22)}@{word()}.example"
        if kind == "cut":
            return f"{unique}.{word(40, 44)}@{word(20, 22)}.{word(10, 11)}.example"
        if kind == "plus":
            return f"CA+{unique}=-_{word()}@mail.{word()}.example"
        if kind == "comma":
            return f"{unique}$${word()}${{}}!#%'*/?^`|~@{word()}"
        return f"{unique}.{word()}@{word()}.example"


def is_atom(local):
    """Whether a local part needs no quotes (RFC 5321's Dot-string, with RFC 6531's letters)."""
    atom = "[" + re.escape(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~") + "\u0080-\U0010ffff]+"
    return re.fullmatch(rf"{atom}(\.{atom})*", local) is not None
