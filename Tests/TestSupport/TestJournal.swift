/// Journal files for tests: export text of our own making, turned into a real journal by systemd-journal-remote.
package struct TestJournal {
  package private(set) var text: [UInt8] = []
  private var number: UInt64 = 0
  private var time: UInt64 = 1_790_000_000_000_000

  package init() {}

  /// Adds an entry as journald would have written it for a daemon of a unit.
  package mutating func add(_ identifier: String, _ message: String, pid: Int = 300, after microseconds: UInt64 = 1000)
  {
    number += 1
    time += microseconds
    let unit = identifier.hasPrefix("postfix/") ? "postfix@-.service" : "\(identifier).service"
    text += ExportFormat.entry([
      ("__CURSOR", cursor), ("__REALTIME_TIMESTAMP", "\(time)"), ("__MONOTONIC_TIMESTAMP", "\(monotonic)"),
      ("_BOOT_ID", Self.id("b")), ("_MACHINE_ID", Self.id("c")), ("_HOSTNAME", "mx"), ("_TRANSPORT", "syslog"),
      ("PRIORITY", "6"), ("SYSLOG_IDENTIFIER", identifier), ("_PID", "\(pid)"), ("_UID", "0"), ("_SYSTEMD_UNIT", unit),
      ("_SYSTEMD_SLICE", "system.slice"), ("MESSAGE", message),
    ])
  }

  private var monotonic: UInt64 { time % 1_000_000_000_000 }

  private var cursor: String {
    func hex(_ number: UInt64) -> String { String(number, radix: 16) }
    let hash = hex(number &* 0x9e37_79b9_7f4a_7c15)
    let clock = "m=\(hex(time % 1_000_000_000));t=\(hex(time))"
    return "s=\(Self.id("a"));i=\(hex(number));b=\(Self.id("b"));\(clock);x=\(hash)"
  }

  /// Adds journald's own word that it dropped messages of a unit.
  package mutating func addSuppressed(_ count: Int, unit: String) {
    number += 1
    time += 1000
    text += ExportFormat.entry([
      ("__REALTIME_TIMESTAMP", "\(time)"), ("__MONOTONIC_TIMESTAMP", "\(monotonic)"), ("_BOOT_ID", Self.id("b")),
      ("_MACHINE_ID", Self.id("c")), ("_HOSTNAME", "mx"), ("_TRANSPORT", "driver"), ("PRIORITY", "6"),
      ("SYSLOG_IDENTIFIER", "systemd-journald"), ("_PID", "200"), ("_UID", "0"),
      ("_SYSTEMD_UNIT", "systemd-journald.service"), ("MESSAGE_ID", "a596d6fe7bfa4994828e72309e95d61e"),
      ("OBJECT_SYSTEMD_UNIT", unit), ("N_DROPPED", "\(count)"),
      ("MESSAGE", "Suppressed \(count) messages from \(unit)"),
    ])
  }

  /// IMAP sessions, submissions and deliveries of so many mailboxes, with joins that reach over several lines.
  package mutating func addTraffic(sessions: Int, mailboxes: Int) {
    for index in 0..<sessions {
      let user = "user\(index * 7 % mailboxes)@example\(index % 3).org"
      let session = "S\(index)"
      add(
        "dovecot",
        "imap-login: Login: user=<\(user)>, method=PLAIN, rip=192.0.2.\(index % 250), lip=198.51.100.1, mpid=9, session=<\(session)>"
      )
      if index % 3 == 0 {
        add(
          "dovecot",
          "imap(\(user))<9><\(session)>: copy from INBOX: box=Trash, uid=1, msgid=<m\(index)@example.com>, size=5")
        add("dovecot", "imap(\(user))<9><\(session)>: expunge: box=INBOX, uid=1, msgid=<m\(index)@example.com>, size=5")
      }
      let queue = String(0xABCDE0 + index, radix: 16, uppercase: true)
      add("postfix/submission/smtpd", "\(queue): client=pc[192.0.2.9], sasl_method=PLAIN, sasl_username=\(user)")
      add("postfix/cleanup", "\(queue): message-id=<q\(index)@example.org>")
      add("postfix/qmgr", "\(queue): from=<\(user)>, size=900, nrcpt=1 (queue active)")
      let peer = "user\(index * 3 % mailboxes)@example\(index % 3).org"
      let delivery = "D\(index)"
      let isAgentFirst = index % 2 == 0
      let saved =
        "lmtp(\(peer))<8><\(delivery)>: save: box=INBOX, uid=\(index), msgid=<q\(index)@example.org>, size=950"
      if isAgentFirst { add("dovecot", saved) }
      add(
        "postfix/lmtp",
        "\(queue): to=<\(peer)>, relay=mx[private/dovecot-lmtp], delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 <\(peer)> \(delivery) Saved)"
      )
      if !isAgentFirst { add("dovecot", saved) }
      add("postfix/qmgr", "\(queue): removed")
      if index % 5 == 0 {
        add(
          "dovecot",
          "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<\(user)>, method=PLAIN, rip=203.0.113.\(index % 9), lip=198.51.100.1, session=<F\(index)>"
        )
      }
      add("dovecot", "imap(\(user))<9><\(session)>: Disconnected: Logged out in=1 out=2", after: 50_000)
    }
  }

  private static func id(_ digit: String) -> String { String(repeating: digit, count: 32) }

  /// Writes the journal file, or appends to it.
  package func write(to path: String) throws { try JournalFile.append(text, to: path) }
}
