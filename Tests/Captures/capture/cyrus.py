"""Cyrus IMAP behind Postfix: what they write about what their clients do."""
import contextlib
import imaplib
import poplib
import time

from lab import MX, Sieve, capture, deliver, imap, imap_append, message, pop, run, until, wanted

ANN, BOB, DAN, PAT = "ann@example.org", "bob@example.org", "dan@example.org", "pat@example.org"
HOME, CAFE, BAD, DESK = "192.0.2.7", "192.0.2.8", "203.0.113.66", "192.0.2.40"
BIG = "A line of a big message.\n" * 1200
AT_HOME = {"service": "imap", "ip": HOME, "actor": "owner"}


def admin():
    return imap(DESK, "cyrus")


def prepare():
    client = admin()
    for user in ("ann", "bob", "dan", "pat"):
        client.create(f"user/{user}")
    client.logout()
    for user, folders in ((BOB, ("Trash", "Archive", "Lists", "Junk")), (PAT, ("Trash", "Junk", "Sent", "Lists"))):
        client = imap(DESK, user)
        for folder in folders:
            client.create(folder)
        client.logout()
    imap_append(DAN, "INBOX", message("d0", to=DAN, body=BIG))
    client = admin()
    client.setquota("user/dan", "(STORAGE 10)")
    client.logout()


def login():
    with capture("cyrus-login") as expect:
        if expect:
            imap(HOME, ANN).logout()
            expect("login.succeeded", ANN, outcome="success", **AT_HOME)
            expect("logout", ANN, service="imap", ip=HOME)
            time.sleep(1)
            pop(CAFE, BOB).quit()
            expect("login.succeeded", BOB, service="pop3", ip=CAFE)
            expect("logout", BOB, service="pop3", ip=CAFE)
            time.sleep(1)
            for user in (ANN, "nobody@example.org"):
                with contextlib.suppress(imaplib.IMAP4.error):
                    imap(BAD, user, "wrong")
                expect("login.failed", user, service="imap", ip=BAD, outcome="failure")
            with contextlib.suppress(poplib.error_proto):
                pop(BAD, BOB, "wrong")
            expect("login.failed", BOB, service="pop3", ip=BAD)
            time.sleep(1)
            deny = ("runuser", "-u", "cyrus", "--", "/usr/lib/cyrus/bin/cyr_deny")
            run(*deny, "-s", "imap", "-m", "account suspended", "dan")
            with contextlib.suppress(imaplib.IMAP4.error):
                imap(HOME, DAN)
            run(*deny, "-a", "dan")
            expect("login.denied", DAN, service="imap", ip=HOME, outcome="denied")


def folders():
    with capture("cyrus-folder") as expect:
        if expect:
            client = imap(HOME, ANN)
            expect("login.succeeded", ANN, **AT_HOME)
            client.create("Projects")
            expect("folder.created", ANN, folder="Projects", **AT_HOME)
            time.sleep(1.5)
            client.rename("Projects", '"Old projects"')
            expect("folder.renamed", ANN, folder="Projects", to_folder="Old projects", **AT_HOME)
            time.sleep(1.5)
            client.delete('"Old projects"')
            expect("folder.deleted", ANN, folder="Old projects", **AT_HOME)
            time.sleep(1.5)
            client.logout()
            expect("logout", ANN, service="imap", ip=HOME)


def messages():
    if wanted("cyrus-message"):
        for n in range(1, 5):
            imap_append(BOB, "INBOX", message(f"m{n}", to=BOB))
    with capture("cyrus-message") as expect:
        if expect:
            client = imap(HOME, BOB)
            expect("login.succeeded", BOB, **AT_HOME)
            client.select("INBOX")
            client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
            expect("message.deleted", BOB, folder="INBOX", uids=[1], **AT_HOME)
            client.expunge()
            expect("message.expunged", BOB, folder="INBOX", uids=[1], **AT_HOME)
            time.sleep(1.5)
            for uid, folder, kind in ((2, "Trash", "message.deleted"), (3, "Archive", "message.archived"),
                                      (4, "Lists", "message.moved")):
                client.uid("MOVE", str(uid), folder)
                expect(kind, BOB, to_folder=folder, message_id=f"<m{uid}@example.com>", **AT_HOME)
                time.sleep(1.5)
            client.logout()
            expect("logout", BOB, service="imap", ip=HOME)


def deliveries():
    if wanted("cyrus-delivery"):
        client = Sieve(DESK, BOB)
        client.put("mine", 'require ["fileinto"];\nif header :contains "Subject" "lottery" { discard; stop; }\n'
                           'if header :is "X-Spam-Flag" "YES" { fileinto "Junk"; stop; }\n')
        client.command('SETACTIVE "mine"')
        client.command("LOGOUT")
    with capture("cyrus-delivery") as expect:
        if expect:
            peer = {"service": "lmtp", "ip": "198.51.100.10", "sender": "peer@example.com"}
            deliver(BOB, message("s1", to=BOB))
            expect("delivery.stored", BOB, folder="INBOX", message_id="<s1@example.com>", **peer)
            time.sleep(2)
            deliver(BOB, message("s2", to=BOB, subject="You won the lottery"))
            expect("delivery.discarded-by-rule", BOB, message_id="<s2@example.com>", **peer)
            time.sleep(2)
            deliver(BOB, message("s3", to=BOB, headers=["X-Spam-Flag: YES"]))
            expect("delivery.spam", BOB, folder="Junk", message_id="<s3@example.com>", **peer)
            time.sleep(2)
            deliver(DAN, message("s4", to=DAN, body=BIG))
            expect("delivery.over-quota", DAN, message_id="<s4@example.com>", sender="peer@example.com",
                   ip="198.51.100.10")
    run("postsuper", "-d", "ALL")


def purges():
    folders = (("Trash", "deleted-items"), ("Junk", "junk"), ("Sent", "sent-items"), ("INBOX", "inbox"),
               ("Lists", "other"))
    if wanted("cyrus-purge"):
        for folder, _ in folders:
            imap_append(PAT, folder, message(f"p-{folder}", to=PAT))
        time.sleep(3)
    with capture("cyrus-purge") as expect:
        if expect:
            run("systemctl", "start", "mail-retention.service")
            for folder, kind in folders:
                expect("purge." + kind, PAT, folder=folder, uids=[1], actor="system")
    if wanted("cyrus-expire"):
        client = imap(DESK, PAT)
        client.setacl("Lists", "cyrus", "lrswipkxtecdan")
        client.append("Lists", None, '"01-Jan-2026 00:00:00 +0000"', message("e1", to=PAT))
        client.logout()
        client = admin()
        imaplib.Commands["SETMETADATA"] = ("AUTH",)
        client._simple_command("SETMETADATA", "user/pat/Lists", '(/shared/vendor/cmu/cyrus-imapd/expire "1")')
        client.logout()
    with capture("cyrus-expire") as expect:
        if expect:
            run("systemctl", "start", "mail-expire.service")
            expect("purge.other", PAT, folder="Lists", uids=[2], actor="system")


def accounts():
    with capture("cyrus-accounts") as expect:
        if expect:
            client = admin()
            expect("login.succeeded", "cyrus@example.org", service="imap", ip=DESK)
            client.create("user/newton")
            expect("account.created", "newton@example.org", actor="admin")
            time.sleep(1.5)
            client.setquota("user/newton", "(STORAGE 1000)")
            expect("account.changed", "newton@example.org", actor="admin")
            time.sleep(1.5)
            client.setacl("user/newton", "cyrus", "lrswipkxtecdan")
            client.delete("user/newton")
            expect("account.deleted", "newton@example.org", actor="admin")
            time.sleep(1.5)
            client.logout()
            expect("logout", "cyrus@example.org", service="imap", ip=DESK)


def main():
    until(lambda: imap("127.0.0.1", host=MX).noop())
    prepare()
    login()
    folders()
    messages()
    deliveries()
    purges()
    accounts()


main()
