"""Reads names in lines as a careful person does: with every daemon's way of writing undone."""

import base64
import re
import unicodedata
import urllib.parse


def plain(text):
    """A line, folded, with the escapes of Exim, vis(3), modified UTF-7, URLs and quotes undone."""
    text = re.sub(r"(?:\\[0-7]{3})+", lambda match: from_octal(match[0]), text)
    text = re.sub(r"(?:\\M[-^].)+", lambda match: from_vis(match[0]), text)
    text = re.sub(r"&([A-Za-z0-9+,]*)-", lambda match: from_utf7(match[1]), text)
    if "%" in text:
        text += " " + urllib.parse.unquote(text)
    text = re.sub(r"\\(.)", r"\1", text)
    return unicodedata.normalize("NFC", text.lower())


def from_octal(text):
    data = bytes(int(digits, 8) & 255 for digits in re.findall(r"\\([0-7]{3})", text))
    return data.decode("utf-8", "replace")


def from_vis(text):
    letters = re.findall(r"\\M([-^])(.)", text)
    return bytes((ord(letter) ^ (64 if mark == "^" else 0)) | 0x80 for mark, letter in letters).decode(
        "utf-8", "replace"
    )


def from_utf7(coded):
    if not coded:
        return "&"
    try:
        return base64.b64decode(coded.replace(",", "/") + "=" * (-len(coded) % 4)).decode("utf-16-be")
    except (ValueError, UnicodeDecodeError):
        return f"&{coded}-"


def stands(local, text):
    """Whether a local part stands in a text as a whole; Cyrus writes `^` for a dot in it."""
    name = re.escape(local).replace(r"\.", "[.^]")
    return re.search(rf"(?<!\w){name}(?!\w)", text) is not None
