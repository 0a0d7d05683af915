"""The format of `journalctl -o export`: reading it, writing it, and making journal files of it."""

import gzip
import os
import re
import struct
import subprocess
import sys

from processes import Failed

REMOTE = next(
    (
        path
        for path in ("/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote")
        if os.path.exists(path)
    ),
    None,
)

# What a value may not have in it, besides a line end, to be written as NAME=VALUE.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")


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


def parse(data):
    """The entries of export text."""
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


def read(path):
    """The entries of an export file, compressed or not."""
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        return parse(file.read())


def entry_text(fields):
    """The export text of one entry; values are text or numbers, bytes that are not UTF-8 as surrogates."""
    lines = [f"{name}={value}\n" for name, value in fields]
    text = "".join(lines)
    # All of them as lines, unless a value has a line end or the like in it.
    if text.count("\n") == len(lines) and not CONTROL.search(text):
        return (text + "\n").encode("utf-8", "surrogateescape")
    return b"".join(map(field_text, lines)) + b"\n"


def field_text(line):
    """One field, NAME=VALUE and a line end: with the value's length in front of it where a line does not do."""
    name, value = line[:-1].split("=", 1)
    data = value.encode("utf-8", "surrogateescape")
    if "\n" in value or CONTROL.search(value):
        return b"%b\n%b%b\n" % (name.encode(), struct.pack("<Q", len(data)), data)
    return b"%b=%b\n" % (name.encode(), data)


def export(entries):
    """The text that `parse` reads. The cursors are left out: journald makes its own."""
    return b"".join(
        entry_text([(name, value.decode("utf-8", "surrogateescape")) for name, value in entry.fields if name != "__CURSOR"])
        for entry in entries
    )


class JournalFile:
    """A journal file that is written entry by entry: systemd-journal-remote makes it of the entries' text."""

    def __init__(self, path):
        if not REMOTE:
            raise Failed("systemd-journal-remote is missing; install the package of that name")
        self.process = subprocess.Popen(
            [REMOTE, f"--output={path}", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )

    def write(self, text):
        self.process.stdin.write(text)

    def close(self):
        errors = self.process.communicate()[1]
        if self.process.returncode:
            raise Failed("systemd-journal-remote: " + errors.decode(errors="replace"))


def append_journal(path, text):
    """Appends entries to a journal file, which need not be there."""
    file = JournalFile(path)
    file.write(text)
    file.close()


if __name__ == "__main__":
    # export_format.py NAME=VALUE…: the text of one entry.
    sys.stdout.buffer.write(entry_text([word.split("=", 1) for word in sys.argv[1:]]))
