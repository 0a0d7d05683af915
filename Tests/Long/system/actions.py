"""Uses the mailboxes of a test machine as people do, and looks for every action in the audit trails.

Runs inside the machine of Tests/Long/system/run:

  actions.py session SERVER     each kind of action once; says how long each took to be shown
  actions.py burst SERVER N     N rounds of mail, without waiting; what they must leave is written down
  actions.py text LOG           a line in a text log that the service was told to follow
  actions.py verify             waits until everything written down is there, exactly once, and nothing besides
  actions.py compare LIVE OTHER whether two audit trees hold the same records
"""

import base64
import email.message
import email.utils
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

EXPECTED = "/root/expected.jsonl"
TREE = "/var/log/mailtrail/Audit"
# Not a loopback address: logins from those wait for a webmail's own line (mailboxes.webmail-hosts).
SERVER = "192.0.2.25"
ANN, BOB = "ann@example.org", "bob@example.org"
# The bar is two seconds. A machine that builds something else besides is given more, and told how much it took.
BAR, PATIENCE = 2.0, 15.0


def password(user):
    return "secret-" + user


# --- What must be in the trails

def expect(mailbox, kind, count=1, **fields):
    with open(EXPECTED, "a", encoding="utf-8") as file:
        print(json.dumps({"mailbox": mailbox, "kind": kind, "count": count, "fields": fields}), file=file)


def shown(mailbox):
    """The trail of a mailbox, as `mailtrail show` prints it."""
    result = subprocess.run(
        ["mailtrail", "show", mailbox, "-o", "json", "-q", "--no-pager"], capture_output=True, text=True, check=False)
    return [json.loads(line) for line in result.stdout.splitlines()]


def fits(event, kind, fields):
    return event["kind"] == kind and all(event.get(key) == value for key, value in fields.items())


def act(name, action, *events):
    """Does something, and waits until `mailtrail show` has each of `events`: (mailbox, kind, fields)."""
    before = {event["id"] for mailbox in (ANN, BOB) for event in shown(mailbox)}
    action()
    start = time.monotonic()
    missing = list(events)
    while missing and time.monotonic() - start < PATIENCE:
        missing = [
            (mailbox, kind, fields) for mailbox, kind, fields in missing
            if not any(event["id"] not in before and fits(event, kind, fields) for event in shown(mailbox))]
        if missing:
            time.sleep(0.05)
    delay = time.monotonic() - start
    for mailbox, kind, fields in events:
        expect_more(mailbox, kind, fields)
    note = "" if delay <= BAR else f"   LATE: more than {BAR:g} s"
    print(f"  {name:<34} {', '.join(kind for _, kind, _ in events):<44} {delay:5.2f} s{note}")
    for mailbox, kind, fields in missing:
        print(f"    MISSING in {mailbox}: {kind} {fields}")
    return not missing


def expect_more(mailbox, kind, fields):
    """One more event like this than was asked for before."""
    rows = read_expected()
    for row in rows:
        if (row["mailbox"], row["kind"], row["fields"]) == (mailbox, kind, fields):
            row["count"] += 1
            break
    else:
        rows.append({"mailbox": mailbox, "kind": kind, "count": 1, "fields": fields})
    with open(EXPECTED, "w", encoding="utf-8") as file:
        for row in rows:
            print(json.dumps(row), file=file)


def read_expected():
    if not os.path.exists(EXPECTED):
        return []
    with open(EXPECTED, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


# --- What people do

def message(sender, recipient, message_id, subject="hello"):
    text = email.message.EmailMessage()
    text["From"], text["To"], text["Subject"], text["Message-ID"] = sender, recipient, subject, message_id
    text["Date"] = email.utils.formatdate()
    text.set_content("hello\n")
    return text


def new_id():
    return f"<{time.time_ns()}.{os.getpid()}@example.org>"


def patiently(action):
    """Daemons that are being started anew refuse a connection for a moment."""
    for attempt in range(60):
        try:
            return action()
        except OSError:
            if attempt == 59:
                raise
            time.sleep(0.5)
    return None


def submit(user, recipient, message_id):
    def send():
        with smtplib.SMTP(SERVER, 587, timeout=30) as client:
            client.login(user, password(user))
            client.send_message(message(user + "@example.org", recipient, message_id))
    patiently(send)


def receive(sender, recipient, message_id):
    def send():
        with smtplib.SMTP(SERVER, 25, timeout=30) as client:
            client.send_message(message(sender, recipient, message_id))
    patiently(send)


def imap(user):
    def login():
        client = imaplib.IMAP4(SERVER, timeout=30)
        client.login(user, password(user))
        return client
    return patiently(login)


def answer(reply):
    """The data of an IMAP reply that is OK."""
    status, data = reply
    if status not in ("OK", "BYE"):
        raise RuntimeError(f"{status} {data}")
    return data


def append(client, folder, message_id):
    answer(client.append(folder, "", None, bytes(message(ANN, BOB, message_id))))


def refused_login(user):
    client = imaplib.IMAP4(SERVER, timeout=30)
    try:
        client.login(user, "wrong")
    except imaplib.IMAP4.error:
        client.shutdown()
        return
    raise RuntimeError("a wrong password was right")


def pop3_delete(user, deleting):
    client = poplib.POP3(SERVER, timeout=30)
    client.user(user)
    client.pass_(password(user))
    if deleting:
        count = client.stat()[0]
        client.retr(count)
        client.dele(count)
    client.quit()


def sieve_store(user):
    """Stores a filter over ManageSieve (RFC 5804)."""
    with socket.create_connection((SERVER, 4190), timeout=30) as connection:
        stream = connection.makefile("rwb")

        def reply():
            while True:
                line = stream.readline()
                if not line or line.startswith((b"NO", b"BYE")):
                    raise RuntimeError(line)
                if line.startswith(b"OK"):
                    return

        def say(text):
            stream.write(text)
            stream.flush()
            reply()

        reply()
        token = base64.b64encode(b"\0" + user.encode() + b"\0" + password(user).encode())
        say(b'AUTHENTICATE "PLAIN" "' + token + b'"\r\n')
        script = b"keep;\r\n"
        say(b'PUTSCRIPT "mine" {%d+}\r\n' % len(script) + script + b"\r\n")
        say(b"LOGOUT\r\n")


def in_unit(*command):
    subprocess.run(["systemd-run", "--quiet", "--wait", "--collect", *command], check=True)


# --- Sessions

def session(server):
    good = True

    def do(*arguments):
        nonlocal good
        good = act(*arguments) and good

    sent, received = new_id(), new_id()
    do("IMAP: a wrong password", lambda: refused_login("ann"), (ANN, "login.failed", {"service": "imap"}))
    held = []
    do("IMAP: login", lambda: held.append(imap("ann")), (ANN, "login.succeeded", {"service": "imap"}))
    client = held[0]
    if server == "dovecot-postfix":
        good = dovecot_session(client, do) and good
    answer(client.select("INBOX"))
    do("IMAP: logout", client.logout, (ANN, "logout", {"service": "imap"}))
    do("SMTP submission", lambda: submit("ann", BOB, sent), (ANN, "message.sent", {"message_id": sent}),
       (BOB, "delivery.stored", {"message_id": sent}), (ANN, "login.succeeded", {"service": "submission"})
       if server == "dovecot-postfix" else (ANN, "send.delivered", {"message_id": sent}))
    do("SMTP from elsewhere", lambda: receive("eve@example.com", BOB, received),
       (BOB, "delivery.stored", {"message_id": received}))
    do("POP3: login", lambda: pop3_delete("bob", False), (BOB, "login.succeeded", {"service": "pop3"}))
    do("POP3: delete", lambda: pop3_delete("bob", True), (BOB, "login.succeeded", {"service": "pop3"}),
       (BOB, "message.expunged", {"service": "pop3"}))
    if server == "dovecot-postfix":
        do("ManageSieve: store a filter", lambda: sieve_store("bob"), (BOB, "filter.changed", {}),
           (BOB, "login.succeeded", {"service": "managesieve"}))
        do("doveadm expunge in a unit", lambda: in_unit("doveadm", "expunge", "-u", "bob", "mailbox", "INBOX", "all"),
           (BOB, "purge.inbox", {}))
    else:
        do("IMAP: delete", courier_delete, (BOB, "message.expunged", {"service": "imap"}))
    do("a script reports", lambda: record("account.password-changed", ANN, "ip=192.0.2.77", "actor_name=help \"desk\""),
       (ANN, "account.password-changed", {"ip": "192.0.2.77", "actor_name": "help \"desk\" (root)", "service": "panel"}))
    mail_users("x")
    do("a password in a file of accounts", lambda: mail_users("y"),
       (ANN, "account.password-changed", {"actor": "unknown", "reason": "seen in /root/mail-users"}))
    return good


def mail_users(password):
    with open("/root/mail-users", "w", encoding="utf-8") as file:
        file.write(f"ann:{{PLAIN}}{password}::::::\nbob:{{PLAIN}}z::::::\n")
    subprocess.run(["systemctl", "start", "mailtrail-accounts.service"], check=True)


def record(*arguments):
    subprocess.run(["mailtrail", "record", *arguments], check=True)


def text_line(log):
    """What a syslog daemon would write of a login elsewhere."""
    line = (f"{time.strftime('%b %e %H:%M:%S')} mx dovecot: imap-login: Login: user=<bob>, method=PLAIN, "
            "rip=198.51.100.7, lip=192.0.2.25, mpid=77, TLS, session=<textlog1>\n")

    def write():
        with open(log, "a", encoding="utf-8") as file:
            file.write(line)

    return act("a line in a text log", write, (BOB, "login.succeeded", {"ip": "198.51.100.7", "service": "imap"}))


def dovecot_session(client, do):
    first, second = new_id(), new_id()
    append(client, "INBOX", new_id())
    time.sleep(0.3)
    do("IMAP: append", lambda: append(client, "INBOX", first), (ANN, "message.saved", {"message_id": first}))
    do("IMAP: create a folder", lambda: answer(client.create("Work")), (ANN, "folder.created", {"folder": "Work"}))
    answer(client.create("Trash"))
    answer(client.select("INBOX"))
    # A copy may be the first half of a move until the session does something else.
    do("IMAP: copy, mark as deleted", lambda: copy_and_mark(client, "2", "Work"),
       (ANN, "message.copied", {"message_id": first}), (ANN, "message.deleted", {"message_id": first}))
    do("IMAP: expunge", lambda: answer(client.expunge()), (ANN, "message.expunged", {"message_id": first, "folder": "INBOX"}))
    append(client, "INBOX", second)
    do("IMAP: move to the trash", lambda: move(client, "2", "Trash"),
       (ANN, "message.deleted", {"message_id": second, "to_folder": "Trash"}))
    do("IMAP: rename a folder", lambda: answer(client.rename("Work", "Play")), (ANN, "folder.renamed", {}))
    do("IMAP: delete a folder", lambda: answer(client.delete("Play")), (ANN, "folder.deleted", {"folder": "Play"}))
    return True


def copy_and_mark(client, number, folder):
    answer(client.copy(number, folder))
    answer(client.store(number, "+FLAGS", "\\Deleted"))


def move(client, number, folder):
    """RFC 6851, which imaplib does not know."""
    imaplib.Commands.setdefault("MOVE", ("SELECTED",))
    answer(client._simple_command("MOVE", number, folder))


def courier_delete():
    client = imap("bob")
    answer(client.select("INBOX"))
    answer(client.store("1", "+FLAGS", "\\Deleted"))
    answer(client.expunge())
    client.logout()


def burst(server, rounds):
    """Mail, and what is done with it; each message by its id, so that a lost or repeated event is seen."""
    for _ in range(rounds):
        sent, received = new_id(), new_id()
        submit("ann", BOB, sent)
        receive("eve@example.com", ANN, received)
        expect(ANN, "message.sent", message_id=sent)
        expect(ANN, "send.delivered", message_id=sent)
        expect(BOB, "delivery.stored", message_id=sent)
        expect(ANN, "delivery.stored", message_id=received)
        if server == "dovecot-postfix":
            saved = new_id()
            client = imap("bob")
            append(client, "INBOX", saved)
            answer(client.select("INBOX"))
            answer(client.store("*", "+FLAGS", "\\Deleted"))
            answer(client.expunge())
            client.logout()
            for kind in ("message.saved", "message.deleted", "message.expunged"):
                expect(BOB, kind, message_id=saved)
        time.sleep(0.1)


# --- The trails as a whole

def records():
    """Every record of the tree, from the files themselves."""
    found = []
    for path in glob.glob(TREE + "/**/AUDIT-*.log", recursive=True):
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    continue  # It is being written.
                try:
                    found.append(json.loads(line))
                except ValueError:
                    raise SystemExit(f"{path}:{number} is no record: {line!r}")
    return found


def tolerated():
    """The ids of the records that attack.py looked at."""
    if not os.path.exists("/root/tolerated"):
        return set()
    with open("/root/tolerated", encoding="utf-8") as file:
        return set(file.read().split())


def faults():
    attacked = tolerated()
    found = [event for event in records() if event["id"] not in attacked]
    wrong = []
    ids = {}
    for event in found:
        ids[event["id"]] = ids.get(event["id"], 0) + 1
    wrong += [f"{count} records have the id {key}" for key, count in ids.items() if count > 1]
    wrong += [f"gap: {event}" for event in found if event["kind"] == "bridge.gap"]
    by_mailbox = {}
    for event in found:
        by_mailbox.setdefault((event.get("mailbox"), event["kind"]), []).append(event)
    for row in read_expected():
        events = by_mailbox.get((row["mailbox"], row["kind"]), [])
        count = sum(fits(event, row["kind"], row["fields"]) for event in events)
        # Logins and logouts of the bursts are not counted one by one.
        enough = count >= row["count"] if row["kind"].startswith("log") else count == row["count"]
        if not enough:
            wrong.append(f"{row['mailbox']}: {count} times {row['kind']} {row['fields']}, not {row['count']} times")
    owners = {ANN, BOB}
    for event in found:
        if event.get("mailbox") not in owners | {None} and not event["kind"].startswith(("bridge", "account")):
            wrong.append(f"nobody did this: {event}")
    return wrong, len(found)


def verify():
    start = time.monotonic()
    while True:
        wrong, count = faults()
        if not wrong or time.monotonic() - start > 2 * PATIENCE:
            break
        time.sleep(0.2)
    for text in wrong[:40]:
        print("  WRONG:", text)
    if not wrong:
        print(f"  {count} records, {len(read_expected())} expectations: nothing missing, nothing twice "
              f"({time.monotonic() - start:.1f} s)")
    return not wrong


def compare(live, other):
    """Whether two trees hold the same records; the collector's words about itself are not of the journal."""
    def lines(root):
        found = {}
        for path in glob.glob(root + "/**/AUDIT-*.log", recursive=True):
            name = os.path.relpath(path, root)
            if name.startswith("_bridge"):
                continue
            with open(path, encoding="utf-8") as file:
                found[name] = file.read().splitlines()
        return found

    left, right = lines(live), lines(other)
    wrong = []
    for name in sorted(set(left) | set(right)):
        one, two = left.get(name, []), right.get(name, [])
        wrong += [f"only live, {name}: {line}" for line in one if line not in two]
        wrong += [f"only replayed, {name}: {line}" for line in two if line not in one]
        if sorted(one) == sorted(two) and one != two:
            print(f"  {name}: the same records in another order")
    for text in wrong[:20]:
        print("  WRONG:", text)
    if not wrong:
        print(f"  {sum(map(len, left.values()))} records in {len(left)} files: the same")
    return not wrong


def main():
    command, *arguments = sys.argv[1:]
    if command == "session":
        return session(arguments[0])
    if command == "burst":
        burst(arguments[0], int(arguments[1]))
        return True
    if command == "text":
        return text_line(arguments[0])
    if command == "verify":
        return verify()
    return compare(*arguments)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
