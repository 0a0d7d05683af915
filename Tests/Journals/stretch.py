"""Time-stretched journals: a slower or faster machine tells the same, at other times.

Gaps between lines are multiplied by x0.1 to x20, or stretched to as much as two seconds, in random stretches of the
journal; the order of the lines stays. What no daemon takes that long for (BONDS), or is documented to be told apart by
time, keeps within its limit: these pairs of lines are bound to each other.
"""

import calendar
import datetime
import random
import re

from compare import differences, normal

MILLISECOND = 1_000
SECOND = 1_000_000
# Longer gaps are a person's or a queue's: windows of minutes (bursts of failed logins) would end elsewhere.
LONGEST_GAP = 5 * SECOND
# All together: a burst of failed logins is ten minutes long.
MOST_ADDED = 200 * SECOND
# Lines that are told apart, or belong to each other, by time: within the limit before the change they stay within it.
# The limit, identifier and text of the one, of the other, and the reason.
BONDS = [
    (
        600 * MILLISECOND,
        r"dovecot|cyrus/lmtp.*",
        r"\b(?:lmtp|lda)\(.*>: |^Delivered: |^sieve |^dupelim: |^auditlog: |^USAGE ",
        r"postfix/(?:lmtp|pipe|local|virtual)|exim|smtpd|cyrus/lmtp.*",
        r"status=|[=*-]> .* T=|\*\* .* T=| mda delivery |^Delivered: |^sieve |^USAGE ",
        "the delivery agent's line and the MTA's are waited for up to a second",
    ),
    (
        800 * MILLISECOND,
        r"amavis",
        r"^\([\d-]+\) (?:Passed|Blocked) ",
        r"postfix/.*",
        r".",
        "a filter's verdict is logged while the MTA still waits for its reply",
    ),
    (
        700 * MILLISECOND,
        r"postfix/pickup|postfix/cleanup|postfix/qmgr",
        r"from=<|cmu-sieve",
        r"cyrus/lmtp.*",
        r".",
        "what a filter's redirect or vacation sends is known by the delivery beside it",
    ),
    (
        1500 * MILLISECOND,
        r"roundcube|sogod",
        r"[Ll]ogin|User |SOGo|logged off",
        r"dovecot|cyrus/(?:imap|sieve)|postfix/.*",
        r".",
        "one webmail request causes the IMAP and submission logins around it",
    ),
    (
        200 * MILLISECOND,
        r"cyrus/.*|saslauthd",
        r"^SASL|auth failure|denied access|^auditlog: traffic|^counts:",
        r"cyrus/.*|postfix/.*smtpd",
        r"badlogin|authentication failed|traffic|^counts:|^USAGE",
        "one attempt's lines by saslauthd, libsasl and the daemon; one session's last lines",
    ),
    (
        50 * MILLISECOND,
        r"exim",
        r"^\[\d+[/\\]\d+\] |rejected |authenticator failed",
        r"exim",
        r"^\[\d+[/\\]\d+\] |rejected |authenticator failed",
        "one record of Exim in two logs or in several pieces",
    ),
    (
        90 * MILLISECOND,
        r"authdaemond|auth",
        r"pam_unix|expired",
        r"imapd|pop3d|dovecot",
        r"LOGIN FAILED|pam\(",
        "PAM's line and the daemon's",
    ),
    (
        200 * MILLISECOND,
        r"dovecot",
        r"\b(?:lmtp|lda)\(.*discard",
        r"dovecot",
        r"\b(?:lmtp|lda)\(",
        "one delivery's lines follow each other",
    ),
    (
        150 * MILLISECOND,
        r"smtpd",
        r" smtp (?:message|envelope) ",
        r"smtpd",
        r" smtp (?:message|envelope) ",
        "a message and its envelopes are written in one go",
    ),
    (
        150 * MILLISECOND,
        r"smtpd",
        r" failed-command ",
        r"smtpd",
        r" smtp ",
        "the client is told at once, and ends the session",
    ),
    (
        300 * MILLISECOND,
        r"cyrus/.*",
        r"^auditlog: (?:create|acl|delete|setquota|newquota)|^Rename: |^Deleted mailbox|#sieve",
        r"cyrus/.*",
        r"^auditlog: (?:create|acl|delete|setquota|newquota)|^Rename: |^Deleted mailbox|#sieve",
        "one command on a mailbox, with what it does to those below",
    ),
]


class Stretched:
    """A journal at other times, by a seed."""

    def __init__(self, entries, seed):
        self.random = random.Random(seed)
        self.before = sorted(entry.time for entry in entries)
        gaps = [later - earlier for earlier, later in zip(self.before, self.before[1:])]
        self.gaps = self.bound(sorted(entries, key=lambda e: e.time), gaps, self.drawn(gaps))
        times, now = [self.before[0]], self.before[0]
        for gap in self.gaps:
            now += gap
            times.append(now)
        self.map = dict(zip(self.before, times))
        self.entries = [entry.moved(self.map[entry.time]) for entry in entries]

    def drawn(self, gaps):
        """The gaps as a machine of changing speed makes them."""
        new, position = list(gaps), 0
        while position < len(gaps):
            length = self.random.randint(1, 25)
            factor = self.random.choice([1, 1, 0.1, 0.3, 3, 20, "slow"])
            for index in range(position, min(position + length, len(gaps))):
                gap = gaps[index]
                if gap > LONGEST_GAP or not gap:
                    continue
                grown = (
                    int(gap + self.random.random() ** 3 * 3 * SECOND) if factor == "slow" else max(1, int(gap * factor))
                )
                new[index] = min(grown, max(gap, LONGEST_GAP))
            position += length
        return new

    def bound(self, entries, old, new):
        """The new gaps, those of old where they would part what belongs together or make all too long."""
        for first, last, limit in bonds(entries):
            if sum(new[first:last]) > max(sum(old[first:last]), limit):
                new[first:last] = old[first:last]
        added = sum(new) - sum(old)
        while added > MOST_ADDED:
            start = self.random.randrange(len(new))
            part = slice(start, start + 20)
            added -= max(0, sum(new[part]) - sum(old[part]))
            if sum(new[part]) > sum(old[part]):
                new[part] = old[part]
        return new

    def expected(self, records):
        """The records at their new times."""
        return [normal(record | {"time": self.later(record["time"])}) for record in records]

    def later(self, time):
        return text_time(self.map.get(microseconds(time), microseconds(time)))


def bonds(entries):
    """Pairs of entries that belong together: their positions and the longest time between them."""
    for limit, who, what, other_who, other_what, _ in BONDS:
        ones, others = chosen(entries, who, what), chosen(entries, other_who, other_what)
        start = 0
        for one in ones:
            while start < len(others) and entries[others[start]].time < entries[one].time - limit:
                start += 1
            for other in others[start:]:
                if entries[other].time > entries[one].time + limit:
                    break
                if one != other:
                    yield min(one, other), max(one, other), limit


def chosen(entries, who, what):
    who, what = re.compile(who), re.compile(what)
    return [n for n, e in enumerate(entries) if who.fullmatch(e.identifier) and what.search(e.message)]


def microseconds(time):
    moment = datetime.datetime.strptime(time.rstrip("Z"), "%Y-%m-%dT%H:%M:%S.%f")
    return calendar.timegm(moment.timetuple()) * SECOND + moment.microsecond


def text_time(time):
    moment = datetime.datetime.fromtimestamp(time // SECOND, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{time % SECOND:06d}Z"


def stretching(scenario, replayer, seed):
    """The differences of a stretched journal's tree from the stretched tree, and that tree."""
    records = replayer.tree(scenario.entries, scenario.settings)
    stretched = Stretched(scenario.entries, seed)
    found = replayer.tree(stretched.entries, scenario.settings)
    return differences(stretched.expected(records), [normal(record) for record in found]), found
