/// What the cross-fuzzer finds and is right all the same.
enum CrossFuzzAllowed {
  /// A rule's id or its beginning up to a point, a capture or none for all, what differs, and why that is right.
  private static let list: [(rule: String, capture: String, kinds: Set<CrossFuzzVerdict.Kind>, reason: String)] = [
    // The words themselves decide what is emitted.
    (
      "rspamd.verdict", "spam_action", [.muted], "one of rspamd's actions; what is forged has a queue id in front of it"
    ),
    ("cpanel.", "function", [.muted], "which function of the panel was called"),
    ("cpanel.", "path", [.kind, .owner, .ip, .service, .muted], "which function of the panel was called"),
    ("sogo.request", "uri", [.kind, .owner, .muted], "SOGo did what was asked for, and the URL names whose it is"),
    ("cpanel.", "module", [.muted], "which module of the panel was called"),
    ("cpanel.", "domain", [.owner], "no such mailbox: the operation is the panel's account's"),
    ("dovecot.mail.flags", "rest", [.muted], "flags are no event: only another verb in a folder's name is"),
    ("cpanel.", "email", [.owner], "no such mailbox: the operation is the panel's account's"),
    (
      "amavis.blocked", "mid", [.muted],
      "read from the right, where it may look like the line's end; the MTA's line is left"
    ),
    ("amavis.blocked", "rcpt1", [.muted], "mail that goes out: an unknown recipient is no mailbox"),
    ("courier.esmtpd.refused", "reason", [.kind, .owner, .muted], "Courier's own words"),
    ("dovecot.refused", "why", [.kind, .muted], "Dovecot's words: a full mailbox is told, else nothing"),
    ("dovecot.refused", "at", [.kind, .owner], "a Message-ID may hold the rest: the owner's in both readings"),
    ("dovecot.refused", "msgid", [.kind, .owner], "whether it was stored is doubtful, the owner is not"),
    ("dovecot.refused", "why", [.owner], "a Message-ID may hold the rest: the owner's in both readings"),
    ("dovecot.mail.", "folder", [.kind], "who is logged in names his own folder, in his own trail"),
    ("dovecot.mail.", "to_folder", [.kind], "who is logged in names his own folder, in his own trail"),
    ("dovecot.shared.", "owner", [.owner], "a folder that is called as another's are, but for the name, is his own"),
    ("mailu.login-failed", "login", [.muted], "a name that nobody has, in a login that fails"),
    ("dovecot.sieve.stored", "msgid", [.kind], "the folder is doubtful, and whether it is that for spam"),
    ("dovecot.sieve.stored", "folder", [.kind], "who has the mailbox names his own folder, for spam or not"),
    ("exim.delivered.command", "command", [.kind, .owner, .muted], "which command it was, or an alias's in doubt"),
    ("exim.failed", "why", [.kind, .muted], "the transport's words: an unknown recipient is no mailbox's event"),
    ("exim.failed", "final", [.muted], "an unknown recipient is no mailbox's event"),
    ("exim.deferred", "final", [.muted], "only a mailbox that there is can be full, and none has such a name"),
    ("exim.refused.message", "why", [.kind, .muted], "the administrator's own words"),
    ("exim.refused.recipient", "why", [.kind, .muted], "the administrator's own words"),
    ("exim.refused.recipient.now", "why", [.kind, .muted], "the administrator's own words"),
    (
      "opensmtpd.mda.deferred", "reason", [.kind, .owner, .service, .muted],
      "the agent's words: a full mailbox is told, else nothing"
    ),
    ("opensmtpd.mda.failed", "reason", [.kind, .muted], "the agent's words: whether there is such a mailbox"),
    ("opensmtpd.refused.recipient", "reason", [.kind, .muted], "the server's own words"),
    ("postfix.agent.", "reason", [.kind, .owner, .service, .muted], "the agent's words: only a full mailbox is told"),
    ("postfix.filter.", "verdict", [.kind, .muted], "the filter's own words"),
    ("postfix.lmtp.sent.other", "reason", [.muted], "the next server's own words"),
    ("postfix.", "", [.cut], "left is an envelope's sender, which proves nothing, or a recipient without a fate"),
    ("postfix.postscreen.blocked", "reason", [.kind, .muted], "postscreen's own words"),
    ("postfix.refused", "text", [.kind, .muted], "the server's own words: an unknown recipient is no mailbox's event"),
    (
      "postfix.proxy-reject", "reason", [.kind, .owner, .service], "an example without an envelope: the words write one"
    ),
    (
      "postfix.refused", "text", [.ip, .owner, .service], "an example without an envelope: the server's words write one"
    ),
    ("sendmail.", "reason", [.kind, .muted], "the server's or filter's own words"),
    ("opensmtpd.mta.", "hop", [.kind, .owner, .service, .muted], "a host's name has no quotes (getnameinfo)"),
    ("sendmail.program", "owner", [.muted], "the user whose program it is has an account on this machine"),
    ("cyrus.sieve.reject-discarded", "user", [.owner, .muted], "no mailbox's name holds brackets (mboxname.c)"),
    ("sendmail.failed", "reason", [.owner], "the server's words: an unknown recipient is no mailbox's event"),
    ("exim.delivered.system-filter", "", [.kind, .owner, .service], "no mailbox has the system filter's name"),
    // Names that nobody has.
    ("courier.", "user", [.ip, .owner, .muted], "the line tells of somebody who is logged in, as no such name is"),
    ("courier.newmsg.authenticated", "login", [.owner, .ip], "the line tells of somebody who is logged in"),
    ("courier.esmtpd.auth-failed", "login", [.muted], "it is base64, which has neither blanks nor brackets"),
    ("cpanel.", "login", [.kind, .owner, .ip, .service, .muted], "no account that there is has a blank in its name"),
    (
      "cyrus.delivered", "given", [.muted],
      "a Message-ID that may be a mailbox's: Sieve's and lmtpd's other lines tell it"
    ),
    ("cyrus.acl", "before", [.kind], "who may give rights chooses the names: the owner's in both readings"),
    ("cyrus.login.denied", "user", [.owner, .muted], "somebody who is logged in, as no such name is"),
    ("dovecot.folder.", "folder", [.kind, .muted], "who is logged in names his own folder, in his own trail"),
    ("exim.delivered", "final", [.kind], "it is the local part of what is in brackets: none begins with >"),
    ("exim.delivered.file", "path", [.owner], "the recipient as it came, where the aliases are doubtful"),
    ("exim.delivered.reply", "to", [.owner], "the recipient as it came, where the aliases are doubtful"),
    ("greylist.rate-guard.exceeded", "sender", [.muted], "with a HELO name of the same kind no login is certain"),
    (
      "greylist.", "login", [.owner, .muted],
      "Postfix authenticated it, and no account has blanks or quotes in its name"
    ),
    ("mailman.", "", [.muted, .owner], "Mailman takes no address with blanks or brackets (Utils.ValidateEmail)"),
    ("mailman3.", "sender", [.muted], "nobody who is subscribed has such an address (email_validator)"),
    ("mailutils.refused", "user", [.kind, .service], "the name is authenticated, and no such account is there"),
    ("horde.", "login", [.muted], "a name that nobody has, in a login that fails"),
    ("nextcloud.login-failed", "login", [.muted], "told of names that are known only: the web server logs every guess"),
    ("opensmtpd.authenticated", "login", [.muted], "no account's name is empty or a blank"),
    ("roundcube.", "login", [.ip, .owner, .muted], "the line tells of somebody who is logged in, as no such name is"),
    ("exim.", "helo", [.muted], "only with helo_accept_junk_hosts: what differs is doubtful, and here all differs"),
    ("exim.", "dn", [.muted], "his own certificate: what differs is doubtful, and here all differs"),
    ("exim.refused.recipient.raw", "raw", [.owner, .muted], "the recipient as the client names him"),
    ("openwebmail.", "login", [.muted], "a name that nobody has, in a login that fails"),
    ("perdition.", "user", [.muted], "a name that nobody has, in a login that fails"),
    ("saslauthd.failed", "user", [.muted], "a name that nobody has, in a login that fails"),
    ("sendmail.sent", "expanded", [.owner, .muted], "a list that the administrator made"),
    ("vpopmail.", "login", [.ip, .owner], "he types a name and the half of an address, which is none with his own"),
    ("vpopmail.", "login", [.muted], "vpopmail's accounts have no blanks, and the line tells of one that there is"),
    ("zimbra.login-failed", "asked", [.kind], "a name that nobody has, in a login that fails"),
    ("zpush.request", "login", [.muted], "a name that holds the line's own keys is told by nobody"),
  ]

  static func contains(_ rule: String, _ capture: String, _ kind: CrossFuzzVerdict.Kind) -> Bool {
    list.contains {
      (rule == $0.rule || $0.rule.hasSuffix(".") && rule.hasPrefix($0.rule))
        && ($0.capture.isEmpty || $0.capture == capture) && $0.kinds.contains(kind)
    }
  }
}
