"""Journals in the format of `journalctl -o export`, and the audit trees that a replay makes of them."""

import collections
import gzip
import itertools
import json
import os
import struct
import subprocess

REMOTE = next(
    (
        path
        for path in ("/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote")
        if os.path.exists(path)
    ),
    None,
)


class Failed(Exception):
    """Something could not be run."""


class Entry:
    """One entry: its fields in their order, the values as bytes. `pieces`: the entries that it was put together of."""

    def __init__(self, fields, pieces=None):
        self.fields, self.pieces = fields, pieces

    def get(self, name):
        """The first value of a field as text (bytes that are not UTF-8 survive as surrogates), or the empty text."""
        return next((value.decode("utf-8", "surrogateescape") for key, value in self.fields if key == name), "")

    def replaced(self, values):
        """A copy in which the fields that `values` names have the values of it."""
        return Entry(
            [
                (key, values[key].encode("utf-8", "surrogateescape") if key in values else value)
                for key, value in self.fields
            ],
            self.pieces,
        )

    @property
    def time(self):
        """Microseconds since 1970."""
        return int(self.get("__REALTIME_TIMESTAMP"))

    @property
    def message(self):
        return self.get("MESSAGE")

    @property
    def identifier(self):
        return self.get("SYSLOG_IDENTIFIER")

    def moved(self, time):
        """A copy at another time: the monotonic clock goes with the other one."""
        monotonic = int(self.get("__MONOTONIC_TIMESTAMP")) + time - self.time
        values = {"__REALTIME_TIMESTAMP": str(time), "__MONOTONIC_TIMESTAMP": str(monotonic)}
        source = self.get("_SOURCE_REALTIME_TIMESTAMP")
        if source:
            values["_SOURCE_REALTIME_TIMESTAMP"] = str(int(source) + time - self.time)
        return self.replaced(values)


def read(path):
    """The entries of an export file, compressed or not."""
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        data = file.read()
    entries, fields, position = [], [], 0
    while position < len(data):
        end = data.find(b"\n", position)
        if end < 0:
            end = len(data)
        line = data[position:end]
        position = end + 1
        if line and b"=" not in line:
            (size,) = struct.unpack("<Q", data[position : position + 8])
            fields.append((line.decode(), data[position + 8 : position + 8 + size]))
            position += 8 + size + 1
        elif line:
            key, value = line.split(b"=", 1)
            fields.append((key.decode(), value))
        elif fields:
            entries.append(Entry(fields))
            fields = []
    return entries + ([Entry(fields)] if fields else [])


def export(entries):
    """The text that `read` reads. The cursors are left out: journald makes its own."""
    parts = []
    for entry in entries:
        for key, value in entry.fields:
            if key == "__CURSOR":
                continue
            if b"\n" in value or any(byte < 32 and byte != 9 for byte in value):
                parts.append(key.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n")
            else:
                parts.append(key.encode() + b"=" + value + b"\n")
        parts.append(b"\n")
    return b"".join(parts)


def make_journal(entries, path):
    """Writes a journal file."""
    if os.path.exists(path):
        os.remove(path)
    made = subprocess.run([REMOTE, "--output=" + path, "-"], input=export(entries), capture_output=True)
    if made.returncode:
        raise Failed("systemd-journal-remote: " + made.stderr.decode(errors="replace"))


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
        make_journal(entries, journal)
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
        run = subprocess.run(
            command + [word for key, value in options for word in ("--set", f"{key}={value}")],
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        if run.returncode:
            raise Failed(f"replay ended with status {run.returncode}: {run.stderr.decode(errors='replace')}")
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
