"""Two sets of records against each other."""

import collections
import json
import re
import unicodedata
import urllib.parse

# Not compared: ids are hashes of the lines.
LEFT_OUT = {"id", "prev", "level"}
TEXTS = ("reason", "relay", "status", "change", "script", "client", "scope", "subject", "session")
# Printed as the line has them: compared without needless quotes, in one case. The mailbox is canonical already.
ADDRESSES = ("sender", "recipient", "actor_name")


def plain(address):
    """An address without quotes that it does not need, in one case and one Unicode form."""
    local, at, domain = address.rpartition("@")
    if len(local) > 1 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return unicodedata.normalize("NFC", (local + at + domain).lower())


def normal(record):
    """A record as it is compared."""
    out = {key: value for key, value in record.items() if key not in LEFT_OUT}
    for key in ADDRESSES:
        if key in out:
            out[key] = plain(out[key])
    # A longer Message-ID is cut by Dovecot's mail_log (80 bytes), and which line an event has it from is not told.
    if "message_id" in out:
        out["message_id"] = out["message_id"][:75]
    if "recipients" in out:
        out["recipients"] = sorted(map(plain, out["recipients"]))
    out["file"] = whose(record)
    return out


def whose(record):
    """The kind of file that a record lies in: `own` is that of its mailbox."""
    file = record["file"]
    if file.startswith("_"):
        return file
    names = [urllib.parse.unquote(part) for part in file.split("/")]
    own = f"{names[-1]}@{names[0]}" == record.get("mailbox") or len(file) > 200
    return "own" if own else file


def differences(expected, found, around=6):
    """Readable lines about records of one set that the other lacks; the nearest ones are shown side by side."""
    left = collections.Counter(json.dumps(r, sort_keys=True, ensure_ascii=False) for r in expected)
    right = collections.Counter(json.dumps(r, sort_keys=True, ensure_ascii=False) for r in found)
    missing = [json.loads(text) for text in (left - right).elements()]
    extra = [json.loads(text) for text in (right - left).elements()]
    lines = []
    for record in missing:
        mate = min(extra, key=lambda other: distance(record, other), default=None)
        if mate is not None and distance(record, mate) <= around:
            extra.remove(mate)
            lines.append(Difference(record, mate))
        else:
            lines.append(Difference(record, None))
    return lines + [Difference(None, record) for record in extra]


def distance(one, other):
    """How unlike two records are: 100 unless they tell of the same moment."""
    if one["time"] != other["time"] or one["rule"] != other["rule"] and one["kind"] != other["kind"]:
        return 100
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())


class Difference:
    """One record that is expected, found, or both but not alike."""

    def __init__(self, expected, found):
        self.expected, self.found = expected, found

    @property
    def keys(self):
        if not self.expected or not self.found:
            return []
        return sorted(k for k in self.expected.keys() | self.found.keys() if self.expected.get(k) != self.found.get(k))

    def __str__(self):
        record = self.expected or self.found
        head = f"{record['time']} {record['kind']} ({record['rule']})"
        if not self.found:
            return f"missing   {head} {told(record)}"
        if not self.expected:
            return f"unasked   {head} {told(record)}"
        lines = [f"different {head} of {record.get('mailbox')}"]
        for key in self.keys:
            lines.append(f"            {key}: expected {self.expected.get(key)!r}")
            lines.append(f"            {' ' * len(key)}  found    {self.found.get(key)!r}")
        return "\n".join(lines)


def told(record):
    return " ".join(
        f"{key}={value}" for key, value in record.items() if key not in ("time", "kind", "rule", "host", "daemon")
    )
