"""The journals that are tried: the labs and cases, where they are at hand, and the project's own captures."""

import datetime
import glob
import os
import re

from export_format import Entry, read
from subjects import read_truth

HERE = os.path.dirname(os.path.abspath(__file__))


class Scenario:
    """One journal, and how it is replayed."""

    def __init__(self, name, entries, truth, default_domain, path=None, settings=()):
        self.name, self.entries, self.truth, self.default_domain = name, entries, truth, default_domain
        self.path, self.settings = path, {"mailboxes.default-domain": default_domain} | dict(settings)

    def tree(self, replayer):
        return (
            replayer.tree_of_text(self.path, self.settings) if self.path else replayer.tree(self.entries, self.settings)
        )

    @property
    def stack(self):
        """Whose folders these are."""
        identifiers = {entry.identifier.split("/")[0] for entry in self.entries}
        return next((name for name in ("cyrus", "dovecot") if name in identifiers), "exim")


def labs(shared):
    """The captures of the labs below the shared directory."""
    for path in sorted(glob.glob(os.path.join(shared, "labs", "*", "*", "journal.export.gz"))):
        folder = os.path.dirname(path)
        with open(os.path.join(folder, "default-domain"), encoding="utf-8") as file:
            domain = file.read().strip()
        yield Scenario(
            os.path.relpath(folder, os.path.join(shared, "labs")),
            read(path),
            read_truth(os.path.join(folder, "truth.jsonl")),
            domain,
        )


def captures():
    """The project's own journals of real daemons, and the sample. They are excerpts: what would prove from whom their
    entries come is not in all of them."""
    paths = sorted(glob.glob(os.path.join(HERE, "..", "Captures", "real-*.export")))
    for path in paths + [os.path.join(HERE, "..", "Samples", "sample.export")]:
        name, settings = os.path.basename(path).removesuffix(".export"), {"rules.trusted-senders": "false"}
        yield Scenario(name, read(path), [], "example.org", settings=settings)


LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\S+) (?P<host>\S+) (?P<identifier>[\w./-]+)(?:\[(?P<pid>\d+)\])?: (?P<text>.*)"
)


def cases(shared):
    """The small cases: journals, and text logs whose lines have whole times."""
    for path in sorted(glob.glob(os.path.join(shared, "cases", "**", "expected.txt"), recursive=True)):
        folder = os.path.dirname(path)
        with open(path, encoding="utf-8") as file:
            rows = [row.strip() for row in file]
        if any(row.startswith("run:") and row.split()[1] not in ("replay", "command") for row in rows):
            continue
        settings = dict(row[4:].strip().split("=", 1) for row in rows if row.startswith("set:"))
        name, domain = os.path.relpath(folder, shared), settings.pop("mailboxes.default-domain", "default.example")
        export, log = os.path.join(folder, "lines.export"), os.path.join(folder, "lines.log")
        if os.path.exists(export):
            yield Scenario(name, read(export), [], domain, settings=settings)
        elif entries := text_log(log):
            yield Scenario(name, entries, [], domain, log, settings)


def text_log(path):
    """The entries of a text log, or none if a line of it has another form."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        lines = file.read().splitlines()
    entries = []
    for line in filter(None, lines):
        match = LINE.fullmatch(line)
        if not match:
            return []
        moment = datetime.datetime.fromisoformat(match["time"].replace("Z", "+00:00"))
        time = round(moment.timestamp() * 1_000_000)
        fields = {
            "__REALTIME_TIMESTAMP": str(time),
            "SYSLOG_IDENTIFIER": match["identifier"],
            "SYSLOG_PID": match["pid"] or "",
            "MESSAGE": match["text"],
        }
        entries.append(
            Entry([(key, value.encode("utf-8", "surrogateescape")) for key, value in fields.items()])
        )
    return entries
