"""Dovecot, Postfix, Roundcube, fetchmail, getmail and shadow: what they write about what their clients do."""
import contextlib
import imaplib
import poplib
import smtplib
import sys
import time

from lab import (Browser, Sieve, capture, deliver, imap, imap_append, message, pop, run, send, smtp, until, wanted,
                 write)

ANN, BOB, CAROL, DAN = "ann@example.org", "bob@example.org", "carol@example.org", "dan@example.org"
EVE, GONE, PAT, RET = "eve@example.org", "gone@example.org", "pat@example.org", "ret@example.org"
HOME, CAFE, ABROAD, BAD = "192.0.2.7", "192.0.2.8", "203.0.113.7", "203.0.113.66"


def in_vain(*arguments, **keys):
    with contextlib.suppress(imaplib.IMAP4.error, poplib.error_proto):
        imap(*arguments, **keys).logout()


def login():
    with capture("dovecot-login") as expect:
        if expect:
            imap(HOME, ANN).logout()
            expect("login.succeeded", ANN, service="imap", ip=HOME, actor="owner", method="PLAIN", outcome="success")
            expect("logout", ANN, service="imap", ip=HOME)
            pop(CAFE, BOB).quit()
            expect("login.succeeded", BOB, service="pop3", ip=CAFE)
            expect("logout", BOB, service="pop3", ip=CAFE)
            in_vain(BAD, ANN, "wrong")
            expect("login.failed", ANN, service="imap", ip=BAD, reason="Password mismatch", outcome="failure")
            in_vain(BAD, "nobody@example.org", "wrong")
            expect("login.failed", "nobody@example.org", service="imap", ip=BAD)
    with capture("dovecot-denied") as expect:
        if expect:
            in_vain(ABROAD, CAROL)
            expect("login.denied-region", CAROL, service="imap", ip=ABROAD, outcome="denied")
            in_vain(HOME, EVE)
            expect("login.denied", EVE, service="imap", ip=HOME, outcome="denied")
            clients = [imap(HOME, ANN) for _ in range(3)]
            for _ in clients:
                expect("login.succeeded", ANN, service="imap", ip=HOME)
            in_vain(HOME, ANN)
            expect("login.denied", ANN, service="imap", ip=HOME, outcome="denied")
            time.sleep(3)
            for client in clients:
                client.logout()
                expect("logout", ANN, service="imap", ip=HOME)
    with capture("dovecot-master") as expect:
        if expect:
            imap(HOME, BOB + "*helpdesk", "master").logout()
            expect("account.impersonated", BOB, actor="admin", ip=HOME, level=10)   # by whom the log does not say
            expect("logout", BOB, service="imap", actor="admin", ip=HOME)


def folders():
    with capture("dovecot-folder") as expect:
        if expect:
            client = imap(HOME, ANN)
            expect("login.succeeded", ANN, service="imap", ip=HOME)
            client.create("Projects")
            expect("folder.created", ANN, folder="Projects", ip=HOME, service="imap", actor="owner")
            client.rename("Projects", '"Old/Projects 2025"')
            expect("folder.renamed", ANN, folder="Projects", to_folder="Old/Projects 2025", ip=HOME, actor="owner")
            client.delete('"Old/Projects 2025"')
            expect("folder.deleted", ANN, folder="Old/Projects 2025", ip=HOME, service="imap", actor="owner")
            client.logout()
            expect("logout", ANN, ip=HOME)


def messages():
    if not wanted("dovecot-message", "dovecot-pop3"):
        return
    for n in range(1, 7):
        imap_append(BOB, "INBOX", message(f"m{n}", to=BOB))
    for folder in ("Trash", "Archive", "Lists"):
        client = imap("127.0.0.1", BOB)
        client.create(folder)
        client.logout()
    with capture("dovecot-message") as expect:
        if expect:
            client = imap(HOME, BOB)
            expect("login.succeeded", BOB, ip=HOME)
            client.select("INBOX")
            who = {"service": "imap", "ip": HOME, "actor": "owner"}
            client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
            expect("message.deleted", BOB, folder="INBOX", uids=[1], message_id="<m1@example.com>", **who)
            client.uid("STORE", "1", "-FLAGS", r"(\Deleted)")
            expect("message.undeleted", BOB, folder="INBOX", uids=[1], **who)
            client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
            expect("message.deleted", BOB, folder="INBOX", uids=[1], **who)
            client.expunge()
            expect("message.expunged", BOB, folder="INBOX", uids=[1], message_id="<m1@example.com>", **who)
            time.sleep(1)
            for uid, folder, kind in ((2, "Trash", "message.deleted"), (3, "Archive", "message.archived"),
                                      (4, "Lists", "message.moved")):
                client.uid("MOVE", str(uid), folder)
                expect(kind, BOB, folder="INBOX", to_folder=folder, message_id=f"<m{uid}@example.com>", **who)
                time.sleep(1)
            client.uid("COPY", "5", "Lists")
            expect("message.copied", BOB, folder="INBOX", to_folder="Lists", message_id="<m5@example.com>", **who)
            time.sleep(1)
            client.logout()
            expect("logout", BOB, ip=HOME)
    with capture("dovecot-pop3") as expect:
        if expect:
            client = pop(CAFE, BOB)
            expect("login.succeeded", BOB, service="pop3", ip=CAFE)
            client.dele(1)
            client.quit()
            expect("message.expunged", BOB, service="pop3", ip=CAFE, folder="INBOX", uids=[5], actor="owner",
                   message_id="<m5@example.com>")
            expect("logout", BOB, service="pop3", ip=CAFE)


def deliveries():
    with capture("dovecot-sieve") as expect:
        if expect:
            deliver(BOB, message("s1", to=BOB))
            expect("delivery.stored", BOB, service="lmtp", folder="INBOX", message_id="<s1@example.com>",
                   sender="peer@example.com", ip="198.51.100.10")
            time.sleep(1.5)
            deliver(BOB, message("s2", to=BOB, subject="You won the lottery"))
            expect("delivery.discarded-by-rule", BOB, service="lmtp", message_id="<s2@example.com>",
                   sender="peer@example.com", ip="198.51.100.10")
            time.sleep(1.5)
            deliver(BOB, message("s3", to=BOB, headers=["X-Spam-Flag: YES"]))
            expect("folder.created", BOB, service="lmtp", folder="Junk", actor="system")
            expect("delivery.spam", BOB, service="lmtp", folder="Junk", message_id="<s3@example.com>")
            time.sleep(1.5)
            deliver(BOB, message("s4", to=BOB, headers=["X-Spam-Flag: YES", "X-Spam-Level: **********"]))
            expect("delivery.discarded-as-spam", BOB, service="lmtp", message_id="<s4@example.com>")
    with capture("dovecot-quota") as expect:
        if expect:
            deliver(DAN, message("q1", to=DAN, body="A line of a big message.\n" * 1200))
            expect("delivery.over-quota", DAN, service="lmtp", folder="INBOX", message_id="<q1@example.com>",
                   sender="peer@example.com", ip="198.51.100.10")
            time.sleep(1.5)
            client = imap(HOME, DAN)
            expect("login.succeeded", DAN, service="imap", ip=HOME)
            client.append("INBOX", None, None, message("q2", to=DAN, body="A line of a big message.\n" * 1200))
            expect("delivery.over-quota", DAN, service="imap", actor="owner", ip=HOME, folder="INBOX")
            client.logout()
            expect("logout", DAN, service="imap", ip=HOME)


def purges():
    folders = (("Trash", "deleted-items"), ("Junk", "junk"), ("Sent", "sent-items"), ("INBOX", "inbox"),
               ("Lists", "other"))
    if wanted("dovecot-purge"):
        for folder, _ in folders:
            imap_append(PAT, folder, message(f"p-{folder}", to=PAT))
        time.sleep(3)
    with capture("dovecot-purge") as expect:
        if expect:
            run("systemctl", "start", "mail-retention.service")
            for folder, kind in folders:
                expect("purge." + kind, PAT, folder=folder, uids=[1], actor="system",
                       message_id=f"<p-{folder}@example.com>")
    if wanted("dovecot-autoexpunge"):
        client = imap("127.0.0.1", RET)
        for folder, _ in folders:
            if folder != "INBOX":
                client.create(folder)
            client.append(folder, None, None, message(f"a-{folder}", to=RET))
        client.logout()
        time.sleep(3)
    with capture("dovecot-autoexpunge") as expect:
        if expect:
            imap(HOME, RET).logout()
            expect("login.succeeded", RET, ip=HOME)
            for folder, kind in (folders[3], folders[1], folders[0], folders[2], folders[4]):
                expect("purge." + kind, RET, folder=folder, uids=[1], actor="system",
                       message_id=f"<a-{folder}@example.com>")
            expect("logout", RET, ip=HOME)


def filters():
    with capture("dovecot-managesieve") as expect:
        if expect:
            client = Sieve(HOME, ANN)
            expect("login.succeeded", ANN, service="managesieve", ip=HOME)
            client.put("mine", 'require "fileinto";\nkeep;\n')
            expect("filter.changed", ANN, change="stored", script="mine", ip=HOME)
            client.command('SETACTIVE "mine"')
            expect("filter.changed", ANN, change="activated", script="mine", ip=HOME)
            client.command('SETACTIVE ""')
            expect("filter.changed", ANN, change="deactivated", ip=HOME)
            client.command('DELETESCRIPT "mine"')
            expect("filter.changed", ANN, change="deleted", script="mine", ip=HOME)
            client.command("LOGOUT")
            expect("logout", ANN, service="managesieve", ip=HOME)


def submission():
    with capture("postfix-submission") as expect:
        if expect:
            client = smtp(HOME, 587, ANN)
            send(client, ANN, "friend@example.com", message("o1", ANN, "friend@example.com"))
            sent = {"service": "submission", "ip": HOME, "sender": ANN}
            expect("login.succeeded", ANN, service="submission", ip=HOME, method="PLAIN")
            expect("message.sent", ANN, message_id="<o1@example.org>", **sent)
            expect("send.delivered", ANN, recipient="friend@example.com", message_id="<o1@example.org>")
            time.sleep(1.5)
            send(client, ANN, "nobody@example.com", message("o2", ANN, "nobody@example.com"))
            expect("message.sent", ANN, message_id="<o2@example.org>", **sent)
            expect("send.bounced", ANN, recipient="nobody@example.com", message_id="<o2@example.org>", status="5.1.1")
            expect("delivery.stored", ANN, service="lmtp", folder="INBOX")
            time.sleep(1.5)
            send(client, ANN, "later@example.com", message("o3", ANN, "later@example.com"))
            expect("message.sent", ANN, message_id="<o3@example.org>", **sent)
            expect("send.deferred", ANN, recipient="later@example.com", message_id="<o3@example.org>", status="4.2.0")
            client.quit()
            time.sleep(1.5)
            client = smtp(BAD, 587, BOB, "wrong")
            client.quit()
            expect("login.failed", BOB, service="submission", ip=BAD, outcome="failure")
    with capture("postfix-rate") as expect:
        if expect:
            client = smtp(CAFE, 587, BOB)
            expect("login.succeeded", BOB, service="submission", ip=CAFE)
            for n in range(1, 4):
                send(client, BOB, "friend@example.com", message(f"r{n}", BOB, "friend@example.com"))
                expect("message.sent", BOB, ip=CAFE, message_id=f"<r{n}@example.org>")
                expect("send.delivered", BOB, recipient="friend@example.com", message_id=f"<r{n}@example.org>")
                time.sleep(1.5)
            send(client, BOB, "friend@example.com", message("r4", BOB, "friend@example.com"))
            expect("send.rejected", BOB, ip=CAFE)
            expect("send.rate-exceeded", BOB, ip=CAFE, level=10)
            client.quit()


def refused():
    with capture("postfix-blacklisted") as expect:
        if expect:
            listed = "listed@listed.example.net"
            peer, banned = "peer@example.com", "banned@example.net"
            for n, (address, sender) in enumerate((("198.51.100.66", peer), ("198.51.100.77", peer),
                                                   ("198.51.100.10", banned), ("198.51.100.10", listed))):
                deliver(ANN, message(f"b{n}", sender), address, sender)
                expect("sender.blacklisted", ANN, service="smtp", ip=address, sender=sender, outcome="denied")
            deliver("unknown@example.org", message("b5"))       # refused, and nobody's mailbox
    with capture("postfix-postscreen") as expect:
        if expect:
            with contextlib.suppress(smtplib.SMTPException):
                deliver(ANN, message("b6"), "198.51.100.66", port=2525)
            expect("sender.blacklisted", ANN, service="smtp", ip="198.51.100.66", sender="peer@example.com")
    with capture("postfix-discard") as expect:
        if expect:
            deliver(ANN, message("d1", headers=["X-Worm: yes"]))
            expect("delivery.discarded-by-event", ANN, service="smtp", ip="198.51.100.10", sender="peer@example.com",
                   message_id="<d1@example.com>")
            deliver(ANN, message("d2", "quiet@example.net"), sender="quiet@example.net")
            expect("delivery.discarded-by-event", ANN, ip="198.51.100.10", sender="quiet@example.net")
            imap(HOME, GONE).logout()
            expect("login.succeeded", GONE, ip=HOME)
            expect("logout", GONE, ip=HOME)
            time.sleep(1.5)
            deliver(GONE, message("d3", to=GONE))
            expect("delivery.discarded-by-event", GONE, ip="198.51.100.10", sender="peer@example.com",
                   message_id="<d3@example.com>")
            time.sleep(1.5)
            client = smtp("192.0.2.9", 587, ANN)
            send(client, ANN, "x@discarded.example.net", message("d4", ANN, "x@discarded.example.net"))
            client.quit()
            expect("login.succeeded", ANN, service="submission", ip="192.0.2.9")
            expect("message.sent", ANN, ip="192.0.2.9", message_id="<d4@example.org>")
            expect("send.discarded", ANN, recipient="x@discarded.example.net", message_id="<d4@example.org>")


def accounts():
    with capture("shadow-accounts") as expect:
        if expect:
            newton = "newton@example.org"
            run("useradd", "-m", "newton")
            expect("account.created", newton, service="system")
            run("chpasswd", input="newton:secret-1\n")
            expect("account.password-changed", newton, service="system")
            run("usermod", "-s", "/usr/sbin/nologin", "newton")
            expect("account.changed", newton, change="shell")
            run("chage", "-E", "2030-01-01", "newton")
            expect("account.changed", newton, change="password expiry")
            run("usermod", "-L", "newton")
            expect("account.suspended", newton, scope="login")
            run("usermod", "-U", "newton")
            expect("account.resumed", newton, scope="login")
            run("passwd", "-q", "newton", input="secret-2\nsecret-2\n")
            expect("account.password-changed", newton, service="system")
            run("passwd", "-q", "-l", "newton")
            expect("account.password-changed", newton)      # all that passwd -l says
            run("usermod", "-l", "isaac", "newton")
            expect("account.changed", newton, change="renamed to isaac")
            expect("account.changed", "isaac@example.org", change="renamed from newton")
            run("chfn", "-f", "Isaac Newton", "isaac")
            expect("account.changed", "isaac@example.org", change="user information")
            run("userdel", "-r", "isaac", check=False)
            expect("account.deleted", "isaac@example.org", service="system")


def done(page, sign):
    if sign not in page:
        sys.exit(f"no {sign}: {page[-500:]}")


def webmail():
    if not wanted("roundcube"):
        return
    imap_append(ANN, "Archive", message("w0"))
    client = imap("127.0.0.1", ANN)
    for name in ("Trash", "Sent", "Drafts", "Junk"):
        client.create(name)
    client.select("INBOX")
    client.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
    client.expunge()
    for n in (1, 2):
        client.append("INBOX", None, None, message(f"w{n}"))
    client.select("INBOX")
    first, second = client.uid("SEARCH", None, "ALL")[1][0].decode().split()
    client.logout()
    Browser("127.0.0.1").login(ANN)
    time.sleep(12)
    with capture("roundcube") as expect:
        if expect:
            Browser(BAD).login(ANN, "wrong")
            expect("login.failed", ANN, service="webmail", ip=BAD)
            time.sleep(4)
            browser = Browser(ABROAD)
            request = {"service": "imap", "ip": "127.0.0.1", "actor": "owner"}     # each is an IMAP session of its own
            browser.login(ANN)
            expect("login.succeeded", ANN, service="webmail", ip=ABROAD)
            expect("logout", ANN, **request)
            expect("logout", ANN, **request)
            time.sleep(1.5)
            browser.ajax({"_uid": first, "_mbox": "INBOX", "_target_mbox": "Trash"}, _task="mail", _action="move")
            expect("message.deleted", ANN, folder="INBOX", to_folder="Trash", message_id="<w1@example.com>", **request)
            expect("logout", ANN, **request)
            time.sleep(1.5)
            browser.ajax({"_uid": second, "_mbox": "INBOX"}, _task="mail", _action="plugin.move2archive")
            expect("message.archived", ANN, folder="INBOX", to_folder="Archive", message_id="<w2@example.com>",
                   **request)
            expect("logout", ANN, **request)
            time.sleep(1.5)
            browser.send("friend@example.com", "from the webmail", "A line.")
            expect("logout", ANN, **request)
            expect("logout", ANN, **request)
            expect("login.succeeded", ANN, service="submission", ip="127.0.0.1")
            expect("message.sent", ANN, service="webmail", ip=ABROAD, sender=ANN)
            expect("send.delivered", ANN, recipient="friend@example.com")
            expect("message.saved", ANN, folder="Sent", **request)
            expect("logout", ANN, **request)
            time.sleep(1.5)
            browser.page(_task="addressbook")           # of contacts Roundcube logs nothing
            contact = {"_source": "0", "_firstname": "A", "_surname": "Friend", "_name": "A Friend",
                       "_email[]": "friend@example.com", "_framed": "1"}
            done(browser.page(contact, _task="addressbook", _action="save", _framed="1"), '"confirmation"')
            done(browser.ajax({"_cid": "1", "_source": "0"}, _task="addressbook", _action="delete"), "deleted")
            browser.page(_task="settings", _action="plugin.password")
            words = {"_curpasswd": "secret", "_newpasswd": "secret2", "_confpasswd": "secret2"}
            done(browser.page(words, _task="settings", _action="plugin.password-save"), "confirmation")
            expect("account.password-changed", ANN, service="webmail", ip=ABROAD)
            browser.page(_task="logout", _token=browser.token)
            expect("logout", ANN, **request)


def fetch():
    count = {}
    if wanted("fetchmail", "getmail"):
        for user in ("ann@example.com", "bob@example.com", "bob@example.com"):
            count[user] = count.get(user, -1) + 1
            imap_append(user, "INBOX", message(f"f{count[user]}-{user.split('@')[0]}", "far@example.net", user))
    poll = ("poll {host} protocol {protocol} username \"{user}\" password \"{word}\" is \"{local}\" here "
            "sslproto '' smtphost 192.0.2.25 fetchall no keep\n")

    def fetchmail(**keys):
        write("/etc/fetchmailrc", "set daemon 300\n" + poll.format(**keys), 0o600)
        run("chown", "fetchmail", "/etc/fetchmailrc")
        run("systemctl", "restart", "fetchmail.service")
        time.sleep(6)
        run("systemctl", "stop", "fetchmail.service")

    with capture("fetchmail") as expect:
        if expect:
            far = "ann@example.com"
            fetchmail(host="pop.example.com", protocol="POP3", user=far, word="secret", local=ANN)
            expect("login.succeeded", far, service="pop3")
            expect("fetch.retrieved", far, service="fetch", relay=far + "@pop.example.com")
            expect("message.expunged", far, service="pop3", message_id="<f0-ann@example.net>")
            expect("logout", far, service="pop3")
            expect("delivery.stored", ANN, service="lmtp", folder="INBOX", message_id="<f0-ann@example.net>")
            fetchmail(host="imap.example.com", protocol="IMAP", user="bob@example.com", word="wrong", local=BOB)
            expect("fetch.login-failed", "bob@example.com", relay="bob@example.com@imap.example.com")
            expect("login.failed", "bob@example.com", service="imap")

    if wanted("fetchmail-verbose"):
        imap_append("ann@example.com", "INBOX", message("f9-ann", "far@example.net", "ann@example.com"))
    with capture("fetchmail-verbose") as expect:
        if expect:
            far = "ann@example.com"
            write("/etc/fetchmail-ann", poll.format(host="imap.example.com", protocol="IMAP", user=far, word="secret",
                                                    local=ANN), 0o600)
            run("chown", "fetchmail", "/etc/fetchmail-ann")
            run("systemctl", "start", "fetchmail-ann.service", check=False)
            expect("login.succeeded", far, service="imap")
            expect("fetch.retrieved", ANN, service="fetch", relay=far + "@imap.example.com")
            expect("message.deleted", far, service="imap", message_id="<f9-ann@example.net>")
            expect("message.expunged", far, service="imap", message_id="<f9-ann@example.net>")
            expect("logout", far, service="imap")
            expect("delivery.stored", ANN, service="lmtp", folder="INBOX", message_id="<f9-ann@example.net>")

    def getmail(name, kind, word):
        write(f"/etc/getmail/{name}", f"""[retriever]
type = {kind}
server = imap.example.com
username = bob@example.com
password = {word}
[destination]
type = MDA_external
path = /usr/lib/dovecot/dovecot-lda
arguments = ("-d", "{BOB}", "-f", "%(sender)")
[options]
delete = true
message_log_syslog = true
message_log_verbose = true
""", 0o644)
        run("systemctl", "start", f"getmail@{name}.service", check=False)
        time.sleep(2)

    with capture("getmail") as expect:
        if expect:
            far = "bob@example.com"
            getmail("bob", "SimpleIMAPRetriever", "secret")
            expect("login.succeeded", far, service="imap")
            for n in range(2):
                expect("message.deleted", far, service="imap", message_id=f"<f{n}-bob@example.net>")
                expect("fetch.retrieved", BOB, service="fetch", relay=far + "@imap.example.com")
            for n in range(2):
                expect("message.expunged", far, service="imap", message_id=f"<f{n}-bob@example.net>")
            expect("logout", far, service="imap")
            for n in range(2):
                expect("delivery.stored", BOB, service="lda", folder="INBOX", message_id=f"<f{n}-bob@example.net>")
            getmail("wrong", "SimplePOP3Retriever", "wrong")
            expect("fetch.login-failed", far, relay=far + "@imap.example.com")
            expect("login.failed", far, service="pop3")


def main():
    for user in (ANN, BOB, CAROL, DAN, PAT, GONE):              # the first login makes INBOX
        client = imap("192.0.2.1", user)
        client.select()
        client.logout()
    until(lambda: smtp("127.0.0.1").noop()[0] == 250)
    login()
    folders()
    messages()
    deliveries()
    purges()
    filters()
    submission()
    refused()
    accounts()
    fetch()
    webmail()


main()
