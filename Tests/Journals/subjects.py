"""What a journal names: accounts, addresses, domains, folders and Message-IDs, and in whose lines they stand."""

import collections
import json
import re

from places import alone, kinds_at

LOCAL = r"[A-Za-z0-9][A-Za-z0-9._-]*"
EXTENSION = r"\+[A-Za-z0-9._-]+"
DOMAIN = r"(?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*"
ADDRESS = re.compile(
    rf"(?<![\w.+%/-])({LOCAL})(?:{EXTENSION})*@({DOMAIN})(?![\w-]|\.\w)"
    rf"|(?<=/SOGo/so/|SOGo/dav/)({LOCAL})@({DOMAIN})(?![\w-]|\.\w)"
)
MESSAGE_ID = re.compile(
    r"(?:\bid\*?=|mid=<|[Mm]essage-?[Ii][Dd][:=] ?<|msgid=<|Delivered: <|(?:check|process)ing message <"
    r"|sieve [a-z ]+: <| id <|Message <|\bid: <)"
    r"([^<>\s]+@[^<>\s,]+)"
)
# Daemons make these themselves, from the process or the queue id; tables may read them.
WEBMAIL = re.compile(r"[0-9a-f]{32}@")
MADE_BY_DAEMON = re.compile(r"cmu-sieve-|dovecot-\d|dovecot-sieve-|E1[0-9a-zA-Z]{5}-|\d{14}\.[0-9A-Za-z]+@")
# Names that mean something to a daemon or a table.
RESERVED = {"cyrus", "root", "nobody", "postmaster", "mailer-daemon", "www-data", "debian-exim", "vmail"}
# Folders that mean something by their name keep it.
SPECIAL = {
    "personal",
    "inbox",
    "trash",
    "junk",
    "sent",
    "drafts",
    "archive",
    "spam",
    "#sieve",
    "deleted messages",
    "sent items",
    "shared",
}


class Subjects:
    """Everything in a journal that gets another name."""

    def __init__(self, entries, truth, records, default_domain):
        self.default_domain = default_domain
        self.message_ids, self.domains, self.folders = set(), set(), set()
        self.places = collections.defaultdict(set)  # (local, domain) -> kinds of names its daemons allow
        self.aliased = set()  # local parts that Exim prints behind an alias
        self.extended = set()  # accounts that get mail with a +extension
        self.owners = set()  # accounts with a file of their own
        self.bare = set()  # user names that stand without their domain
        self.read_truth(truth)
        self.read_records(records, entries)
        for entry in entries:
            self.read_ids(entry)
        for entry in entries:
            self.read_addresses(entry)
        for name in self.bare:
            self.places[name, default_domain].add("system")
        self.same_users()
        if default_domain:
            self.domains.add(default_domain)

    def same_users(self):
        """Accounts whose local part is that of a user without a domain are the same person: their kinds are common."""
        for local, domain in self.places:
            if local in self.bare:
                self.places[local, domain].add("system")

    def read_truth(self, truth):
        for row in truth:
            detail, mailbox = row.get("detail") or {}, row.get("mailbox") or ""
            for ident in (detail.get("message_id"), detail.get("in_reply_to")):
                if isinstance(ident, str):
                    self.message_ids.add(ident.strip("<>"))
            if re.fullmatch(LOCAL, mailbox) and mailbox not in RESERVED:
                self.bare.add(mailbox)

    def read_records(self, records, entries):
        maybe_bare = set()
        for record in records:
            if record.get("message_id"):
                self.message_ids.add(record["message_id"].strip("<>"))
            for key in ("folder", "to_folder"):
                if record.get(key) and not record[key].startswith("/"):
                    self.folders.update(re.split(r"[/.]", record[key]))
            local, _, domain = record.get("mailbox", "").rpartition("@")
            if not record["file"].startswith("_"):
                self.owners.add((local, domain))
            if domain == self.default_domain and re.fullmatch(LOCAL, local) and local not in RESERVED:
                maybe_bare.add(local)

        for entry in entries:
            self.bare |= maybe_bare & alone(entry.identifier, entry.message)

    def read_ids(self, entry):
        self.message_ids.update(MESSAGE_ID.findall(entry.message))

    def read_addresses(self, entry):
        identifier, text = entry.identifier, entry.message
        if identifier.startswith(("systemd", "notifyd")):
            return
        for ident in re.findall(rf"[^\s<>]+@{DOMAIN}", text):
            if ident in self.message_ids:
                text = text.replace(ident, "")
        for match in ADDRESS.finditer(text):
            local, domain = (match[1] or match[3]).lower(), (match[2] or match[4]).lower()
            self.domains.add(domain)
            if local in RESERVED:
                continue
            self.places[local, domain].add(kinds_at(identifier, text, match.start()))
            if "+" in match[0]:
                self.extended.add((local, domain))
        for local, original in re.findall(rf"[=-]> ({LOCAL}) <({LOCAL})@", text) if identifier == "exim" else ():
            if local != original:
                self.aliased.add(local)


def read_truth(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
