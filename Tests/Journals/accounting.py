"""Invariants of a tree against the lines it was made of, by a parser of its own.

- No id stands twice.
- A record lies in the file of a name that stands (decoded, folded) in its own lines: those of its moment, its session,
  its queue id or its process.
- Each expunge, copy and save in Dovecot's mail_log and each expunge and append in Cyrus's auditlog is an event, or one
  named half of a move.
- Each delivery by a local agent (Dovecot's save, Postfix status=sent, Exim =>) has an event.
"""

import collections
import re

from journal import delivery_agents, doubled_ids
from reading import plain, stands
from stretch import SECOND, microseconds, text_time
from weave import numbers

DOVECOT = re.compile(
    r"^(?P<service>[\w-]+)\((?P<user>.*?)\)(?:<\d+><(?P<session>[^>]+)>)?: (?:Info: )?"
    r"(?P<verb>expunge|save|copy from (?P<source>.*?)): box=(?P<box>.*?), uid=(?P<uid>\d+)"
)
CYRUS = re.compile(
    r"^auditlog: (?P<verb>expunge|append) sessionid=<(?P<session>[^>]+)> mailbox=<(?P<box>[^>]+)> "
    r".*?\buid=<(?P<uid>\d+)>"
)
POSTFIX = re.compile(r"^(?P<queue>[0-9A-Za-z]+): to=<(?P<to>.*?)>, .*?relay=[^,]*, .*?status=sent \((?P<reply>.*)")
EXIM = re.compile(
    r"(?P<queue>\w{6}-\w{6}-\w{2}) [=-]> (?P<final>.+?)(?: <(?P<original>[^<>]*)>)?(?: \(.*?\))?"
    r" (?:F=\S* )?(?:P=\S* )?R=\S+(?: T=(?P<transport>\S+))?"
)
LOCAL_TRANSPORT = re.compile(r"virtual_user|maildir|local_|dovecot|address_directory")
NO_MAILBOX = re.compile(r"forwarded as|silently|delivered to command|delivered to file|delivered via (?!dovecot)")
# No messages: Sieve scripts, calendars, address books.
OTHER_BOX = re.compile(r"\.#(?:sieve|calendars|addressbooks)")
MOVES = {"message.moved", "message.deleted", "message.archived"}
# One process logs for all sessions: its other lines are no lines of the same thing.
LOGGERS = re.compile(r"dovecot|imapd|pop3d|smtpd|postfix/qmgr|systemd")


class Accounts:
    """One journal and its tree."""

    def __init__(self, entries, records):
        self.entries, self.records = entries, records
        known = delivery_agents(entries)
        self.genuine = [entry for entry in entries if is_genuine(entry, known)]
        kinds = ("delivery.", "sender.")
        self.deliveries = [r | {"_time": microseconds(r["time"])} for r in records if r["kind"].startswith(kinds)]
        self.texts = [plain(entry.message) for entry in self.entries]
        self.by_time, self.by_process = collections.defaultdict(list), collections.defaultdict(set)
        self.words = collections.defaultdict(set)
        for number, entry in enumerate(self.entries):
            self.by_time[text_time(entry.time)].append(entry)
            self.by_process[process(entry)].add(number)
            for word in re.findall(r"[\w+/-]{5,}", entry.message):
                self.words[word].add(number)

    def faults(self):
        yield from (f"an id twice: {ident}" for ident in doubled_ids(self.records))
        for record in self.records:
            yield from self.is_named(record)
        yield from self.dovecot()
        yield from self.cyrus()
        yield from self.postfix()
        yield from self.exim()

    # Whose file.

    def is_named(self, record):
        """A record's file is that of a name in one of its lines."""
        if record["file"].startswith("_") or "mailbox" not in record:
            return
        local = record["mailbox"].rpartition("@")[0]
        if not any(stands(local, text) for text in self.lines_of(record)):
            yield f"{record['mailbox']} is in no line of: {record['time']} {record['kind']} ({record['rule']})"

    def lines_of(self, record):
        """The texts that a record may have its name from, the nearest first."""
        own = self.by_time[record["time"]]
        yield from (plain(entry.message) for entry in own)
        keys = numbers(own) | {record.get("session"), record.get("queue_id")}
        joined = set().union(*(self.words.get(key.partition(":")[0], set()) for key in keys if key))
        yield from (self.texts[number] for number in joined)
        processes = [process(entry) for entry in own if not LOGGERS.match(entry.identifier)]
        processes += [pid for number in joined for pid in re.findall(r"cmu-sieve-(\d+)-", self.texts[number])]
        # PAM's line about an attempt is joined by the client's address.
        addresses = {ip for entry in own for ip in re.findall(r"\bip=\[([^\]]+)\]", entry.message)}
        yield from (text for text in self.texts if any(f"rhost={ip} " in text for ip in addresses))
        for pid in processes:
            yield from (self.texts[number] for number in self.by_process[pid])

    # What is accounted for.

    def counted(self, kinds, **fields):
        """How many messages the records of these kinds and fields tell of."""
        named = [r for r in self.records if r["kind"] in kinds and fields.items() <= r.items()]
        return sum(r.get("count") or len(r.get("uids", [1])) for r in named)

    def dovecot(self):
        """Expunges, copies and saves of each session; deliveries; what is expunged by the server."""
        lines = collections.Counter()
        for entry in self.genuine:
            match = DOVECOT.match(entry.message) if re.match("dovecot|purge|doveadm", entry.identifier) else None
            if not match or match["source"] and "EXPUNGED" in match["box"].upper():
                continue  # lazy_expunge's copy is a half of the expunge
            if match["service"] in ("imap", "pop3"):
                lines[match["session"], match["verb"].split()[0]] += 1
            elif not self.near(entry, match["user"], match["session"]) and match["verb"] == "save":
                yield f"no delivery is told of: {entry.message[:160]}"
            elif match["verb"] == "expunge" and all(r["time"] != text_time(entry.time) for r in self.records):
                yield f"nothing is told of: {entry.message[:160]}"
        for session in sorted({session for session, _ in lines if session}):
            yield from self.session(session, lines)

    def session(self, session, lines):
        """One session of Dovecot's."""
        moves = self.counted(MOVES, session=session, rule="dovecot.mail.copy")
        expunged = self.counted({"message.expunged"}, session=session)
        copied = self.counted({"message.copied"}, session=session, rule="dovecot.mail.copy")
        saved = self.counted({"message.saved"}, session=session)
        yield from balance(f"session {session}: expunge", lines[session, "expunge"], expunged + moves)
        yield from balance(f"session {session}: copy", lines[session, "copy"], copied + moves)
        yield from balance(f"session {session}: save", lines[session, "save"], saved)

    def cyrus(self):
        """Expunges and appends of each session; moves take one of each."""
        lines = collections.Counter()
        for entry in self.genuine:
            match = CYRUS.match(entry.message) if entry.identifier.startswith("cyrus/") else None
            if match and not OTHER_BOX.search(match["box"]):
                lines[match["session"], match["verb"], entry.identifier.split("/")[1]] += 1
        for (session, verb, service), count in sorted(lines.items()):
            moves = self.counted(MOVES, session=session, rule="cyrus.append")
            if verb == "expunge":
                expunged = self.counted({"message.expunged"}, session=session) + self.purged(session)
                yield from balance(f"session {session} ({service}): expunge", count, expunged + moves)
            elif service in ("imap", "imaps"):
                kept = self.counted({"message.saved", "message.copied"}, session=session)
                yield from balance(f"session {session}: append", count, kept + moves)

    def purged(self, session):
        """What the records of a session by the server's retention tell of; they do not name it."""
        own = [r for r in self.records if r["kind"].startswith("purge.") and session in self.sessions(r)]
        return sum(len(r.get("uids", [1])) for r in own)

    def sessions(self, record):
        own = [re.search(r"sessionid=<([^>]+)>", entry.message) for entry in self.by_time[record["time"]]]
        return {match[1] for match in own if match}

    def postfix(self):
        """What Postfix gave to a local agent. Not asked: commands of aliases and other pipes, which are no mailbox; and
        what Cyrus has already (dupelim)."""
        for entry in self.genuine:
            is_agent = re.fullmatch(r"postfix/(?:lmtp|pipe|local|virtual)", entry.identifier)
            match = POSTFIX.match(entry.message) if is_agent else None
            if not match or "queued as" in match["reply"] or NO_MAILBOX.match(match["reply"]):
                continue
            session = re.search(r"SESSIONID=<([^>]+)>", match["reply"])
            if session and any("dupl" in self.texts[n] or "dupelim" in self.texts[n] for n in self.words[session[1]]):
                continue
            if not self.near(entry, match["to"], match["queue"]):
                yield f"Postfix delivered, nothing is told: {entry.message[:200]}"

    def exim(self):
        """What Exim delivered to a mailbox."""
        for entry in self.genuine:
            match = EXIM.search(entry.message) if entry.identifier == "exim" else None
            if not match or not LOCAL_TRANSPORT.match(match["transport"] or ""):
                continue
            if not self.near(entry, match["original"] or match["final"], match["queue"]):
                yield f"Exim delivered, nothing is told: {entry.message[:200]}"

    def near(self, entry, recipient, key):
        """The delivery events of a line: of its moment, session or queue id, else of its recipient within a second."""
        local, time = plain(re.split(r"[+@]", recipient.strip('"'))[0]), entry.time
        found = [
            r for r in self.deliveries if r["_time"] == time or key and key in (r.get("queue_id"), r.get("session"))
        ]
        close = [r for r in self.deliveries if abs(r["_time"] - time) <= SECOND]
        return found or [r for r in close if stands(local, plain(f"{r.get('mailbox')} {r.get('recipient')}"))]


def process(entry):
    return entry.get("_PID") or entry.get("SYSLOG_PID")


def is_genuine(entry, known):
    """Whether an entry may be a daemon's: an ordinary user's is not, but the delivery agent's; nor is logger(1)'s."""
    uid = entry.get("_UID")
    return not entry.get("_EXE").endswith("/logger") and (not uid or int(uid) < 1000 or uid in known)


def balance(what, lines, events):
    if lines != events:
        yield f"{what}: {lines} lines, {events} events"
