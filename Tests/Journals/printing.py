"""How each daemon prints a name, by its sources.

Postfix   printable() makes `?` of controls and of what is not UTF-8; addresses in the external form, quoted where RFC
          5321 wants it (info_log_address_format, quote_822_local); sasl_username= as the client sent it, in warnings
          its first 100 bytes.
Dovecot   str_sanitize: controls become `?`, folders are cut at 64 bytes and header values at 80 (`...`), user names in
          auth's prefix at 64. User names are lower-cased (auth_username_format %Lu); folder names are UTF-8.
Exim      string_printing: octal for controls and what is not ASCII in A=, set_id=, T= and ACL warnings; addresses and
          C= raw.
          A line is cut every 870 bytes (write_syslog).
OpenSMTPD strnvis(VIS_WHITE|VIS_SAFE) for user= (smtp_session.c); addresses raw.
Cyrus     mailboxes by their internal name: DOMAIN!user.LOCAL.Folder, `^` for a dot, modified UTF-7; logins lower-cased.
Courier   raw; with `.` for what is not printable ASCII in LOGIN FAILED.
JSON      (Dovecot's stats lines) escaped as JSON; URLs (SOGo) with %XX.
"""

import base64
import json
import re
import urllib.parse

from names import is_atom


def external(local, domain):
    """An address as SMTP has it."""
    if is_atom(local):
        return f"{local}@{domain}"
    return '"' + re.sub(r'(["\\])', r"\\\1", local) + f'"@{domain}'


def exim(text):
    """Exim's string_printing, with print_topbitchars off."""
    named = {10: "\\n", 13: "\\r", 8: "\\b", 11: "\\v", 12: "\\f", 9: "\\t"}
    return "".join(
        chr(byte) if 32 <= byte < 127 else named.get(byte, f"\\{byte:03o}")
        for byte in text.encode("utf-8", "surrogateescape")
    )


def vis(text):
    """OpenBSD's strnvis(3) with VIS_WHITE and VIS_SAFE."""
    out = ""
    for byte in text.encode("utf-8", "surrogateescape"):
        low = byte & 0x7F
        if low == 32 or byte in (9, 10):
            out += f"\\{byte:03o}"
        elif byte == 92:
            out += "\\\\"
        elif 33 <= byte < 127 or byte in (7, 8, 13):
            out += chr(byte)
        else:
            out += (
                "\\"
                + ("M" if byte & 0x80 else "")
                + ("^" + chr(low ^ 64) if low < 32 or low == 127 else "-" + chr(low))
            )
    return out


def utf7(text):
    """IMAP's modified UTF-7 (RFC 3501, 5.1.3)."""

    def coded(match):
        if match[0] == "&":
            return "&-"
        packed = base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=")
        return "&" + packed.replace("/", ",") + "-"

    return re.sub(r"&|[^\x20-\x7e]+", coded, text)


def sanitized(text, limit):
    """Dovecot's str_sanitize."""
    data = re.sub(r"[\x00-\x1f\x7f]", "?", text).encode("utf-8", "surrogateescape")
    if len(data) <= limit:
        return data.decode("utf-8", "surrogateescape")
    return data[: limit - 3].decode("utf-8", "ignore") + "..."


def is_cut(text, limit):
    return len(text.encode("utf-8", "surrogateescape")) > limit


def url(text):
    return urllib.parse.quote(text, safe="@-_.!~*'()$+,:=")


def in_json(text):
    return json.dumps(text, ensure_ascii=False)[1:-1]


def cyrus_mailbox(local, domain, folders, deleted=False):
    """The internal name of a Cyrus mailbox; `domain` is empty for the default domain."""
    parts = [utf7(part).replace(".", "^") for part in [local] + folders]
    return (f"{domain}!" if domain else "") + ("DELETED." if deleted else "") + "user." + ".".join(parts)


# Where an account's login stands and how it is printed there: the identifier, what is in front, the form.
# Forms: typed (as the client sent it), folded (as the daemon knows it), cyrus, exim, vis, url. Anything else is an
# address in the external form.
LOGINS = [
    (re.compile(who), re.compile(f"(?:{front})$"), form)
    for who, front, form in [
        (r"dovecot|auth|purge|doveadm", r'\b[\w-]+\(|user=<|passwd-file\(|"user":"|ruser=|user=', "folded"),
        (r"postfix/.*", r"sasl_username=|not owned by user |exceeded for ", "typed"),
        (r"exim4?", r"A=[\w-]+:|\(set_id=|SpamAssassin as ", "exim"),
        (r"imapd|pop3d|imapd-ssl|pop3d-ssl", r"user=", "typed"),
        (r"authdaemond", r"user=|account ", "typed"),
        (r"spamd", r" for |,user=|user: '|setuid to ", "typed"),
        (r"smtpd", r"authentication user=", "vis"),
        (r"cyrus/.*", r"", "cyrus"),
        (r"sogod|nginx", r"/SOGo/(?:so|dav)/|[?&]User=", "url"),
        (r"sogod|nginx", r"", "folded"),
        (r"roundcube", r"login for |failed for |User |for user ", "folded"),
        (r"fetchmail|getmail", r" for | on |message |Retriever:|LOGIN \"", "typed"),
    ]
]
# auth's prefix, which cuts.
AUTH = re.compile(r"(?:passwd-file|passwd|pam|sql|ldap)\($")
# Where an address stands in text that Exim prints by string_printing.
EXIM_TEXT = re.compile(r'(?: T="(?:[^"\\]|\\.)*| Warning: .*)$')


def login_form(identifier, front):
    """The form of the login that stands behind `front`, or None where no login but an address stands."""
    return next((form for who, before, form in LOGINS if who.fullmatch(identifier) and before.search(front)), None)


def spelled(identifier, front, local, domain):
    """An account or address (as typed) as the daemon prints it behind `front`. Without a domain: a bare user name."""
    form = login_form(identifier, front)
    login = f"{local}@{domain}" if domain else local
    if form == "folded":
        login = login.lower()
    if form == "folded" and AUTH.search(front):
        return sanitized(login, 64)
    if form == "cyrus":
        return utf7(login.lower())
    if form == "folded" and front.endswith('":"'):
        return in_json(login)
    if form == "typed" and front.endswith("sasl_username=") and "failed" in front:
        return login.encode()[:100].decode("utf-8", "replace")
    if form in ("typed", "folded"):
        return login
    if form == "vis":
        return vis(login)
    if form == "url":
        return url(login.lower())
    if form == "exim":
        return exim(login)
    address = external(local, domain) if domain else local
    if identifier in ("dovecot", "purge", "doveadm") and front.endswith(", from="):
        return sanitized(address, 80)
    return exim(address) if identifier == "exim" and EXIM_TEXT.search(front) else address
