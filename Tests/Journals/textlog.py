"""The same lines by rsyslog into a text log: they must tell what they told in the journal.

rsyslog writes control characters as `#012` and whole times here (RFC 3339), and knows no uid and no unit: trust by them
is switched off in both.
"""

import re

from compare import differences, normal
from relabel import Relabelling
from stretch import text_time


def line(entry):
    """An entry as rsyslog's imjournal and RSYSLOG_FileFormat write it."""
    text = re.sub(r"[\x00-\x1f\x7f]", lambda match: f"#{ord(match[0]):03o}", entry.message)
    pid = entry.get("SYSLOG_PID") or entry.get("_PID")
    tag = f"{entry.identifier}[{pid}]" if pid else entry.identifier
    return f"{text_time(entry.time)[:-1]}+00:00 {entry.get('_HOSTNAME')} {tag}: {text}\n"


def by_rsyslog(scenario, replayer, seed):
    """What the text log of a renamed journal tells otherwise than the journal, and its tree."""
    renamed = Relabelling(scenario, replayer, seed)
    entries = [entry for entry in renamed.entries if is_sent_on(entry)]
    settings = {"mailboxes.default-domain": renamed.renamed_domain, "rules.trusted-senders": "false"}
    if renamed.renamed_known:
        settings["mailboxes.known"] = renamed.renamed_known
    found = replayer.tree_of_text(replayer.text("".join(map(line, entries))), settings)
    expected = replayer.tree(entries, settings)
    return differences(list(map(normal, expected)), list(map(normal, found))), found


def is_sent_on(entry):
    """Not what only the journal knows to be a daemon's: the output of a program in a unit of another name."""
    other_name = entry.get("_TRANSPORT") == "stdout" and entry.get("_COMM") not in (entry.identifier, "")
    return bool(entry.identifier) and not other_name
