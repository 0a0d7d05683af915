"""Lines by strangers, shuffled into a journal: they must change nothing in what is there.

Strangers fail to log in, are refused with names that say what other lines say, and send mail under Message-IDs that
others use (dialogues.py). What comes of it may lie in _unknown, in a neighbour's file, or be their own message's
delivery; all other records stay, to the byte.
"""

import random

from dialogues import Dialogues
from stretch import microseconds
from weave import parted, woven


class Strangers(Dialogues):
    """Their entries in one journal, drawn by a seed."""

    def __init__(self, scenario, records, seed):
        self.random = random.Random(seed)
        self.entries = scenario.entries
        owners = sorted({r["mailbox"] for r in records if not r["file"].startswith("_") and "mailbox" in r})
        self.victims = owners or ["ann@example.org"]
        self.domain = self.victims[0].partition("@")[2]
        self.neighbour = f"neighbour@{self.domain}"
        self.uses = sorted({use for record in records if (use := used_id(record))})
        self.models = {entry.identifier: entry for entry in reversed(scenario.entries)}
        deliveries = [e.message for e in scenario.entries if e.message.startswith("Delivered: ")]
        self.has_virtual_domains = not deliveries or "!" in deliveries[0]
        self.number, self.moment, self.ip = 0, 0, ""
        self.added, self.theirs = [], set()

    def draw(self, share):
        """Entries of strangers, as many as that share of the journal's."""
        wanted = max(8, int(len(self.entries) * share))
        for _ in range(wanted * 4):
            if len(self.added) >= wanted:
                break
            self.number += 1
            self.moment = self.random.choice(self.entries).time + self.random.randrange(1, 900)
            self.ip = f"203.0.113.{100 + self.number % 100}"
            self.random.choice(self.all())()
        return self.added

    def say(self, identifier, text, pid=None):
        """One line, if the journal has that daemon: with the fields of that daemon's entries."""
        model = self.models.get(identifier)
        if not model:
            return
        self.moment += self.random.randrange(50, 900)
        process = {"_PID": str(pid), "SYSLOG_PID": str(pid)} if pid else {}
        self.added.append(model.moved(self.moment).replaced({"MESSAGE": text} | process))

    @property
    def pid(self):
        return 3_000_000 + 10 * self.number

    def hostile(self):
        """A name that a stranger types."""
        victim = self.random.choice(self.victims)
        names = ["nosuch", f"nosuch{self.number}@{self.domain}", f"{victim} x", f"x=> {victim}"]
        names += [f"x> to=<{victim}>, status=sent", f"x, sasl_username={victim}", f"x@y A=dovecot_login:{victim}"]
        names += [f"x>, method=PLAIN, rip=192.0.2.1, session=<{victim}"]
        names += [f"x)<1><s>: expunge: box=INBOX, uid=1, user={victim}"]
        return self.random.choice(names)

    def aimed(self):
        """A Message-ID in use, with the moment at about that use, and a recipient: that message's, or the neighbour."""
        if not self.uses:
            return "<none@stranger.example>", self.neighbour
        message_id, time, owner = self.random.choice(self.uses)
        self.moment = time + self.random.randrange(-900_000, 900_000)
        return message_id, owner if owner and self.number % 2 else self.neighbour


def used_id(record):
    """The Message-ID of a record, when it was used, and who got that message into the inbox, or the empty text."""
    if record.get("message_id", "<>") == "<>" or "mailbox" not in record:
        return None
    is_delivery = record["kind"] == "delivery.stored" and record.get("folder", "INBOX") == "INBOX"
    return record["message_id"], microseconds(record["time"]), record["mailbox"] if is_delivery else ""


def with_strangers(scenario, replayer, seed, share=0.05):
    """What strangers change that they must not, and the tree."""
    before = replayer.tree(scenario.entries, scenario.settings)
    strangers = Strangers(scenario, before, seed)
    after = replayer.tree(woven(scenario.entries, strangers.draw(share)), scenario.settings)
    changed = [(w, record) for w, record in parted(before, after) if w == "missing" or not is_theirs(record, strangers)]
    return changed, after


def is_theirs(record, strangers):
    """Whether a record may be there only with the strangers."""
    own = record.get("queue_id") in strangers.theirs or record.get("session") in strangers.theirs
    return own or record["file"] == "_unknown" or record.get("mailbox") == strangers.neighbour
