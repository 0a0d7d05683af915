"""SOGo (webmail, DAV, ActiveSync) on Dovecot and Postfix, and amavis: what they write about what their clients do."""
import base64
import http.client
import json
import sys
import time

from lab import MX, capture, deliver, imap, imap_append, message, run, send, smtp, until, wanted

ANN, BOB = "ann@example.org", "bob@example.org"
HOME, PHONE, BAD = "192.0.2.7", "192.0.2.9", "203.0.113.66"
ITEM = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example.org//EN
BEGIN:{kind}
UID:{uid}
DTSTAMP:20260303T000000Z
DTSTART:20260304T100000Z
{end}:20260304T110000Z
SUMMARY:something
END:{kind}
END:VCALENDAR
"""
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:A Friend\r\nN:Friend;A\r\nEND:VCARD\r\n"


class Client:
    def __init__(self, address, user, password="secret"):
        self.address, self.user, self.password, self.cookies = address, user, password, {}

    def request(self, method, path, body=None, kind=None, basic=False, status=(200, 201, 204), **headers):
        connection = http.client.HTTPConnection(MX, 80, timeout=60, source_address=(self.address, 0))
        if kind:
            headers["Content-Type"] = kind
        if basic:
            token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            headers["Authorization"] = "Basic " + token
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers["X-XSRF-TOKEN"] = self.cookies.get("XSRF-TOKEN", "")
        connection.request(method, path, body, {"Host": "mx.example.org", **headers})
        answer = connection.getresponse()
        text = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                name, value = value.split(";")[0].split("=", 1)
                self.cookies[name] = value
        if status and answer.status not in status:
            sys.exit(f"{method} {path}: {answer.status} {text[:300]}")
        return text

    def login(self, status=(200,)):
        words = {"userName": self.user, "password": self.password, "rememberLogin": 0}
        self.request("POST", "/SOGo/connect", json.dumps(words), "application/json", status=status)

    def web(self, method, path, data=None):
        return self.request(method, f"/SOGo/so/{self.user}{path}", json.dumps(data) if data is not None else None,
                            "application/json")

    def dav(self, method, path, body=None, kind=None):
        return self.request(method, f"/SOGo/dav/{self.user}{path}", body, kind, basic=True)

    def activesync(self, command, body, kind="application/vnd.ms-sync.wbxml", more="", status=(200,)):
        path = f"/Microsoft-Server-ActiveSync?Cmd={command}&User={self.user}&DeviceId=phone1&DeviceType=iPhone{more}"
        return self.request("POST", path, body, kind, True, status, **{"MS-ASProtocolVersion": "12.1"})


def prepare():
    sql = ["CREATE USER sogo PASSWORD 'sogo'", "CREATE DATABASE sogo OWNER sogo"]
    users = ["CREATE TABLE sogo_users (c_uid varchar primary key, c_name varchar, c_password varchar, c_cn varchar, "
             "mail varchar)", "ALTER TABLE sogo_users OWNER TO sogo"]
    users += [f"INSERT INTO sogo_users VALUES ('{user}', '{user}', 'secret', '{user.split('@')[0]}', '{user}')"
              for user in (ANN, BOB)]
    run("su", "postgres", "-c", "psql -q", input=";\n".join(sql) + ";\n")
    run("su", "postgres", "-c", "psql -q sogo", input=";\n".join(users) + ";\n")
    run("systemctl", "restart", "sogo.service")
    for n in (1, 2):
        imap_append(ANN, "INBOX", message(f"w{n}"))
    until(lambda: run("sh", "-c", "ss -ltn | grep -q :20000", check=False).returncode == 0, 60)
    client = Client("192.0.2.1", ANN)
    client.login()
    for kind, uid, end in (("VEVENT", "meeting1", "DTEND"), ("VEVENT", "meeting2", "DTEND"), ("VTODO", "todo1", "DUE")):
        item = ITEM.format(kind=kind, uid=uid, end=end).replace("\n", "\r\n")
        client.dav("PUT", f"/Calendar/personal/{uid}.ics", item, "text/calendar")
    for uid in ("friend1", "friend2"):
        client.dav("PUT", f"/Contacts/personal/{uid}.vcf", CARD.format(uid=uid), "text/vcard")
    time.sleep(12)


def webmail():
    with capture("sogo-webmail") as expect:
        if expect:
            Client(BAD, ANN, "wrong").login(status=None)
            expect("login.failed", ANN, service="webmail", ip=BAD)
            time.sleep(3)
            client = Client(HOME, ANN)
            client.login()
            expect("login.succeeded", ANN, service="webmail", ip=HOME)
            time.sleep(2)
            client.web("POST", "/Mail/0/folderINBOX/batchDelete", {"uids": [1]})
            request = {"service": "imap", "ip": "127.0.0.1", "actor": "owner"}
            expect("message.deleted", ANN, folder="INBOX", message_id="<w1@example.com>", **request)
            expect("message.copied", ANN, folder="INBOX", to_folder="Trash", message_id="<w1@example.com>", **request)
            expect("logout", ANN, **request)


def groupware():
    with capture("sogo-groupware") as expect:
        if expect:
            client = Client(HOME, ANN)
            client.dav("DELETE", "/Calendar/personal/meeting1.ics")
            expect("calendar.deleted", ANN, service="dav", ip=HOME)
            time.sleep(1)
            client.dav("DELETE", "/Calendar/personal/todo1.ics")        # nothing in the line says that it was a task
            expect("calendar.deleted", ANN, service="dav", ip=HOME)
            time.sleep(1)
            client.dav("DELETE", "/Contacts/personal/friend1.vcf")
            expect("contact.deleted", ANN, service="dav", ip=HOME)
            time.sleep(1)
            client.login()
            expect("login.succeeded", ANN, service="webmail", ip=HOME)
            time.sleep(1)
            client.web("POST", "/Calendar/personal/meeting2.ics/delete", {})
            expect("calendar.deleted", ANN, service="webmail", ip=HOME)
            time.sleep(1)
            client.web("POST", "/Contacts/personal/batchDelete", {"uids": ["friend2.vcf"]})
            expect("contact.deleted", ANN, service="webmail", ip=HOME)


def activesync():
    with capture("sogo-activesync", settle=6) as expect:
        if expect:
            client = Client(PHONE, BOB)
            raw = message("phone1", BOB, "friend@example.com")
            client.activesync("SendMail", raw, "message/rfc822", "&SaveInSent=T")
            expect("login.succeeded", BOB, service="submission", ip="127.0.0.1")
            expect("message.saved", BOB, service="imap", ip="127.0.0.1", folder="Sent",
                   message_id="<phone1@example.org>")
            expect("logout", BOB, service="imap", ip="127.0.0.1")
            expect("message.sent", BOB, service="activesync", ip=PHONE, sender=BOB, message_id="<phone1@example.org>")
            expect("send.delivered", BOB, recipient="friend@example.com", message_id="<phone1@example.org>")
            time.sleep(4)
            Client(BAD, BOB, "wrong").activesync("FolderSync", b"\x03\x01\x6a\0\0\x07\x56\x52\x03\x30\0\x01\x01",
                                                 status=None)
            expect("login.failed", BOB, service="activesync", ip=BAD)


def amavis():
    gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n"
    eicar = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE" + "!$H+H*\n"
    peer = {"ip": "198.51.100.10", "sender": "peer@example.com"}
    with capture("amavis", settle=6) as expect:
        if expect:
            deliver(BOB, message("v1", to=BOB))
            expect("delivery.stored", BOB, service="lmtp", folder="INBOX", message_id="<v1@example.com>", **peer)
            time.sleep(6)
            deliver(BOB, message("v2", to=BOB, body=gtube))
            expect("delivery.spam", BOB, outcome="denied", message_id="<v2@example.com>", **peer)
            time.sleep(6)
            deliver(BOB, message("v3", to=BOB, body=eicar))
            expect("delivery.discarded-by-event", BOB, message_id="<v3@example.com>", **peer)
    with capture("amavis-outbound", settle=6) as expect:
        if expect:
            client = smtp(HOME, 587, ANN)
            send(client, ANN, "friend@example.com", message("v4", ANN, "friend@example.com", body=gtube))
            client.quit()
            expect("login.succeeded", ANN, service="submission", ip=HOME)
            expect("message.sent", ANN, service="submission", ip=HOME, message_id="<v4@example.org>")
            expect("send.discarded", ANN, recipient="friend@example.com", message_id="<v4@example.org>")


def main():
    until(lambda: smtp("127.0.0.1").noop()[0] == 250)
    for user in (ANN, BOB):
        client = imap("192.0.2.1", user)
        for folder in ("Trash", "Sent", "Drafts", "Junk"):
            client.create(folder)
        client.select()
        client.logout()
    if wanted("amavis", "amavis-outbound"):
        until(lambda: run("sh", "-c", "ss -ltn | grep -q :10024", check=False).returncode == 0, 60)
        amavis()
    if wanted("sogo-webmail", "sogo-groupware", "sogo-activesync"):
        prepare()
        webmail()
        groupware()
        activesync()


main()
