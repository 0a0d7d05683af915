"""Talks to the real daemons of a test machine as a hostile stranger does, and as an insider with a mailbox of his own.

Runs inside the machine of Tests/Long/system/run, beside actions.py:

  attack.py SERVER     no trail may have a line afterwards that its owner did not cause

Nobody logs in as ann, writes to her or touches her mailbox meanwhile: her trail must stay as it is. Whatever is told of
made-up names must be nobody's, and no mailbox may come into being.
"""

import base64
import glob
import imaplib
import json
import os
import poplib
import smtplib
import socket
import subprocess
import sys
import time

import actions

TOLERATED = "/root/tolerated"
VICTIM = actions.ANN
FALSE_IP = "203.0.113.99"

# What a daemon would write of the victim, to stand where a stranger's text goes.
SENDERS = [
    f'x."> A=plain:{VICTIM} rejected RCPT <b@c.example>: too many y"@listed.example',
    f'x."a H=pc.example.org (pc) [{FALSE_IP}]:40123 P=esmtpsa X=TLS1.3 CV=no A=plain:{VICTIM} S=1401 id=q"@example.com',
    f'"x>, relay=local, delay=1, dsn=2.0.0, status=sent <{VICTIM}"@example.com',
    f'"a sasl_username={VICTIM}, b"@example.com',
]
RECIPIENTS = [
    f'"x>: Recipient address rejected: rate limit exceeded for {VICTIM}: y"@elsewhere.example',
    f'"x> => ann <{VICTIM}> R=local_user T=maildir_home y"@elsewhere.example',
    f'"x> F=<{VICTIM}>: host is blacklisted y"@elsewhere.example',
    f'"x>: from=<{VICTIM}>, status=bounced y"@elsewhere.example',
]
MESSAGE_IDS = [
    f'"x)<1><S>: save: box=INBOX, uid=1, msgid=, size=1"@e.example',
    f'"x: save failed to INBOX: Quota exceeded"@e.example',
    f'"x from=<{VICTIM}>, size=1, nrcpt=1 (queue active)"@e.example',
    f'"x A=plain:{VICTIM} S=1 for y"@e.example',
]
SUBJECTS = [f'T="a" A=plain:{VICTIM} S=1 for joe@example.net', f'x" from <{VICTIM}> for {VICTIM}']
NAMES = [
    f"{VICTIM}>, method=PLAIN, rip={FALSE_IP}, lip=192.0.2.25, TLS, session=<x",
    f"x) [{FALSE_IP}]: 535 Incorrect authentication data (set_id={VICTIM}",
    f"x, ip=[{FALSE_IP}], port=[1]: Login, user={VICTIM}",
    f"x, {FALSE_IP}, <S>): Password mismatch: login user={VICTIM}",
]
HELOS = [f"x) [{FALSE_IP}]:1 P=esmtpa A=plain:{VICTIM} S=1 (y", f"[{FALSE_IP}]: SASL PLAIN: sasl_username={VICTIM}"]
FOLDERS = [
    "A: delete: box=INBOX, uid=1, msgid=<x>, size=1",
    f"B)<1><S>: expunge: box=INBOX ({VICTIM})",
    "C: Mailbox renamed: D -> E",
]


def dialogue(*commands):
    """Says each command to the SMTP server, whatever it answers."""
    def talk():
        with socket.create_connection((actions.SERVER, 25), timeout=30) as connection:
            stream = connection.makefile("rwb")
            stream.readline()
            for command in commands:
                stream.write(command.encode() + b"\r\n")
                stream.flush()
                while (line := stream.readline()) and line[3:4] == b"-":
                    pass
                if not line:
                    break
    actions.patiently(talk)


def strangers():
    for helo in HELOS:
        dialogue("EHLO " + helo, "MAIL FROM:<s@example.com>", "RCPT TO:<nobody@elsewhere.example>", "QUIT")
    for sender in SENDERS:
        dialogue("EHLO mx.example.com", f"MAIL FROM:<{sender}>", "RCPT TO:<nobody@elsewhere.example>",
                 "RCPT TO:<bob@example.org>", "RSET", "QUIT")
    for recipient in RECIPIENTS:
        dialogue("EHLO mx.example.com", "MAIL FROM:<s@example.com>", f"RCPT TO:<{recipient}>", "QUIT")
    for name in NAMES:
        token = base64.b64encode(b"\0" + name.encode() + b"\0wrong").decode()
        dialogue("EHLO mx.example.com", "AUTH PLAIN " + token, "QUIT")
        for guess in (guess_imap, guess_pop3):
            guess(name)


def guess_imap(name):
    client = actions.patiently(lambda: imaplib.IMAP4(actions.SERVER, timeout=30))
    try:
        client.login('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"', "wrong")
    except imaplib.IMAP4.error:
        pass
    client.shutdown()


def guess_pop3(name):
    client = actions.patiently(lambda: poplib.POP3(actions.SERVER, timeout=30))
    try:
        client.user(name)
        client.pass_("wrong")
    except poplib.error_proto:
        pass
    client.close()


def messages():
    """Mail to the insider, whose trail may say so; each line of the header is the stranger's."""
    for sender, message_id, subject in zip(SENDERS, MESSAGE_IDS, SUBJECTS * 2):
        dialogue("EHLO mx.example.com", f"MAIL FROM:<{sender}>", "RCPT TO:<bob@example.org>", "DATA",
                 f"Message-ID: <{message_id}>\r\nSubject: {subject}\r\nFrom: x@example.com\r\n\r\nhello\r\n.", "QUIT")


def insider():
    """Whoever has a mailbox: another's address as the sender, and folders that are called like log lines."""
    def send():
        with smtplib.SMTP(actions.SERVER, 587, timeout=30) as client:
            client.login("bob", actions.password("bob"))
            client.sendmail(VICTIM, [actions.BOB], f"Message-ID: <{MESSAGE_IDS[2]}>\r\n\r\nhello\r\n")
    try:
        actions.patiently(send)
    except smtplib.SMTPException:
        pass  # Not every server lets him.
    client = actions.imap("bob")
    for folder in FOLDERS:
        name = '"' + folder + '"'
        if client.create(name)[0] == "OK":
            client.append(name, "", None, b"Message-ID: <" + MESSAGE_IDS[0].encode() + b">\r\n\r\nhello\r\n")
            client.delete(name)
    client.logout()
    report()


def report():
    """A user of the machine, even one whose uid is trusted, reports in a script's name."""
    as_bob = ["runuser", "-u", "bob", "--"]
    line = 'account.deleted {"mailbox":"%s","caller":"root"}' % VICTIM
    subprocess.run([*as_bob, "logger", "-t", "mailtrail-record", line], check=True)
    if subprocess.run([*as_bob, "mailtrail", "record", "account.deleted", VICTIM], check=False,
                      stderr=subprocess.DEVNULL).returncode != 1:
        raise RuntimeError("mailtrail record took a report that is not root's")


def trails():
    """The records by the file that they are in."""
    found = {}
    for path in glob.glob(actions.TREE + "/**/AUDIT-*.log", recursive=True):
        with open(path, encoding="utf-8") as file:
            owner = os.path.dirname(os.path.relpath(path, actions.TREE))
            found.setdefault(owner, []).extend(json.loads(line) for line in file if line.endswith("\n"))
    return found


def settled():
    """The trails when what was done is read: the last message is there, and nothing comes for a while."""
    mark = actions.new_id()
    actions.receive("eve@example.com", actions.BOB, mark)
    deadline = time.monotonic() + 4 * actions.PATIENCE
    last, quiet_since = None, time.monotonic()
    while time.monotonic() < deadline:
        found = trails()
        count = sum(map(len, found.values()))
        if count != last:
            last, quiet_since = count, time.monotonic()
        there = any(record.get("message_id") == mark for record in found.get("example.org/bob", []))
        # Joins wait for ten seconds at the most.
        if there and time.monotonic() - quiet_since > 12:
            return found
        time.sleep(0.2)
    raise SystemExit("the trails do not come to rest")


def main():
    before = settled()
    known = {record["id"] for records in before.values() for record in records}
    strangers()
    messages()
    insider()
    after = settled()
    new = {owner: [record for record in records if record["id"] not in known] for owner, records in after.items()}
    wrong = [f"in the victim's trail: {record}" for record in new.get("example.org/ann", [])]
    wrong += [f"a mailbox that nobody has: {owner}" for owner in new
              if new[owner] and owner not in ("example.org/ann", "example.org/bob", "_unknown", "_bridge")]
    wrong += [f"the stranger's address: {record}" for record in new.get("example.org/bob", [])
              if record.get("ip") == FALSE_IP]
    for text in wrong[:40]:
        print("  WRONG:", text)
    with open(TOLERATED, "a", encoding="utf-8") as file:
        for record in (record for records in new.values() for record in records):
            print(record["id"], file=file)
    counts = ", ".join(f"{owner} {len(records)}" for owner, records in sorted(new.items()) if records)
    print(f"  told of the attack: {counts or 'nothing'}")
    return not wrong


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
