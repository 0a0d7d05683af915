"""What strangers do to a mail server, as the lines that its daemons log of it."""

import re

from printing import cyrus_mailbox, exim, vis

SASL = "SASL(-13): authentication failure: checkpass failed"
REJECTED = "554 5.7.1 <out@far.example>: Relay access denied"
WRONG = "535 Incorrect authentication data"
SIEVELESS = "uniqueid=<{}> uid=<{}> modseq=<2> sysflags=<> guid=<{:040x}> cid=<NIL> messageid={} size=<500>"


class Dialogues:
    """One stranger's dialogue a method. A subclass has `say(identifier, text, pid)`, which logs one line if the journal
    has that daemon, `models` (an entry of each identifier), `hostile()`, a name to type, and `aimed()`, a Message-ID in
    use and a recipient."""

    def all(self):
        """What a stranger may do."""
        logins = [self.dovecot_login, self.postfix_login, self.exim_login, self.courier_login, self.cyrus_login]
        refusals = [self.postfix_refuses, self.exim_refuses, self.opensmtpd]
        return logins + refusals + [self.through_dovecot, self.through_cyrus, self.through_exim]

    def quoted(self):
        """An envelope address that says what other lines say."""
        name = re.sub(r'(["\\])', r"\\\1", self.hostile())
        return f'"{name}"@stranger.example'

    # Logins that fail.

    def dovecot_login(self):
        ended = "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs)"
        session = f"Str{self.number:05d}angerAAA"
        text = f"{ended}: user=<{self.hostile()}>, method=PLAIN, rip={self.ip}, lip=127.0.0.1, session=<{session}>"
        self.say("dovecot", text)

    def postfix_login(self):
        why = "SASL LOGIN authentication failed: authentication failure"
        text = f"warning: unknown[{self.ip}]: {why}, sasl_username={self.hostile()[:100]}"
        self.say("postfix/submission/smtpd", text, self.pid)

    def exim_login(self):
        name = exim(self.hostile())
        self.say_exim(f"dovecot_login authenticator failed for (x) {self.peer}: {WRONG} (set_id={name})")

    def courier_login(self):
        name = re.sub(r"[^ -~]", ".", self.hostile())
        text = f"LOGIN FAILED, user={name}, ip=[::ffff:{self.ip}], port=[{40000 + self.number}]"
        self.say("imapd" if "exim" in self.models else "pop3d", text)

    def cyrus_login(self):
        name = re.sub(r"[^ -~]", "?", self.hostile().lower())
        self.say("cyrus/imap", f"badlogin: [{self.ip}] plaintext ({name}) [{SASL}]", self.pid)

    # Mail that is refused.

    def postfix_refuses(self):
        peer = f"unknown[{self.ip}]"
        self.say("postfix/smtpd", f"connect from {peer}", self.pid)
        envelope = f"from=<{self.quoted()}> to=<out@far.example> proto=ESMTP helo=<x>"
        self.say("postfix/smtpd", f"NOQUEUE: reject: RCPT from {peer}: {REJECTED}; {envelope}", self.pid)
        self.say("postfix/smtpd", f"disconnect from {peer} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4", self.pid)

    def exim_refuses(self):
        text = f"H=(x) {self.peer} F=<{self.quoted()}> rejected RCPT <out@far.example>: relay not permitted"
        self.say_exim(text)

    def opensmtpd(self):
        session = f"5{self.random.getrandbits(60):015x}"
        self.say("smtpd", f"{session} smtp connected address={self.ip} host=<unknown>")
        if self.number % 2:
            self.say("smtpd", f"{session} smtp authentication user={vis(self.hostile())} result=permfail")
        else:
            command = f'command="RCPT TO:<{self.quoted()}>" result="550 Invalid recipient: <{self.quoted()}>"'
            self.say("smtpd", f"{session} smtp failed-command {command}")
        self.say("smtpd", f"{session} smtp disconnected reason=quit")

    # Mail that is accepted, under another message's Message-ID.

    def accepted(self, message_id):
        """The first lines of a message in Postfix; its queue id."""
        queue_id, peer = f"F{self.random.getrandbits(36) | 1 << 35:09X}", f"unknown[{self.ip}]"
        self.theirs.add(queue_id)
        self.say("postfix/smtpd", f"connect from {peer}", self.pid)
        self.say("postfix/smtpd", f"{queue_id}: client={peer}", self.pid)
        self.say("postfix/cleanup", f"{queue_id}: message-id={message_id}", self.pid + 1)
        active = f"from=<{self.quoted()}>, size=500, nrcpt=1 (queue active)"
        self.say("postfix/qmgr", f"{queue_id}: {active}", self.pid + 2)
        self.say("postfix/smtpd", f"disconnect from {peer} ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5", self.pid)
        return queue_id

    def delivered(self, queue_id, owner, relay, reply):
        """Postfix's last lines of it."""
        delays = "delay=0.1, delays=0/0/0/0"
        text = f"{queue_id}: to=<{owner}>, relay={relay}, {delays}, dsn=2.0.0, status=sent ({reply})"
        self.say("postfix/lmtp", text, self.pid + 5)
        self.say("postfix/qmgr", f"{queue_id}: removed", self.pid + 2)

    def through_dovecot(self):
        if "dovecot" not in self.models or "postfix/lmtp" not in self.models:
            return
        (message_id, owner), session = self.aimed(), f"Str{self.number:05d}angerAAAAAAAAAAA"
        self.theirs.add(session)
        queue_id = self.accepted(message_id)
        fields = f"box=INBOX, uid={self.number}, msgid={message_id}, size=500, vsize=510, from=x, subject=x, flags=()"
        self.say("dovecot", f"lmtp({owner})<{self.pid}><{session}>: save: {fields}")
        self.delivered(queue_id, owner, "mx[private/dovecot-lmtp]", f"250 2.0.0 <{owner}> {session} Saved")

    def through_cyrus(self):
        if "cyrus/lmtpunix" not in self.models:
            return
        (message_id, owner), number = self.aimed(), self.random.getrandbits(60)
        session = f"cyrus-1795230000-{self.pid}-1-{number}"
        self.theirs.add(session)
        local, _, domain = owner.partition("@")
        box = cyrus_mailbox(local, domain if self.has_virtual_domains else "", [])
        queue_id = self.accepted(message_id)
        fields = SIEVELESS.format(f"stranger{self.number:012d}", self.number, number, message_id)
        self.say("cyrus/lmtpunix", f"auditlog: append sessionid=<{session}> mailbox=<{box}> {fields}", self.pid)
        self.say("cyrus/lmtpunix", f"Delivered: {message_id} to mailbox: {box}", self.pid)
        self.say("cyrus/lmtpunix", f"USAGE {owner} user: 0.001 sys: 0.001", self.pid)
        self.delivered(queue_id, owner, "mx[/run/cyrus/socket/lmtp]", f"250 2.1.5 Success SESSIONID=<{session}>")

    def through_exim(self):
        if "exim" not in self.models:
            return
        message_id, owner = self.aimed()
        queue_id = f"1xSt{self.number % 90 + 10}-{self.number:06d}-{self.number % 90 + 10}"
        self.theirs.add(queue_id)
        ident = exim(message_id.strip("<>"))
        self.say_exim(f"{queue_id} <= {self.quoted()} H=(x) {self.peer} P=esmtp S=500 id={ident}")
        local = owner.partition("@")[0]
        self.say_exim(f"{queue_id} => {local} <{owner}> R=virtual_user T=virtual_userdelivery", 1)
        self.say_exim(f"{queue_id} Completed", 1)

    @property
    def peer(self):
        return f"[{self.ip}]:{40000 + self.number}"

    def say_exim(self, text, process=0):
        """A line of Exim as that journal has them, with its own date and process or without."""
        if "exim" not in self.models:
            return
        front = re.match(r"(?:\[\d+.\d+\] )?(\d{4}-\S+ \S+ )?(\[\d+\] )?", self.models["exim"].message)
        pid = self.pid + process
        self.say("exim", (front[1] or "") + (f"[{pid}] " if front[2] else "") + text, pid)
