"""What the drivers have in common. A driver runs in the network namespace of a booted root (see make): it is the
clients, says beforehand which events must come of it, and `capture` writes both: the window of the journal, without
what is not of a mail daemon, and the events."""
import base64
import contextlib
import imaplib
import json
import os
import poplib
import re
import smtplib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../Helpers"))
from export_format import Entry, export, parse  # noqa: E402

ROOT, LEADER = os.environ["LAB_ROOT"], os.environ["LAB_LEADER"]
OUT = os.path.dirname(HERE)
ONLY = sys.argv[1:]         # names of captures to make, all without

KEPT = """_UID _GID _PID _COMM _EXE _SYSTEMD_UNIT _SYSTEMD_SLICE _BOOT_ID _MACHINE_ID _HOSTNAME SYSLOG_IDENTIFIER
SYSLOG_PID PRIORITY MESSAGE __REALTIME_TIMESTAMP __MONOTONIC_TIMESTAMP _SOURCE_REALTIME_TIMESTAMP
_TRANSPORT""".split()
OTHERS = ("systemd", "kernel", "dbus", "init", "(", "nginx", "php-fpm", "apache2", "memcached", "redis",
          "mariadb", "cron", "CRON", "audit")


def trimmed(entries, but=()):
    """The entries of mail daemons, with the fields that a reader may trust or needs."""
    others = OTHERS + tuple(but)
    return [Entry([field for field in entry.fields if field[0] in KEPT])
            for entry in entries if entry.identifier and not entry.identifier.startswith(others)]


def run(*command, input=None, check=True, environment=None):
    """A command in the root's namespaces."""
    done = subprocess.run(["nsenter", "-t", LEADER, "-m", "-u", "-i", "-n", "-p", "--", *command], input=input,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if check and done.returncode:
        sys.exit(f"{command}: {done.returncode} {done.stderr}")
    return done


def cursor() -> str:
    run("journalctl", "--sync")
    return re.search(r"-- cursor: (.*)", run("journalctl", "-n", "1", "-o", "cat", "--show-cursor").stdout)[1]


@contextlib.contextmanager
def capture(name, settle=3.0, but=()):
    """with capture("dovecot-login") as expect: … expect(kind, mailbox, key=value …) in the order of the events."""
    if ONLY and name not in ONLY:
        yield None
        return
    events = []

    def expect(kind, mailbox, **keys):
        events.append({"kind": kind, "mailbox": mailbox, **keys})
    time.sleep(1.5)                                         # what came before is not to be joined with this
    before = cursor()
    yield expect
    time.sleep(settle)
    run("journalctl", "--sync")
    text = subprocess.run(["nsenter", "-t", LEADER, "-m", "-n", "-p", "--", "journalctl", "-o", "export",
                           "--after-cursor", before], stdout=subprocess.PIPE, check=True).stdout
    entries = trimmed(parse(text), but)
    with open(f"{OUT}/real-{name}.export", "wb") as file:
        file.write(export(entries))
    with open(f"{OUT}/real-{name}.events", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
    # journald cannot tell _EXE of a process that ended at once; such entries are not trusted. Then make it again.
    hasty = sum(not entry.get("_EXE") and entry.get("_UID") != "0" for entry in entries)
    print(name, len(events), "events", f"{hasty} entries without _EXE" if hasty else "")


def wanted(*names) -> bool:
    return not ONLY or any(name in ONLY for name in names)


def write(path, text, mode=0o644):
    """A file in the root."""
    os.makedirs(os.path.dirname(ROOT + path), exist_ok=True)
    with open(ROOT + path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(ROOT + path, mode)


def until(condition, seconds=20.0):
    end = time.time() + seconds
    while not condition():
        if time.time() > end:
            sys.exit("waited in vain")
        time.sleep(0.2)


def message(id, sender="peer@example.com", to="ann@example.org", subject="hello", headers=(), body="A line.\n"):
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", "Date: Tue, 03 Mar 2026 12:00:00 +0000",
             f"Message-ID: <{id}@{sender.split('@')[1]}>", *headers, "", *body.splitlines(), ""]
    return "\r\n".join(lines).encode()


# Clients. Each has an address of its own.

MX = "192.0.2.25"


def imap(address, user=None, password="secret", host=MX):
    class Client(imaplib.IMAP4):
        def _create_socket(self, timeout):
            return socket.create_connection((self.host, self.port), 30, source_address=(address, 0))
    client = Client(host)
    if user:
        client.login(user, password)
    return client


def imap_append(user, folder, raw, address="127.0.0.1", host=MX):
    client = imap(address, user, host=host)
    if folder != "INBOX":
        client.create(folder)
    client.append(folder, None, None, raw)
    client.logout()


def pop(address, user=None, password="secret", host=MX):
    class Client(poplib.POP3):
        def _create_socket(self, timeout):
            return socket.create_connection((self.host, self.port), 30, source_address=(address, 0))
    client = Client(host)
    if user:
        client.user(user)
        client.pass_(password)
    return client


def smtp(address, port=25, user=None, password="secret", host=MX, name="client.example.com"):
    client = smtplib.SMTP(host, port, local_hostname=name, timeout=30, source_address=(address, 0))
    client.ehlo()
    if user:
        client.docmd("AUTH PLAIN", base64.b64encode(f"\0{user}\0{password}".encode()).decode())
    return client


def send(client, sender, recipients, raw):
    """The answers to MAIL, to each RCPT, and to the message."""
    answers = [client.mail(sender)[0]]
    recipients = [recipients] if isinstance(recipients, str) else recipients
    answers += [client.rcpt(recipient)[0] for recipient in recipients]
    if answers[0] == 250 and 250 in answers[1:]:
        answers.append(client.data(raw)[0])
    else:
        client.docmd("RSET")
    return answers


def deliver(recipients, raw, address="198.51.100.10", sender="peer@example.com", port=25):
    client = smtp(address, port, name="mx.example.com")
    answers = send(client, sender, recipients, raw)
    with contextlib.suppress(smtplib.SMTPException):
        client.quit()
    return answers


class Sieve:
    """ManageSieve, as far as it goes here."""
    def __init__(self, address, user, password="secret", host=MX):
        self.socket = socket.create_connection((host, 4190), 30, source_address=(address, 0))
        self.lines = self.socket.makefile("rb")
        self.answer()
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.command(f'AUTHENTICATE "PLAIN" "{token}"')

    def answer(self):
        while not (line := self.lines.readline()).startswith((b"OK", "NO", "BYE")):
            pass
        return line

    def command(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        return self.answer()

    def put(self, name, text):
        return self.command(f'PUTSCRIPT "{name}" {{{len(text.encode())}+}}\r\n{text}')


class Browser:
    """A person at Roundcube."""
    def __init__(self, address, host=MX):
        import http.client
        import http.cookiejar
        self.host, self.token = host, ""

        class Handler(urllib.request.HTTPHandler):
            def http_open(self, request):
                return self.do_open(lambda host, **keys: http.client.HTTPConnection(
                    host, source_address=(address, 0), **keys), request)
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(Handler, cookies)

    def page(self, data=None, headers=None, **query):
        url = f"http://{self.host}/?" + urllib.parse.urlencode(query)
        body = urllib.parse.urlencode({"_token": self.token, **data}).encode() if data is not None else None
        try:
            with self.opener.open(urllib.request.Request(url, body, headers or {}), timeout=30) as answer:
                text = answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
        found = re.search(r'"request_token":"(\w+)"', text) or re.search(r'name="_token" value="(\w+)"', text)
        self.token = found[1] if found else self.token
        return text

    def ajax(self, data, **query):
        headers = {"X-Requested-With": "XMLHttpRequest", "X-Roundcube-Request": self.token}
        return self.page(data, headers, _remote="1", **query)

    def login(self, user, password="secret"):
        self.page(_task="login")
        return '"task":"mail"' in self.page({"_task": "login", "_action": "login", "_timezone": "UTC", "_url": "",
                                             "_user": user, "_pass": password}, _task="login")

    def send(self, to, subject, body):
        text = self.page(_task="mail", _action="compose")
        id = re.search(r'name="_id"[^>]*value="([^"]*)"', text)[1]
        sender = re.search(r'<select[^>]*name="_from".*?<option[^>]*value="(\d+)"', text, re.S)[1]
        return self.page({"_task": "mail", "_action": "send", "_id": id, "_from": sender, "_to": to, "_cc": "",
                          "_bcc": "", "_subject": subject, "_is_html": "0", "_message": body, "_store_target": "Sent",
                          "_draft_saveid": "", "_draft": "", "_framed": "1", "_attachments": "", "_priority": "0"},
                         _task="mail", _framed="1", _lang="en_US", _unlock="x1")
