"""OpenSMTPD, alone and in front of Dovecot: what they write about what their clients do."""
import time

from lab import capture, deliver, imap, message, smtp, until

ANN, BOB, DAN = "ann@example.org", "bob@example.org", "dan@example.org"


def main():
    until(lambda: smtp("127.0.0.1").noop()[0] == 250)
    client = imap("192.0.2.1", DAN)
    client.select()
    client.logout()
    peer = {"ip": "198.51.100.10", "sender": "peer@example.com"}
    with capture("opensmtpd", settle=6) as expect:
        if expect:
            deliver(BOB, message("s1", to=BOB))
            expect("delivery.stored", BOB, service="lda", **peer)
            time.sleep(3)
            deliver(DAN, message("s2", to=DAN))
            # OpenSMTPD logs no Message-ID: nothing joins its line, with the sender, and Dovecot's.
            expect("delivery.stored", DAN, service="lmtp", folder="INBOX", message_id="<s2@example.com>")
            time.sleep(3)
            deliver(DAN, message("s3", to=DAN, body="A line of a big message.\n" * 1200))
            expect("delivery.over-quota", DAN, service="lmtp", folder="INBOX", message_id="<s3@example.com>")
            time.sleep(3)
            deliver(ANN, message("s4", "banned@example.net"), sender="banned@example.net")
            expect("sender.blacklisted", ANN, ip="198.51.100.10", outcome="denied")
            deliver("unknown@example.org", message("s5"))       # refused, and nobody's mailbox


main()
