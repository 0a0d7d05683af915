"""Renamed journals: the tree of a journal with other names must be the tree with other names."""

import re

from compare import differences
from records import Records
from rename import Renamer
from subjects import Subjects


class Relabelling:
    """One journal under one seed."""

    def __init__(self, scenario, replayer, seed, default_domain=None):
        self.scenario, self.replayer = scenario, replayer
        first = replayer.tree(scenario.entries, scenario.settings)
        subjects = Subjects(scenario.entries, scenario.truth, first, scenario.default_domain)
        self.renamer = Renamer(subjects, seed, scenario.stack, default_domain)
        plus = [(account, name) for account, name in self.renamer.names.items() if name.kind == "plus"]
        # An account with a plus is one that the administrator names: its address is not folded from the first line on.
        self.known = sorted(f"{local}@{domain}" for (local, domain), _ in plus)
        self.renamed_known = sorted(name.canonical for _, name in plus)
        self.original = self.tree(scenario.entries, scenario.default_domain, self.known) if plus else first
        self.entries = self.renamer.journal(scenario.entries)
        self.found = self.tree(self.entries, self.renamed_domain, self.renamed_known)

    @property
    def renamed_domain(self):
        return self.renamer.domains.get(self.scenario.default_domain, self.scenario.default_domain)

    def tree(self, entries, domain, known):
        settings = self.scenario.settings | {"mailboxes.default-domain": domain}
        return self.replayer.tree(entries, settings | ({"mailboxes.known": known} if known else {}))

    def differences(self):
        records = Records(self.renamer)
        expected, found = records.expected(self.original), records.found(self.found)
        return [d for d in differences(expected, found) if not self.is_allowed(d)]

    def is_allowed(self, difference):
        """What cannot be equal, with the reason.

        - recipients of a record that Exim cut every 870 bytes: the cuts are elsewhere when the names are longer.
        """
        return difference.keys == ["recipients"] and difference.expected.get("queue_id") in self.cut_records()

    def cut_records(self):
        """Queue ids in Exim's records that stand in several entries."""
        return {
            match[1]
            for entry in self.scenario.entries
            if (match := re.match(r"\[1/\d+\] \S+ \S+ (?:\[\d+\] )?(\w+-\w+-\w+) ", entry.message))
        }
