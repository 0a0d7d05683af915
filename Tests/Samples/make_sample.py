#!/usr/bin/env python3
"""Writes sample.export: one evening of a mail server, in the format of `journalctl -o export`.

usage: Tests/Samples/make_sample.py >Tests/Samples/sample.export

Everything in it is invented: names of RFC 2606, addresses of RFC 5737. The lines have the forms of Dovecot 2.3 and
Postfix 3.7 as Debian 12 logs them, of Roundcube 1.6 and of shadow 4.13; the fields are those that journald adds
(systemd.journal-fields(7)). The output is the same at each run.
"""

import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../Helpers"))
from export_format import entry_text  # noqa: E402

# 2026-03-03 17:00:00 UTC, a Tuesday evening.
START = 1772557200_000000
BOOT = "7b1d0c6a5e4f43218a9b0c1d2e3f4a5b"
MACHINE = "4c5d6e7f8091a2b3c4d5e6f708192a3b"
SEQUENCE = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
BOOTED = 3600_000000

ANN, BOB = "ann@example.org", "bob@example.org"
HOME, TRAIN, OFFICE = "192.0.2.7", "192.0.2.81", "192.0.2.20"
STRANGER = "203.0.113.66"
PEER = "mx.example.com[198.51.100.20]"
LISTED = "198.51.100.99"


class Journal:
    """The entries so far, and the clock."""

    def __init__(self):
        self.entries = []
        self.time = START

    def at(self, clock):
        """Moves to a time of the evening, as 18:05:00 (UTC)."""
        hours, minutes, seconds = map(int, clock.split(":"))
        moment = START + ((hours - 17) * 3600 + minutes * 60 + seconds) * 1_000000
        assert moment > self.time, clock
        self.time = moment

    def add(self, identifier, message, pid, uid, command, executable, unit, slice_):
        self.time += 7_311
        number = len(self.entries) + 1
        monotonic = self.time - START + BOOTED
        content = hashlib.sha256(f"{number} {identifier} {message}".encode()).hexdigest()[:16]
        cursor = f"s={SEQUENCE};i={number:x};b={BOOT};m={monotonic:x};t={self.time:x};x={content}"
        fields = [
            ("__CURSOR", cursor), ("__REALTIME_TIMESTAMP", self.time), ("__MONOTONIC_TIMESTAMP", monotonic),
            ("_BOOT_ID", BOOT), ("_MACHINE_ID", MACHINE), ("_HOSTNAME", "mx"), ("_TRANSPORT", "syslog"),
            ("PRIORITY", 6), ("SYSLOG_FACILITY", 2), ("SYSLOG_IDENTIFIER", identifier), ("_PID", pid),
            ("_UID", uid), ("_GID", uid), ("_COMM", command), ("_EXE", executable), ("_SYSTEMD_UNIT", unit),
            ("_SYSTEMD_SLICE", slice_), ("MESSAGE", message),
        ]
        self.entries.append(entry_text(fields))

    def dovecot(self, message):
        self.add("dovecot", message, 611, 0, "log", "/usr/lib/dovecot/log", "dovecot.service", "system.slice")

    def postfix(self, program, message, service=None, pid=None):
        pids = {"smtpd": 2101, "cleanup": 2102, "qmgr": 702, "smtp": 2104, "lmtp": 2105, "pickup": 2106}
        self.add(
            f"postfix/{service}/{program}" if service else f"postfix/{program}", message, pid or pids[program], 105,
            program, "/usr/lib/postfix/sbin/" + ("smtp" if program == "lmtp" else program), "postfix@-.service",
            "system-postfix.slice")

    def roundcube(self, session, message):
        self.add(
            "roundcube", f"<{session[:8]}> {message}", 903, 33, "php-fpm8.2", "/usr/sbin/php-fpm8.2",
            "php8.2-fpm.service", "system.slice")

    def root(self, program, message, pid):
        self.add(program, message, pid, 0, program, f"/usr/sbin/{program}", "session-4.scope", "user-0.slice")


def log_in(journal, user, ip, session, pid, method="PLAIN"):
    journal.dovecot(
        f"imap-login: Login: user=<{user}>, method={method}, rip={ip}, lip=192.0.2.1, mpid={pid}, TLS, "
        f"session=<{session}>")


def log_out(journal, user, session, pid, sizes="in=1204 out=9377"):
    journal.dovecot(
        f"imap({user})<{pid}><{session}>: Disconnected: Logged out {sizes} deleted=0 expunged=0 trashed=0 "
        "hdr_count=3 hdr_bytes=1102 body_count=1 body_bytes=845")


def mail(journal, user, session, pid, what, folder, uid, message_id, size):
    journal.dovecot(
        f"imap({user})<{pid}><{session}>: {what}: box={folder}, uid={uid}, msgid=<{message_id}>, size={size}")


def receive(journal, queue_id, sender, recipient, message_id, size, peer=PEER):
    """Postfix takes a message from another server; the delivery follows."""
    journal.postfix("smtpd", f"connect from {peer}")
    journal.postfix("smtpd", f"{queue_id}: client={peer}")
    journal.postfix("cleanup", f"{queue_id}: message-id=<{message_id}>")
    journal.postfix("qmgr", f"{queue_id}: from=<{sender}>, size={size}, nrcpt=1 (queue active)")
    journal.postfix("smtpd", f"disconnect from {peer} ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5")


def deliver(journal, queue_id, recipient, message_id, size, folder, uid, session):
    """Dovecot's LMTP server stores the message, Postfix says so."""
    speaker = f"lmtp({recipient})<2210><{session}>"
    journal.dovecot("lmtp(2210): Connect from local")
    journal.dovecot(f"{speaker}: save: box={folder}, uid={uid}, msgid=<{message_id}>, size={size}")
    journal.dovecot(f"{speaker}: sieve: msgid=<{message_id}>: stored mail into mailbox '{folder}'")
    handed_over(journal, queue_id, recipient, session)


def handed_over(journal, queue_id, recipient, session):
    journal.postfix(
        "lmtp",
        f"{queue_id}: to=<{recipient}>, relay=mx.example.org[private/dovecot-lmtp], delay=0.11, "
        f"delays=0.08/0/0.01/0.02, dsn=2.0.0, status=sent (250 2.0.0 <{recipient}> {session} Saved)")
    journal.postfix("qmgr", f"{queue_id}: removed")


def submit(journal, queue_id, user, ip, message_id, size, recipients=1, pid=2301):
    journal.postfix("smtpd", f"connect from unknown[{ip}]", "submission", pid)
    journal.postfix(
        "smtpd", f"{queue_id}: client=unknown[{ip}], sasl_method=PLAIN, sasl_username={user}", "submission", pid)
    journal.postfix("cleanup", f"{queue_id}: message-id=<{message_id}>")
    journal.postfix("qmgr", f"{queue_id}: from=<{user}>, size={size}, nrcpt={recipients} (queue active)")


def hang_up(journal, ip, pid=2301):
    journal.postfix(
        "smtpd", f"disconnect from unknown[{ip}] ehlo=2 starttls=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=8",
        "submission", pid)


def relayed(journal, queue_id, recipient, status, dsn, words):
    journal.postfix(
        "smtp",
        f"{queue_id}: to=<{recipient}>, relay=mx.example.com[198.51.100.20]:25, delay=0.6, delays=0.05/0/0.3/0.25, "
        f"dsn={dsn}, status={status} ({words})")


def evening(journal):
    # A system account is made, which is a mailbox too.
    journal.at("17:02:10")
    journal.root("useradd", "new group: name=carol, GID=1003", 1851)
    journal.root(
        "useradd", "new user: name=carol, UID=1003, GID=1003, home=/home/carol, shell=/bin/bash, from=/dev/pts/0", 1851)

    # Ann reads her mail at home: moves, deletes, empties.
    journal.at("18:05:12")
    log_in(journal, ANN, HOME, "AnnHome1", 2001)
    journal.at("18:06:01")
    speaker = f"imap({ANN})<2001><AnnHome1>"
    journal.dovecot(f"{speaker}: Mailbox created: Projects")
    journal.at("18:06:20")
    mail(journal, ANN, "AnnHome1", 2001, "copy from INBOX", "Projects", 1, "plan-7@example.com", 5120)
    mail(journal, ANN, "AnnHome1", 2001, "expunge", "INBOX", 311, "plan-7@example.com", 5120)
    journal.at("18:07:03")
    mail(journal, ANN, "AnnHome1", 2001, "copy from INBOX", "Trash", 18, "offer-2@example.com", 20480)
    mail(journal, ANN, "AnnHome1", 2001, "expunge", "INBOX", 312, "offer-2@example.com", 20480)
    journal.at("18:07:40")
    mail(journal, ANN, "AnnHome1", 2001, "delete", "INBOX", 309, "news-44@example.net", 8801)
    journal.at("18:08:02")
    mail(journal, ANN, "AnnHome1", 2001, "expunge", "INBOX", 309, "news-44@example.net", 8801)

    # She sends a message: one recipient takes it, the other is not known there.
    journal.at("18:12:30")
    submit(journal, "4C9AA176A00", ANN, HOME, "lunch-1@example.org", 1417, recipients=2)
    hang_up(journal, HOME)
    relayed(journal, "4C9AA176A00", "dora@example.com", "sent", "2.0.0", "250 2.0.0 Ok: queued as C03727CB80")
    relayed(
        journal, "4C9AA176A00", "dorra@example.com", "bounced", "5.1.1",
        "host mx.example.com[198.51.100.20] said: 550 5.1.1 <dorra@example.com>: User unknown (in reply to RCPT TO "
        "command)")
    journal.postfix("qmgr", "4C9AA176A00: removed")
    journal.at("18:12:32")
    mail(journal, ANN, "AnnHome1", 2001, "save", "Sent", 77, "lunch-1@example.org", 1388)

    # The answer comes, and after it spam, which the filter puts where it belongs.
    journal.at("18:20:44")
    receive(journal, "2281C177DA1", "dora@example.com", ANN, "re-lunch-1@example.com", 2210)
    deliver(journal, "2281C177DA1", ANN, "re-lunch-1@example.com", 2391, "INBOX", 313, "LmtpA1:T4:R2")
    journal.at("18:24:09")
    receive(journal, "2B5F0177DA4", "win@example.net", ANN, "prize@example.net", 901)
    deliver(journal, "2B5F0177DA4", ANN, "prize@example.net", 1102, "Junk", 41, "LmtpA2:T4:R2")
    journal.at("18:30:55")
    log_out(journal, ANN, "AnnHome1", 2001)

    # A sender whose server is on a block list is refused.
    journal.at("18:41:17")
    journal.postfix("smtpd", f"connect from unknown[{LISTED}]")
    journal.postfix(
        "smtpd",
        f"NOQUEUE: reject: RCPT from unknown[{LISTED}]: 554 5.7.1 Service unavailable; Client host [{LISTED}] blocked "
        f"using bl.example.net; from=<deal@example.net> to=<{ANN}> proto=ESMTP helo=<deal.example.net>")
    journal.postfix("smtpd", f"disconnect from unknown[{LISTED}] ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4")

    # Somebody guesses her password, eight times.
    journal.at("18:52:00")
    for attempt in range(8):
        journal.time += 11_000000
        session = f"Guess{attempt}"
        journal.dovecot(f"auth: passwd-file({ANN},{STRANGER},<{session}>): Password mismatch")
        journal.time += 2_000000
        journal.dovecot(
            f"imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<{ANN}>, "
            f"method=PLAIN, rip={STRANGER}, lip=192.0.2.1, TLS, session=<{session}>")
    # And names that are no mailbox here.
    for name in ("admin", "root", "test"):
        journal.time += 3_000000
        journal.dovecot(f"auth: passwd-file({name}@example.org,{STRANGER},<No{name}>): unknown user")
        journal.time += 2_000000
        journal.dovecot(
            f"imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<{name}@example.org>, "
            f"method=PLAIN, rip={STRANGER}, lip=192.0.2.1, TLS, session=<No{name}>")

    # An ordinary user of the machine forges a login: the identifier is Dovecot's, the rest is not.
    journal.at("19:01:30")
    journal.add(
        "dovecot", f"imap-login: Login: user=<{ANN}>, method=PLAIN, rip=203.0.113.1, lip=192.0.2.1, mpid=9, TLS, "
        "session=<Forged>", 2700, 1002, "logger", "/usr/bin/logger", "session-9.scope", "user-1002.slice")

    # She changes her password in webmail, whose IMAP login comes from the web server.
    journal.at("19:10:05")
    log_in(journal, ANN, "127.0.0.1", "AnnWeb1", 2011)
    journal.roundcube(
        "q7lasrnqih82alnh", f"Successful login for {ANN} (ID: 1) from {TRAIN} in session q7lasrnqih82alnh")
    log_out(journal, ANN, "AnnWeb1", 2011, "in=82 out=809")
    journal.at("19:11:48")
    journal.roundcube("q7lasrnqih82alnh", f"Password changed for user {ANN} (ID: 1) from {TRAIN}")
    # And sends a message to Bob, who has a filter that forwards it.
    journal.at("19:14:20")
    journal.postfix("smtpd", "connect from localhost[127.0.0.1]", "submission", 2302)
    journal.postfix(
        "smtpd", f"5D3F7176024: client=localhost[127.0.0.1], sasl_method=LOGIN, sasl_username={ANN}", "submission",
        2302)
    journal.postfix("cleanup", "5D3F7176024: message-id=<350a996bbbb06b55@example.org>")
    journal.postfix("qmgr", f"5D3F7176024: from=<{ANN}>, size=563, nrcpt=1 (queue active)")
    journal.roundcube(
        "q7lasrnqih82alnh",
        f"User {ANN} [{TRAIN}]; Message <350a996bbbb06b55@example.org> for {BOB}; 250: 2.0.0 Ok: queued as 5D3F7176024")
    journal.postfix(
        "smtpd", "disconnect from localhost[127.0.0.1] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6",
        "submission", 2302)
    journal.postfix("pickup", f"6E4A8176025: uid=5000 from=<{ANN}>")
    journal.postfix("cleanup", "6E4A8176025: message-id=<350a996bbbb06b55@example.org>")
    journal.dovecot(
        f"lmtp({BOB})<2210><LmtpB1:T4:R2>: sieve: msgid=<350a996bbbb06b55@example.org>: redirect action: forwarded to "
        "<bob@example.com>")
    handed_over(journal, "5D3F7176024", BOB, "LmtpB1:T4:R2")
    journal.postfix("qmgr", f"6E4A8176025: from=<{ANN}>, size=809, nrcpt=1 (queue active)")
    relayed(journal, "6E4A8176025", "bob@example.com", "sent", "2.0.0", "250 2.0.0 Ok: queued as C0313C0DD9")
    journal.postfix("qmgr", "6E4A8176025: removed")

    # Bob works late; the retention of his Junk runs when he logs in.
    journal.at("19:30:00")
    log_in(journal, BOB, OFFICE, "BobWork1", 2021)
    mail(journal, BOB, "BobWork1", 2021, "autoexpunge", "Junk", 3, "old-1@example.net", 4020)
    mail(journal, BOB, "BobWork1", 2021, "autoexpunge", "Junk", 4, "old-2@example.net", 3911)
    journal.at("19:33:10")
    submit(journal, "7F1B9176030", BOB, OFFICE, "minutes-3@example.org", 30511, pid=2303)
    hang_up(journal, OFFICE, 2303)
    deliver(journal, "7F1B9176030", ANN, "minutes-3@example.org", 30702, "INBOX", 314, "LmtpA3:T4:R2")
    log_out(journal, BOB, "BobWork1", 2021)

    # Ann's mailbox is full.
    journal.at("20:02:41")
    receive(journal, "8A2C0177DB1", "photos@example.com", ANN, "holiday@example.com", 25000123)
    journal.dovecot(
        f"lmtp({ANN})<2210><LmtpA4:T4:R2>: sieve: msgid=<holiday@example.com>: failed to store into mailbox 'INBOX': "
        "Quota exceeded (mailbox for user is full)")
    journal.postfix(
        "lmtp",
        f"8A2C0177DB1: to=<{ANN}>, relay=mx.example.org[private/dovecot-lmtp], delay=0.9, delays=0.8/0/0.01/0.09, "
        f"dsn=5.2.2, status=bounced (host mx.example.org[private/dovecot-lmtp] said: 552 5.2.2 <{ANN}> Quota exceeded "
        "(mailbox for user is full) (in reply to end of DATA command))")
    journal.postfix("qmgr", "8A2C0177DB1: removed")

    # She makes room from her telephone.
    journal.at("20:15:26")
    log_in(journal, ANN, TRAIN, "AnnTrain1", 2031)
    for uid, message_id in ((17, "old-17@example.com"), (18, "offer-2@example.com")):
        mail(journal, ANN, "AnnTrain1", 2031, "expunge", "Trash", uid, message_id, 20480)
    journal.dovecot(f"imap({ANN})<2031><AnnTrain1>: Mailbox deleted: Old")
    journal.at("20:16:40")
    log_out(journal, ANN, "AnnTrain1", 2031)


def main():
    journal = Journal()
    evening(journal)
    sys.stdout.buffer.write(b"".join(journal.entries))


if __name__ == "__main__":
    main()
