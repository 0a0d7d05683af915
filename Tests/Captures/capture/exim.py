"""Exim, with Courier's IMAP and POP3 servers: what they write about what their clients do."""
import contextlib
import imaplib
import poplib
import time

from lab import capture, deliver, imap, imap_append, message, pop, send, smtp, until, wanted

ANN, BOB, DAN = "ann@example.org", "bob@example.org", "dan@example.org"
HOME, CAFE, BAD = "192.0.2.7", "192.0.2.8", "203.0.113.66"


def submission():
    with capture("exim-submission") as expect:
        if expect:
            client = smtp(HOME, 587, ANN)
            send(client, ANN, "friend@example.com", message("o1", ANN, "friend@example.com"))
            expect("login.succeeded", ANN, service="submission", ip=HOME)
            expect("message.sent", ANN, ip=HOME, message_id="<o1@example.org>", sender=ANN)
            expect("send.delivered", ANN, recipient="friend@example.com", message_id="<o1@example.org>")
            time.sleep(2)
            send(client, ANN, "nobody@example.com", message("o2", ANN, "nobody@example.com"))
            expect("message.sent", ANN, ip=HOME, message_id="<o2@example.org>", sender=ANN)
            expect("send.bounced", ANN, recipient="nobody@example.com", message_id="<o2@example.org>")
            expect("delivery.stored", ANN, service="lda")
            client.quit()
            time.sleep(2)
            smtp(BAD, 587, BOB, "wrong").quit()
            expect("login.failed", BOB, service="submission", ip=BAD, outcome="failure")
    with capture("exim-rate") as expect:
        if expect:
            client = smtp(CAFE, 587, BOB)
            expect("login.succeeded", BOB, service="submission", ip=CAFE)
            for n in range(1, 4):
                send(client, BOB, "friend@example.com", message(f"r{n}", BOB, "friend@example.com"))
                expect("message.sent", BOB, ip=CAFE, message_id=f"<r{n}@example.org>")
                expect("send.delivered", BOB, recipient="friend@example.com", message_id=f"<r{n}@example.org>")
                time.sleep(2)
            send(client, BOB, "friend@example.com", message("r4", BOB, "friend@example.com"))
            expect("send.rejected", BOB, ip=CAFE)
            expect("send.rate-exceeded", BOB, ip=CAFE, level=10)
            client.quit()


def refused():
    with capture("exim-blacklisted") as expect:
        if expect:
            for address, sender in (("198.51.100.66", "peer@example.com"), ("198.51.100.10", "banned@example.net")):
                deliver(ANN, message("b1", sender), address, sender)
                expect("sender.blacklisted", ANN, service="smtp", ip=address, sender=sender, outcome="denied")
            deliver("unknown@example.org", message("b2"))       # refused, and nobody's mailbox


def deliveries():
    peer = {"ip": "198.51.100.10", "sender": "peer@example.com"}
    with capture("exim-delivery") as expect:
        if expect:
            deliver(ANN, message("s1"))
            expect("delivery.stored", ANN, message_id="<s1@example.com>", **peer)
            time.sleep(2)
            deliver(ANN, message("s2", headers=["X-Spam-Flag: YES"]))
            expect("delivery.spam", ANN, message_id="<s2@example.com>", **peer)
            time.sleep(2)
            deliver(BOB, message("s3", to=BOB, subject="You won the lottery"))
            expect("delivery.discarded-by-rule", BOB, message_id="<s3@example.com>", **peer)
            time.sleep(2)
            deliver(ANN, message("s4", subject="unwanted"))
            expect("delivery.discarded-by-event", ANN, message_id="<s4@example.com>", **peer)
            time.sleep(2)
            deliver(ANN, message("s5", headers=["X-Worm: yes"]))
            expect("delivery.discarded-by-event", ANN, message_id="<s5@example.com>", **peer)
            time.sleep(2)
            deliver(DAN, message("s6", to=DAN, body="A line of a big message.\n" * 1200))
            expect("delivery.over-quota", DAN, message_id="<s6@example.com>", **peer)
    with capture("exim-spam") as expect:
        if expect:
            deliver(ANN, message("s7", headers=["X-Spam-Level: **********"]))
            expect("delivery.discarded-as-spam", ANN, message_id="<s7@example.com>", **peer)


def courier():
    if wanted("courier-imap", "courier-pop3"):
        for n in range(1, 4):
            imap_append(BOB, "INBOX", message(f"m{n}", to=BOB))
    with capture("courier-imap") as expect:
        if expect:
            client = imap(HOME, BOB)
            expect("login.succeeded", BOB, service="imap", ip=HOME)
            client.select("INBOX")
            client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
            client.expunge()
            expect("message.expunged", BOB, service="imap", ip=HOME, folder="INBOX")
            client.logout()
            expect("logout", BOB, service="imap", ip=HOME)
            with contextlib.suppress(imaplib.IMAP4.error):
                imap(BAD, ANN, "wrong")
            expect("login.failed", ANN, service="imap", ip=BAD, outcome="failure")
    with capture("courier-pop3") as expect:
        if expect:
            client = pop(CAFE, BOB)
            client.dele(1)
            client.quit()
            expect("login.succeeded", BOB, service="pop3", ip=CAFE)
            expect("message.expunged", BOB, service="pop3", ip=CAFE, folder="INBOX")
            expect("logout", BOB, service="pop3", ip=CAFE)
            with contextlib.suppress(poplib.error_proto):
                pop(BAD, ANN, "wrong")
            expect("login.failed", ANN, service="pop3", ip=BAD, outcome="failure")


def main():
    until(lambda: smtp("127.0.0.1").noop()[0] == 250)
    submission()
    refused()
    deliveries()
    courier()


main()
