"""The audit trees that a replay makes of journals, read again."""

import collections
import itertools
import json
import os

from export_format import append_journal, export
from processes import run


class Replayer:
    """Makes trees of journals with one program, in a directory of its own."""

    def __init__(self, binary, directory):
        self.binary = os.path.abspath(binary)
        self.directory = directory
        self.count = itertools.count()

    def tree(self, entries, settings):
        """The records of the tree that a replay of the entries makes, each with `file`, its mailbox's directory."""
        place = self.place()
        journal = os.path.join(place, "x.journal")
        append_journal(journal, export(entries))
        records = self.replay(place, ["--file", journal], settings)
        os.remove(journal)
        return records

    def tree_of_text(self, path, settings):
        """The records of the tree of a text log."""
        return self.replay(self.place(), ["--syslog-file", path], settings)

    def text(self, content):
        """A file with that content."""
        path = os.path.join(self.place(), "x.log")
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(content)
        return path

    def place(self):
        place = os.path.join(self.directory, str(next(self.count)))
        os.makedirs(place)
        return place

    def replay(self, place, source, settings):
        config, tree = os.path.join(place, "mailtrail.yaml"), os.path.join(place, "tree")
        open(config, "w").close()
        options = [("audit.level", "1"), ("audit.time-zone", "UTC")]
        for key, value in settings.items():
            options.append((key, value if isinstance(value, str) else self.list_file(place, key, value)))
        command = [self.binary, "replay", "--config", config, *source, "--output-dir", tree]
        run(command + [word for key, value in options for word in ("--set", f"{key}={value}")])
        return read_tree(tree)

    def list_file(self, place, key, lines):
        """A setting that names a file of lines."""
        path = os.path.join(place, key.replace(".", "-"))
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)
        return f"[{path}]"


def read_tree(tree):
    """All records below a directory, in the order of their times."""
    records = []
    for folder, _, names in os.walk(tree):
        for name in sorted(names):
            if not name.startswith("AUDIT-"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                records += [json.loads(line) | {"file": os.path.relpath(folder, tree)} for line in file if line.strip()]
    return sorted((r for r in records if not r["kind"].startswith("bridge.")), key=lambda r: r["time"])


def doubled_ids(records):
    """The ids that more than one record bears."""
    return [ident for ident, count in collections.Counter(r["id"] for r in records).items() if count > 1]


def delivery_agents(entries):
    """The users' ids under which Dovecot's own delivery agent runs."""
    return {entry.get("_UID") for entry in entries if entry.get("_EXE").startswith("/usr/lib/dovecot/")}
