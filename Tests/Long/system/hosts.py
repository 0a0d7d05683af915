"""Sends and reads mail on the machines of Tests/Long/system/three-hosts, and looks at the trails; runs on `log`.

  hosts.py send N               N rounds of mail through `out` to `store`; what they must leave is written down
  hosts.py read                 IMAP on `store`
  hosts.py verify               waits until everything written down is there, exactly once
  hosts.py shares WHOLE PART... whether the parts hold the records of the whole, each mailbox in one of them
"""

import glob
import imaplib
import json
import os
import smtplib
import subprocess
import sys
import time

import actions
from actions import ANN, BOB, expect, message, new_id, password, patiently

# The links for mail; the journals have others, which are cut.
OUT, STORE = "192.0.2.13", "192.0.2.17"
HERE, READER = "192.0.2.14", "192.0.2.18"


def submit(user, recipient, message_id):
    def send():
        with smtplib.SMTP(OUT, 587, timeout=60) as client:
            client.login(user, password(user))
            client.send_message(message(user + "@example.org", recipient, message_id))
    patiently(send)


def receive(sender, recipient, message_id):
    def send():
        with smtplib.SMTP(OUT, 25, timeout=60) as client:
            client.send_message(message(sender, recipient, message_id))
    patiently(send)


def is_cut_off(link):
    return "state DOWN" in subprocess.run(
        ["ip", "link", "show", "dev", link], capture_output=True, text=True, check=True).stdout


def send(rounds):
    """Mail by submission and from elsewhere, on over LMTP (ann) and over SMTP (bob).

    Where all journals come, the record of the storing host also has what only `out` knows.
    """
    joined = not is_cut_off("storelog") and not is_cut_off("outlog")
    for _ in range(rounds):
        for recipient in (ANN, BOB):
            sent, received = new_id(), new_id()
            submit("ann", recipient, sent)
            receive("eve@example.com", recipient, received)
            expect(ANN, "message.sent", message_id=sent, host="out.example.org", ip=HERE)
            expect(ANN, "send.delivered", message_id=sent, recipient=recipient)
            expect(recipient, "delivery.stored", message_id=sent)
            expect(recipient, "delivery.stored", message_id=received)
            if joined:
                expect(recipient, "delivery.stored", message_id=sent, host="store.example.org", folder="INBOX")
                expect(recipient, "delivery.stored", message_id=received, host="store.example.org", folder="INBOX",
                       sender="eve@example.com", ip=HERE)
                if recipient == BOB:
                    # The last hop's word.
                    expect(ANN, "send.delivered", message_id=sent, host="store.example.org")
        time.sleep(0.1)


def read():
    client = imaplib.IMAP4(STORE, timeout=30)
    client.login("bob", password("bob"))
    client.select("INBOX")
    client.store("1", "+FLAGS", "\\Deleted")
    client.expunge()
    client.logout()
    expect(BOB, "login.succeeded", host="store.example.org", service="imap", ip=READER)
    expect(BOB, "message.expunged", host="store.example.org")


def shares(whole, *parts):
    """Mailboxes and ids: how much of a late host was waited for may differ between collectors, not what is told."""
    def ids(root):
        found = {}
        for path in glob.glob(root + "/**/AUDIT-*.log", recursive=True):
            name = os.path.relpath(path, root)
            if name.startswith("_bridge"):
                continue
            with open(path, encoding="utf-8") as file:
                found[name] = sorted(json.loads(line)["id"] for line in file)
        return found

    every, together = ids(whole), {}
    for part in parts:
        for name, found in ids(part).items():
            if name in together:
                print(f"  WRONG: {name} is in two shares")
                return False
            together[name] = found
        print(f"  {part}: {len(ids(part))} files")
    if together != every:
        for name in sorted(set(every) | set(together)):
            one, two = every.get(name, []), together.get(name, [])
            if one != two:
                print(f"  WRONG: {name}: {sorted(set(one) ^ set(two))}")
        return False
    print(f"  {sum(map(len, every.values()))} records in {len(every)} files: the same")
    return True


def main():
    command, *arguments = sys.argv[1:]
    if command == "send":
        send(int(arguments[0]))
        return True
    if command == "read":
        read()
        return True
    if command == "verify":
        return actions.verify()
    return shares(*arguments)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
