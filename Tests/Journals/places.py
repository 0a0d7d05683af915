"""Where names stand in the daemons' lines."""

import re


def behind(*texts):
    """An expression for the place behind one of the texts."""
    return "|".join(f"(?<={re.escape(text)})" for text in texts)


LOGINS = [f"{auth}(" for auth in ("pam", "passwd-file", "passwd", "imap", "pop3", "lmtp", "lda")]
TOOLS = [
    "name=",
    "user '",
    "user name '",
    "for '",
    "to '",
    "group '",
    "owned by '",
    "/home/",
    "changed for ",
    "expiry for ",
]
EXIM = ["=> ", "-> ", "U=", "/home/", "/var/vmail/", "_id=", "login_server:", "plain_server:", "_login:", "_plain:"]
CYRUS = ["] ", "(", "userid=<", "USAGE ", "user '", "User ", "acl=<", "\t"]
# In front of a user name that stands without a domain, by identifier.
BARE = [
    (r"dovecot|auth", behind("user=", "user=<", "ruser=", *LOGINS)),
    (r"useradd|userdel|usermod|groupadd|chpasswd|passwd|chage|chfn|chsh", behind(*TOOLS)),
    (r"exim", behind(*EXIM)),
    (r"imapd|pop3d", behind("user=")),
    (r"authdaemond", behind("user=", "account ")),
    (r"spamd", behind(" for ", ",user=", "user: '", "setuid to ", "/home/")),
    (r"smtpd", behind(" user=")),
    (r"saslauthd", behind("[user=")),
    (r"cyrus/.*", behind(*CYRUS)),
    (r"postfix/.*", behind("sasl_username=") + r"|(?<=<)(?=[\w.-]+>)"),
]
CHANGES = [f"Mailbox {what}: " for what in ("created", "deleted", "renamed")]
DOVECOT = behind("box=", "copy from ", " -> ", "mailbox '", "mail to ", 'mailbox":"', *CHANGES)
# In front of and behind a folder, by identifier; Dovecot cuts at the number of bytes.
FOLDER = {
    "dovecot": (DOVECOT, r"(?=, uid=|: box=|$|'|\"| -> )", 64),
    "purge": (behind("box="), r"(?=, uid=)", 64),
    "doveadm": (behind("box="), r"(?=, uid=)", 64),
    "imapd": (behind("old_name=./."), r"(?=/(?:cur|new)/)", None),
    "pop3d": (behind("filename=."), r"(?=/(?:cur|new)/)", None),
    "exim": (behind("/Maildir/."), r"(?=/ <)", None),
}
# Where a user name without its domain shows that users here have none.
ALONE = re.compile(
    r"(?:\buser=<?|ruser=|name=|user '|\bA=\w+:|_id=|\bU=|\[user=|changed for |account "
    r"|^login: (?:\S+ )?\[[^\]]+\] |(?<!!)\buser\.)"
    r"([A-Za-z0-9][A-Za-z0-9_-]*(?:[.^][A-Za-z0-9_-]+)*)(?=[\s,')>\]]|$)"
)


def alone(identifier, text):
    """The user names that stand without a domain in a line."""
    if identifier.startswith(("systemd", "notifyd")):
        return set()
    return {name.replace("^", ".") for name in ALONE.findall(text)}


def kinds_at(identifier, text, start):
    """Which list of kinds holds for the name that begins at `start`."""
    front = text[:start]
    if identifier == "dovecot" and front.endswith("lda("):
        return "dovecot-lda"
    if identifier == "dovecot" and re.search(r"\w\($|user=<$|file\($|user\":\"$", front):
        return "dovecot"
    if identifier.startswith("postfix/pipe") and re.search(r": to=<$", front):
        return "dovecot-lda"
    if identifier == "smtpd" and not identifier.startswith("postfix"):
        return "opensmtpd-login" if front.endswith("user=") else "opensmtpd"
    if identifier in ("imapd", "pop3d", "authdaemond"):
        return "courier"
    if identifier.startswith("exim"):
        return "system" if re.match(r"\S+ U=\S+ P=local", text[start:]) and front.endswith("<= ") else "exim"
    if identifier in ("cyrus/lmtp", "cyrus/lmtpunix", "postfix/lmtp") and "cyrus" in text:
        return "cyrus"
    if identifier.startswith("cyrus/") or identifier in ("sogod", "saslauthd"):
        return "cyrus-login"
    if identifier in ("fetchmail", "getmail") and "isp" in text[start : start + 40]:
        return "fetch"
    return "postfix" if identifier.startswith(("postfix", "rspamd", "roundcube", "amavis", "purge")) else "mail"
