import RuleTable
import Testing

/// Names and texts that a stranger chooses, made to look like the end of one line and the middle of another.
@Suite struct ForgeryTests {
  /// A line form of a daemon: how it is made, and the capture that names the mailbox.
  struct Shape: Sendable, CustomStringConvertible {
    var description: String
    var scope: String
    var mailbox: String
    /// The line and the mailbox that the daemon means, for hostile texts.
    var line: @Sendable (inout Hostile) -> (line: String, meant: String)
  }

  /// A generator of hostile texts; the seed makes a run repeatable.
  struct Hostile {
    private var state: UInt64
    private static let fragments = [
      ")<1><s>: ", "): ", ">, method=PLAIN, rip=192.0.2.66", ", sasl_username=", "; from=<x@y> to=<", "> to=<",
      "> proto=ESMTP helo=<h>", " sasl_username=<", "\"", "'", "[192.0.2.66]", "(", ")", "<", ">", ", ", ": ", "=",
      "imap(victim@example.org)<1><s>: expunge: box=INBOX, uid=1, msgid=", ", uid=9, msgid=", ", size=1",
      "sieve: msgid=", ": stored mail into mailbox 'INBOX'", ": saved mail to ", "victim@example.org",
      "victim@example.org", "user=<", ",192.0.2.66,<s>): Password mismatch", ">, status=sent (250 ok)",
      ", relay=x, delay=1, delays=1/1/1/1, dsn=2.0.0", " (auth failed, 1 attempts in 2 secs): user=<",
      ", session=<q>", "lmtp(victim@example.org)<2><t>: ", "x", "7", "{\"user\":\"victim@example.org\"}",
      " (queue active)", ", size=1, nrcpt=1", " -> ", "Mailbox ", "\\", "Login: ",
    ]

    init(seed: UInt64) { state = seed }

    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }

    mutating func text() -> String {
      (0...next(5)).map { _ in Self.fragments[next(Self.fragments.count)] }.joined()
    }

    /// An address as Postfix logs it: an odd local part in quotes, `"` and `\` escaped (RFC 5321, section 4.1.2).
    mutating func quotedAddress() -> String {
      let local = text().flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }
      return "\"\(String(local))\"@example.net"
    }

    /// A HELO name as Postfix's smtpd logs it: blanks, brackets, quotes and the like are made harmless.
    mutating func helo() -> String { String(text().map { " <>()\\\";@".contains($0) ? "?" : $0 }) }
  }

  private static let ann = "ann@example.org"

  private static let dovecot: [Shape] = [
    Shape(description: "Dovecot login", scope: "dovecot", mailbox: "user") {
      let user = $0.text()
      let fields = "method=PLAIN, rip=192.0.2.7, lip=198.51.100.2, mpid=9, TLS, session=<x1>"
      return ("imap-login: Login: user=<\(user)>, \(fields)", user)
    },
    Shape(description: "Dovecot failed login", scope: "dovecot", mailbox: "user") {
      let user = $0.text()
      let fields = "method=PLAIN, rip=192.0.2.9, lip=198.51.100.2, TLS, session=<f1>"
      let why = "Disconnected: Connection closed (auth failed, 1 attempts in 2 secs)"
      return ("imap-login: \(why): user=<\(user)>, \(fields)", user)
    },
    Shape(description: "Dovecot auth", scope: "dovecot", mailbox: "user") {
      let user = $0.text()
      return ("auth: passwd-file(\(user),192.0.2.5,<n4J>): Password mismatch", user)
    },
    Shape(description: "Dovecot expunge", scope: "dovecot", mailbox: "user") {
      ("imap(\(ann))<309><S1>: expunge: box=\($0.text()), uid=2, msgid=\($0.text()), size=629", ann)
    },
    Shape(description: "Dovecot expunge without session", scope: "dovecot", mailbox: "user") {
      ("imap(\(ann)): expunge: box=\($0.text()), uid=2, msgid=\($0.text()), size=629", ann)
    },
    Shape(description: "Dovecot copy", scope: "dovecot", mailbox: "user") {
      let message = "uid=2, msgid=\($0.text()), size=629"
      return ("imap(\(ann))<309><S1>: copy from \($0.text()): box=\($0.text()), \(message)", ann)
    },
    Shape(description: "Dovecot folder", scope: "dovecot", mailbox: "user") {
      ("imap(\(ann))<309><S1>: Mailbox created: \($0.text())", ann)
    },
    Shape(description: "Dovecot lmtp save", scope: "dovecot", mailbox: "user") {
      let message = "msgid=\($0.text()), size=629, vsize=648, from=\($0.text()), subject=\($0.text()), flags=()"
      return ("lmtp(\(ann))<258><J>: save: box=INBOX, uid=1, \(message)", ann)
    },
    Shape(description: "Dovecot sieve", scope: "dovecot", mailbox: "user") {
      ("lmtp(\(ann))<258><J>: sieve: msgid=\($0.text()): stored mail into mailbox 'INBOX'", ann)
    },
    Shape(description: "Dovecot lda", scope: "dovecot", mailbox: "user") {
      ("lda(\(ann))<405><6SQ>: msgid=\($0.text()): saved mail to \($0.text())", ann)
    },
  ]

  private static let postfix: [Shape] = [
    Shape(description: "Postfix client", scope: "postfix.smtpd", mailbox: "login") {
      let user = $0.text()
      return ("4C9AA176A00: client=pc[192.0.2.11], sasl_method=PLAIN, sasl_username=\(user)", user)
    },
    Shape(description: "Postfix failed login", scope: "postfix.smtpd", mailbox: "login") {
      let user = $0.text()
      let failure = "SASL LOGIN authentication failed: (reason unavailable)"
      return ("warning: unknown[198.51.100.32]: \(failure), sasl_username=\(user)", user)
    },
    Shape(description: "Postfix delivery", scope: "postfix.smtp", mailbox: "recipient") {
      let recipient = $0.quotedAddress()
      let fields = "relay=mx[192.0.2.201]:25, delay=0.05, delays=0.05/0/0/0, dsn=2.0.0, status=sent"
      return ("6124C176002: to=<\(recipient)>, \(fields) (250 \($0.text()))", recipient)
    },
    Shape(description: "Postfix bounce", scope: "postfix.smtp", mailbox: "recipient") {
      let fields = "relay=mx[192.0.2.201]:25, delay=0.05, delays=0.05/0/0/0, dsn=5.0.0, status=bounced"
      return ("6124C176002: to=<bob@example.com>, \(fields) (host said \($0.text()))", "bob@example.com")
    },
    Shape(description: "Postfix local delivery", scope: "postfix.lmtp", mailbox: "recipient") {
      let fields = "relay=mx[private/lmtp], delay=0.11, delays=0.08/0/0.01/0.01, dsn=2.0.0, status=sent"
      return ("2281C177DA1: to=<\(ann)>, orig_to=<\($0.quotedAddress())>, \(fields) (\($0.text()))", ann)
    },
    Shape(description: "Postfix refusal", scope: "postfix.smtpd", mailbox: "recipient") {
      let envelope = "from=<\($0.quotedAddress())> to=<\(ann)> proto=ESMTP helo=<\($0.helo())>"
      return ("NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 \($0.text()); \(envelope)", ann)
    },
    Shape(description: "Postfix refusal of a user", scope: "postfix.smtpd", mailbox: "login") {
      let envelope = "from=<\($0.quotedAddress())> to=<\($0.quotedAddress())> proto=ESMTP helo=<\($0.helo())>"
      let user = "sasl_method=PLAIN sasl_username=<\(ann)>"
      return ("NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 \($0.text()); \(envelope) \(user)", ann)
    },
    Shape(description: "Postfix queue", scope: "postfix.qmgr", mailbox: "sender") {
      let sender = $0.quotedAddress()
      return ("2281C177DA1: from=<\(sender)>, size=419, nrcpt=1 (queue active)", sender)
    },
  ]

  /// The mailbox is the one that the daemon meant, or it is doubtful, or no rule takes the line up.
  @Test(arguments: dovecot + postfix) func namesNobodyElse(_ shape: Shape) throws {
    let table = try TableUnderTest(files: ShippedRules.embedded)
    let isNoise = Dictionary(uniqueKeysWithValues: table.table.rules.map { ($0.id, $0.isNoise) })
    var hostile = Hostile(seed: 20_260_121)
    var matched = 0
    for _ in 0..<2_000 {
      let (line, meant) = shape.line(&hostile)
      guard let found = table.match(line, scope: shape.scope), isNoise[found.rule] == false else { continue }
      guard let mailbox = found.captures[shape.mailbox] else { continue }
      matched += 1
      if mailbox != meant, !found.doubtful.contains(shape.mailbox) {
        Issue.record("\(found.rule) reads ‘\(mailbox)’, meant is ‘\(meant)’, in: \(line)")
        return
      }
    }
    #expect(matched > 1_000, "the shape must be one that the tables know")
  }
}
