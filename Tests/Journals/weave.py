"""Two journals in one: the tree must be the union of both trees.

The second journal is a renamed one, so that nobody's name is in both, shifted in time over the first. Together, it is
on the first one's host: process ids, sessions and queue ids that both have are changed in the second, and ports. Else
it stays on a host of its own with all its numbers, which may be those of the first.
"""

import collections
import json
import random
import re

from journal import delivery_agents
from relabel import Relabelling
from subjects import RESERVED

HEX, DIGITS = "0123456789abcdef", "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# What a daemon calls a session, a message or a delivery.
NUMBERS = [
    re.compile(what)
    for what in (
        r"session=<([\w+/]{8,})[>:]",
        r"\)<\d+><([\w+/]{8,})[>:]",
        r",<([\w+/]{8,})>",
        r'"session":"([\w+/]{8,})"',
        r"> ([\w+/]{20,})(?::\w+)? Saved",
        r"^([0-9A-F]{6,12}|[0-9A-Za-z]{14,16}): ",
        r"queued as ([0-9A-F]{6,12})\b",
        r"[Qq]ueue-?[Ii][Dd]: <?([0-9A-F]{6,12})\b",
        r"qid: <([0-9A-F]{6,12})>",
        r"queued_as: ([0-9A-F]{6,12})\b",
        r"orig_queue_id=([0-9A-F]{6,12})\b",
        r"forwarded as ([0-9A-F]{6,12})\b",
        r"notification: ([0-9A-F]{6,12})\b",
        r"\b(\w{6}-\w{6}-\w{2})\b",
        r"^([0-9a-f]{16}) ",
        r"evpid=([0-9a-f]{16})\b",
        r"msgid=([0-9a-f]{8})\b",
        r"Remove for ([0-9a-f]{16})\b",
        r"uniqueid=<(\w+)>",
        r"guid=<(\w+)>",
        r"mail_id: ([\w-]+)",
        r"^<(\w{6,8})> ",
        r"^<(\w{6})>; ",
    )
]
WORD = re.compile(r"cyrus-\d+-\d+-\d+-\d+|(?<![\w-])\w{6}-\w{6}-\w{2}(?!\w)|[A-Za-z0-9+/]{6,}")
CYRUS_SESSION = re.compile(r"cyrus-(\d+)-(\d+)-(\d+)-(\d+)")
# Where a process id stands in a text, by identifier.
PIDS = [
    (re.compile(who), re.compile(what))
    for who, what in (
        (r"dovecot", r"(?<=\)<)\d+(?=><)|(?<=mpid=)\d+|(?<=lmtp\()\d+(?=\):)|(?<=pid=)\d+"),
        (r"sogod", r"(?<=sogod \[)\d+(?=\])"),
        (r"amavis", r"(?<=^\()\d+(?=-)"),
        (r"exim", r"(?<=\d \[)\d+(?=\] )"),
        (r"cyrus/.*|postfix/.*|amavis", r"(?<=cmu-sieve-)\d+(?=-)"),
    )
]


class Shuffled:
    """An alphabet in another order, in which no letter is in its place."""

    def __init__(self, draw):
        self.table = {}
        for letters in (
            HEX[:10],
            HEX[10:],
            HEX[10:].upper(),
            [c for c in LETTERS[:26] if c not in "ABCDEF"],
            [c for c in LETTERS[26:] if c not in "abcdef"],
        ):
            shift = draw.randrange(1, len(letters))
            self.table.update({ord(c): letters[(n + shift) % len(letters)] for n, c in enumerate(letters)})

    def __call__(self, text):
        return text.translate(self.table)


def numbers(entries):
    """The sessions and queue ids that the lines name."""
    found = set()
    for entry in entries:
        for what in NUMBERS:
            found.update(what.findall(entry.message))
        found.update(match[0] for match in CYRUS_SESSION.finditer(entry.message))
    return {number for number in found if number != "NOQUEUE" and len(number) >= 6}


def pids(entries):
    return {entry.get("_PID") for entry in entries}


class Second:
    """A journal as another one's neighbour."""

    def __init__(self, first, entries, seed, together):
        draw = random.Random(seed)
        self.first, self.shuffled, self.together = first, Shuffled(draw), together
        self.known = numbers(entries) & (numbers(first) if together else set())
        self.busy = pids(first) if together else set()
        self.start = min(entry.time for entry in entries)
        first_start, first_end = min(e.time for e in first), max(e.time for e in first)
        self.offset = first_start + draw.randrange(1, max(2, (first_end - first_start) // 3)) - self.start
        self.port = draw.randrange(1, 9)
        self.entries = [self.entry(entry) for entry in entries]

    def entry(self, entry):
        entry = entry.moved(entry.time + self.offset)
        if not self.together:
            # Captures of one lab may be of one machine.
            return entry.replaced({"_MACHINE_ID": self.shuffled(entry.get("_MACHINE_ID"))})
        model = self.first[0]
        monotonic = int(model.get("__MONOTONIC_TIMESTAMP")) + entry.time - model.time
        values = {key: model.get(key) for key in ("_HOSTNAME", "_MACHINE_ID", "_BOOT_ID")}
        values |= {"__MONOTONIC_TIMESTAMP": str(monotonic), "MESSAGE": self.text(entry.identifier, entry.message)}
        values |= {key: self.pid(entry.get(key)) for key in ("_PID", "SYSLOG_PID") if entry.get(key)}
        return entry.replaced(values)

    def pid(self, number):
        return str(int(number) + 4_000_000) if number in self.busy else number

    def text(self, identifier, text):
        for who, what in PIDS:
            if who.fullmatch(identifier):
                text = what.sub(lambda match: self.pid(match[0]), text)
        text = WORD.sub(lambda match: self.number(match[0]), text)
        return re.sub(r"(?<=port=\[)\d+(?=\])|(?<=\]:)\d{4,5}\b", lambda match: str(int(match[0]) + self.port), text)

    def number(self, word):
        session = CYRUS_SESSION.fullmatch(word)
        if session and (word in self.known or session[2] in self.busy):
            return f"cyrus-{session[1]}-{self.pid(session[2])}-{session[3]}-{self.shuffled(session[4])}"
        return self.shuffled(word) if word in self.known else word


def woven(first, second):
    """Both journals by time; what is at one moment keeps its order."""
    return sorted(first + second, key=lambda entry: entry.time)


def weaving(one, other, replayer, seed, together=True):
    """What the common tree lacks and has too much against the union of two journals' trees."""
    renamed = Relabelling(other, replayer, seed, one.default_domain)
    second = Second(one.entries, renamed.entries, seed, together)
    # Which user's id delivers mail is learnt from the journal: in both together sooner than in one.
    agents = ",".join(sorted(delivery_agents(one.entries + other.entries)))
    settings = one.settings | {"rules.trusted-uids": f"[{agents}]"}
    settings |= {"mailboxes.known": renamed.renamed_known} if renamed.renamed_known else {}
    apart = replayer.tree(one.entries, settings) + replayer.tree(second.entries, settings)
    common = replayer.tree(woven(one.entries, second.entries), settings)
    return [(what, record) for what, record in parted(apart, common) if not is_shared(record)], common


def is_shared(record):
    """What two journals on one host do have in common, with the reason.

    - Failed logins as root or nobody: the names mean something to daemons and are the same in both, so that their
      attempts are one burst.
    - Courier's failures without a name: they are guessed by PAM's line of the same address, and one host has one Courier.
    """
    is_reserved = record.get("mailbox", "").partition("@")[0] in RESERVED
    return record["kind"] == "login.failed" and (is_reserved or record["rule"].startswith("courier.login-failed"))


def parted(expected, found):
    """Records that only one side has, ids included."""
    text = lambda record: json.dumps(record, sort_keys=True, ensure_ascii=False)
    left, right = collections.Counter(map(text, expected)), collections.Counter(map(text, found))
    return [("missing", json.loads(t)) for t in (left - right).elements()] + [
        ("unasked", json.loads(t)) for t in (right - left).elements()
    ]
