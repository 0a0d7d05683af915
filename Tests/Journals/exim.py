"""Exim's records over several entries: `[1/3] …` is cut at 870 bytes, `[1\\3] …` ends at a newline."""

import re

PIECE = re.compile(r"\[(\d+)([/\\])(\d+)\] ")
LONGEST = 870


def joined(entries):
    """The entries, the pieces of one record as one entry of `Record`; a piece without its mates stays as it is."""
    open_records, out = {}, []
    for entry in entries:
        match = PIECE.match(entry.message) if entry.identifier == "exim" else None
        if not match:
            out.append(entry)
            continue
        key = (entry.get("_PID"), entry.get("PRIORITY"), match[3])
        if match[1] == "1":
            open_records[key] = []
            out.append(open_records[key])
        if key not in open_records:
            out.append(entry)
        else:
            open_records[key].append(entry)
    for item in out:
        yield item if not isinstance(item, list) else whole(item)


def whole(pieces):
    """One entry with the text of all pieces; the first one's time and the rest's are kept in it."""
    text = ""
    for number, piece in enumerate(pieces):
        match = PIECE.match(piece.message)
        text += piece.message[match.end() :]
        if match[2] == "\\" and number + 1 < len(pieces):
            text += "\n"
    record = pieces[0].replaced({"MESSAGE": text})
    record.pieces = pieces
    return record


def split(entries):
    """The entries, records that are too long or have several lines in pieces again, in the order of their times."""
    out = []
    for entry in entries:
        data = entry.message.encode("utf-8", "surrogateescape")
        if entry.identifier != "exim" or not entry.pieces and len(data) <= LONGEST:
            out.append(entry)
            continue
        parts = []
        for line in data.split(b"\n"):
            cut = [line[i : i + LONGEST] for i in range(0, len(line), LONGEST)] or [b""]
            parts += [(piece, b"/") for piece in cut[:-1]] + [(cut[-1], b"\\")]
        parts[-1] = (parts[-1][0], b"/")
        mates = entry.pieces or [entry]
        for number, (text, mark) in enumerate(parts, 1):
            prefix = b"[%d%s%d] " % (number, mark, len(parts)) if len(parts) > 1 else b""
            mate = mates[min(number, len(mates)) - 1]
            later = max(0, number - len(mates))
            values = {
                "MESSAGE": (prefix + text).decode("utf-8", "surrogateescape"),
                "_HOSTNAME": entry.get("_HOSTNAME"),
            }
            out.append(mate.moved(mate.time + later).replaced(values))
    return sorted(out, key=lambda entry: entry.time)
