"""Gives everything that a journal names another name, each printed as its daemon prints it."""

import re

import exim
from names import COMMON, KINDS_OF, Maker, Name
from printing import cyrus_mailbox, in_json, sanitized, spelled
import printing
from places import BARE, FOLDER
from subjects import DOMAIN, EXTENSION, LOCAL, MADE_BY_DAEMON, SPECIAL, WEBMAIL

FOLDER_KINDS = {
    "dovecot": {"plain", "blank", "utf8", "ampersand", "dot", "comma", "quote", "bracket", "equals"},
    # Cyrus refuses " < > ; % and \ in names.
    "cyrus": {"plain", "blank", "utf8", "ampersand", "dot", "comma", "quote", "bracket", "equals"},
    "exim": {"plain", "blank", "utf8", "comma", "quote", "bracket", "equals"},
}


class Renamer:
    """A map of names, drawn by a seed, and what a journal and its records become by it."""

    def __init__(self, subjects, seed, stack, default_domain=None):
        self.subjects, self.stack = subjects, stack
        self.maker = Maker(seed)
        self.names, self.domains, self.folders = {}, {}, {}
        self.draw_domains(default_domain)
        self.message_ids = {ident: self.message_id(ident) for ident in sorted(subjects.message_ids)}
        self.draw_names()
        for folder in sorted(subjects.folders):
            self.folders[folder] = (
                folder if folder.lower() in SPECIAL or not folder else self.maker.folder(FOLDER_KINDS[stack])
            )
        self.scanners = {}

    def draw_domains(self, default_domain):
        kinds = ["plain", "below", "prefix", "hyphens", "digits", "long", "plain"]
        if self.stack == "dovecot":
            kinds.append("utf8")
        for number, domain in enumerate(sorted(self.subjects.domains)):
            fixed = default_domain if domain == self.subjects.default_domain else None
            kind = (
                "plain"
                if domain == self.subjects.default_domain
                else kinds[(number + self.maker.random.randrange(2)) % len(kinds)]
            )
            self.domains[domain] = fixed or self.maker.fresh(
                lambda: self.maker.domain(kind, sorted(self.domains.values()))
            )

    def message_id(self, ident):
        if MADE_BY_DAEMON.match(ident):
            return ident
        if not WEBMAIL.match(ident):
            return self.maker.message_id()
        domain = ident.partition("@")[2]
        return f"{self.maker.random.getrandbits(128):032x}@{self.domains.get(domain, domain)}"

    def kinds(self, account):
        """The kinds of names that this account may get."""
        places = self.subjects.places[account] or {"mail"}
        kinds = set.intersection(*(KINDS_OF[place] for place in places))
        if account in self.subjects.extended or account not in self.subjects.owners:
            kinds -= {"plus"}
        if account in self.subjects.owners:
            kinds -= {"hostile"}
        if account[0] in self.subjects.aliased:
            kinds &= KINDS_OF["exim-bare"]
        return sorted(kinds or COMMON)

    def draw_names(self):
        """Names for all accounts: those with a trail of their own have all kinds that they may have in turn."""
        accounts = sorted(self.subjects.places)
        self.maker.random.shuffle(accounts)
        turn = self.maker.random.randrange(20)
        for account in sorted(
            accounts, key=lambda account: (account in self.subjects.owners, "plus" in self.kinds(account))
        ):
            kinds = self.kinds(account)
            rare = [kind for kind in kinds if kind not in COMMON]
            turn += 1
            if account in self.subjects.owners and rare:
                kind = rare[turn % len(rare)]
            else:
                kind = self.maker.random.choice(rare if rare and turn % 2 else kinds)
            self.names[account] = self.draw(account, kind)

    def draw(self, account, kind):
        domain = self.domains[account[1]]
        twin = next((name for (local, _), name in self.names.items() if local == account[0]), None)
        if account[0] in self.subjects.bare and twin:
            return Name(twin.local, domain, twin.kind)
        fitting = [
            (a, name) for a, name in self.names.items() if name.kind in self.kinds(account) and name.kind != "plus"
        ]
        mates = [name for (_, other), name in fitting if other == account[1]]
        others = [
            name for (local, other), name in fitting if other != account[1] and local not in self.subjects.aliased
        ]
        taken = {name.canonical for name in self.names.values()}
        if kind == "plus" and mates:
            base = self.maker.random.choice(mates)
            name = Name(f"{base.local}+{self.maker.word()}", domain, kind)
            if name.canonical not in taken:
                return name
        if kind == "same" and others:
            twin = self.maker.random.choice(others)
            name = Name(twin.local, domain, twin.kind)
            if name.canonical not in taken:
                return name
        if kind == "prefix" and mates:
            mate = self.maker.random.choice(mates)
            return Name(self.maker.fresh(lambda: self.maker.neighbour(mate.local)), domain, mate.kind)
        if kind in ("plus", "same", "prefix"):
            kind = "plain"
        return Name(self.maker.fresh(lambda: self.maker.local(kind)), domain, kind)

    # The journal.

    def journal(self, entries):
        """The renamed entries."""
        return exim.split(self.entry(entry) for entry in exim.joined(entries))

    def entry(self, entry):
        values = {}
        if entry.identifier and not entry.identifier.startswith(("systemd", "notifyd")):
            values["MESSAGE"] = self.message(entry.identifier, entry.message)
        host = entry.get("_HOSTNAME")
        if host in self.domains:
            values["_HOSTNAME"] = self.domains[host]
        return entry.replaced(values)

    def message(self, identifier, text):
        scanner = self.scanner(identifier)
        return scanner.sub(lambda match: self.replacement(identifier, text, match), text)

    def scanner(self, identifier):
        """The expression that finds what is renamed in one daemon's lines."""
        if identifier not in self.scanners:
            self.scanners[identifier] = re.compile("|".join(self.parts(identifier)))
        return self.scanners[identifier]

    def parts(self, identifier):
        domains = "|".join(sorted(map(re.escape, self.domains), key=len, reverse=True))
        ids = "|".join(sorted(map(re.escape, filter(None, self.message_ids)), key=len, reverse=True))
        if ids:
            yield rf"(?P<id>{ids})(?P<idend>>?)"
        if identifier.startswith("cyrus/"):
            yield (
                rf"(?:(?P<cd>{domains})!)?(?P<gone>DELETED\.)?\buser\.(?P<cl>[^.>\s:]+)"
                r"(?P<cf>(?:\.[^>]*?)?)(?P<hex>\.[0-9A-F]{8})?"
                r"(?=>| -> | to mailbox|$|: Logins| version \d)"
            )
        folder = FOLDER.get(identifier)
        if folder and self.folders:
            names = "|".join(sorted(map(re.escape, filter(None, self.folders)), key=len, reverse=True))
            yield rf"(?:{folder[0]})(?P<folder>(?:{names})(?:[/.](?:{names}))*){folder[1]}"
        yield rf"(?<![\w.+%-])(?P<al>{LOCAL})(?P<ax>(?:{EXTENSION})*)@(?P<ad>(?i:{domains}))(?![\w-]|\.\w)"
        if identifier == "exim":
            yield rf"(?<=/var/vmail/)(?P<pd>{domains})/(?P<pl>{LOCAL})(?=/)"
        bare = "|".join(sorted(map(re.escape, self.bare_names()), key=len, reverse=True))
        front = next((front for who, front in BARE if re.fullmatch(who, identifier)), None)
        if front and bare:
            yield rf"(?:{front})(?P<bare>{bare})(?P<bx>(?:{EXTENSION})?)(?![\w.@+-])"
        yield rf"(?<![\w.@-])(?P<domain>(?i:{domains}))(?![\w@-]|\.\w)"

    def bare_names(self):
        return {local for local, _ in self.names}

    def replacement(self, identifier, text, match):
        """What stands instead of one match."""
        found, front = match.groupdict(), text[: match.start()]
        if found.get("id"):
            return self.printed_id(identifier, front, found["id"], found["idend"])
        if found.get("cl"):
            return self.cyrus(found)
        if found.get("folder"):
            return self.folder(identifier, front, found["folder"])
        if found.get("al"):
            name = self.names.get((found["al"].lower(), found["ad"].lower()))
            if not name:
                return found["al"] + found["ax"] + "@" + self.domains[found["ad"].lower()]
            return spelled(identifier, front, name.local + found["ax"], name.domain)
        if found.get("pd"):
            name = self.names.get((found["pl"], found["pd"]))
            return f"{self.domains[found['pd']]}/{name.local if name else found['pl']}"
        if found.get("bare"):
            return self.bare(identifier, text, match)
        return self.domains[found["domain"].lower()]

    def printed_id(self, identifier, front, ident, end):
        """A Message-ID; `end` is the bracket behind it, which Dovecot's mail_log cuts off with the rest."""
        new = self.message_ids[ident]
        if end and re.search(r", msgid=<$", front):
            return sanitized(f"<{new}>", 80)[1:]
        return (printing.exim(new) if identifier == "exim" else new) + end

    def cyrus(self, found):
        domain = found["cd"] or self.subjects.default_domain
        name = self.names.get((found["cl"].replace("^", ".").lower(), domain))
        folders = [self.folders.get(part.replace("^", "."), part) for part in found["cf"].split(".")[1:]]
        local = name.canonical.rpartition("@")[0] if name else found["cl"]
        return cyrus_mailbox(local, self.domains[found["cd"]] if found["cd"] else "", folders, found["gone"]) + (
            found["hex"] or ""
        )

    def folder(self, identifier, front, path):
        parts = re.split(r"([/.])", path) if path not in self.folders else [path]
        new = "".join(self.folders.get(part, part) for part in parts)
        if front.endswith('":"'):
            return in_json(new)
        limit = FOLDER[identifier][2]
        return sanitized(new, limit) if limit and front.endswith("box=") else new

    def bare(self, identifier, text, match):
        """A user name without its domain: the domain is that of the address beside it, else the default one."""
        local, front, behind = match["bare"], text[: match.start()], text[match.end() :]
        domain = self.subjects.default_domain
        if identifier == "exim":
            original = re.match(rf" <[^<>]*@({DOMAIN})>", behind)
            candidates = [original[1]] if original else []
            candidates += [domain] + sorted({d for l, d in self.names if l == local})
            domain = next((d for d in candidates if (local, d) in self.names), domain)
            name = self.names.get((local, domain))
            if name and front.endswith("> "):
                return name.local.lower() + match["bx"]
        realm = re.search(r"\[realm=([^\]]+)\]", behind)
        if identifier == "saslauthd" and realm:
            domain = realm[1]
        name = self.names.get((local, domain))
        return spelled(identifier, front, name.local + match["bx"], "") if name else match[0]
