import AuditModel
import Correlation
import RuleTable
import Testing

/// What the shipped tables make of several lines together.
@Suite struct ShippedScenarioTests {
  private static let table = Result { try CorrelationBench.shipped() }

  private func bench(_ lines: [(Double, String, String)]) throws -> CorrelationBench {
    let bench = CorrelationBench(table: try Self.table.get())
    for (seconds, identifier, message) in lines {
      #expect(bench.feed(seconds, message, from: identifier), "no rule for: \(message)")
    }
    bench.correlator.finish()
    return bench
  }

  private static let login = (
    0.0, "dovecot",
    "imap-login: Login: user=<ann@example.org>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.2, mpid=9, TLS, session=<S1>"
  )
  private static let copy =
    "imap(ann@example.org)<309><S1>: copy from INBOX: box=%, uid=2, msgid=<a@example.com>, size=629"
  private static let delete =
    "imap(ann@example.org)<309><S1>: delete: box=INBOX, uid=1, msgid=<a@example.com>, size=629"
  private static let expunge =
    "imap(ann@example.org)<309><S1>: expunge: box=INBOX, uid=1, msgid=<a@example.com>, size=629"

  private func copy(to folder: String) -> String { Self.copy.replacing("%", with: folder) }

  @Test(
    arguments: [
      ("Work", "message.moved"), ("Trash", "message.deleted"), ("Archive", "message.archived"),
    ])
  func aCopyAndAnExpungeAreAMove(folder: String, kind: String) throws {
    let bench = try bench([
      Self.login, (1, "dovecot", copy(to: folder)), (1.2, "dovecot", Self.expunge),
    ])
    #expect(
      bench.emitted(.ip, .folder, .toFolder) == [
        "login.succeeded ann@example.org ip=192.0.2.7",
        "\(kind) ann@example.org ip=192.0.2.7 folder=INBOX to_folder=\(folder)",
      ])
  }

  @Test func aCopyADeletionAndAnExpungeAreWhatTheySay() throws {
    let bench = try bench([
      Self.login, (1, "dovecot", copy(to: "Work")), (1.2, "dovecot", Self.delete), (1.4, "dovecot", Self.expunge),
    ])
    // That the copy is no move is known when the deletion has been read.
    #expect(
      bench.emitted() == [
        "login.succeeded ann@example.org", "message.deleted ann@example.org", "message.copied ann@example.org",
        "message.expunged ann@example.org",
      ])
  }

  @Test func aCopyAloneIsACopyAndAnExpungeAloneAnExpunge() throws {
    let bench = try bench([Self.login, (1, "dovecot", copy(to: "Work")), (400, "dovecot", Self.expunge)])
    #expect(
      bench.emitted() == [
        "login.succeeded ann@example.org", "message.copied ann@example.org", "message.expunged ann@example.org",
      ])
  }

  // MARK: - Deliveries

  private static let acceptance = [
    (0.0, "postfix/smtpd", "connect from mx.example.com[198.51.100.10]"),
    (0.1, "postfix/smtpd", "2281C177DA1: client=mx.example.com[198.51.100.10]"),
    (0.2, "postfix/cleanup", "2281C177DA1: message-id=<L1@client.example>"),
    (0.3, "postfix/qmgr", "2281C177DA1: from=<peer@example.com>, size=419, nrcpt=1 (queue active)"),
  ]
  private static let save =
    "lmtp(ann@example.org)<258><JWH:T4:R2>: save: box=Work, uid=1, msgid=<L1@client.example>, size=629, flags=()"
  private static let sieve =
    "lmtp(ann@example.org)<258><JWH:T4:R2>: sieve: msgid=<L1@client.example>: fileinto action: stored mail into mailbox 'Work'"
  private static let sent =
    "2281C177DA1: to=<ann@example.org>, relay=mx[private/dovecot-lmtp], delay=0.11, delays=0.08/0/0.01/0.01, dsn=2.0.0, "
    + "status=sent (250 2.0.0 <ann@example.org> JWH:T4:R2 Saved)"

  /// Three lines tell of one delivery, in any order in which journald may get them.
  @Test(
    arguments: [
      [("dovecot", save), ("dovecot", sieve), ("postfix/lmtp", sent)],
      [("dovecot", save), ("postfix/lmtp", sent), ("dovecot", sieve)],
      [("postfix/lmtp", sent), ("dovecot", save), ("dovecot", sieve)],
      [("dovecot", sieve), ("postfix/lmtp", sent)], [("postfix/lmtp", sent), ("dovecot", sieve)],
      [("dovecot", save), ("postfix/lmtp", sent)], [("postfix/lmtp", sent), ("dovecot", save)],
    ])
  func oneDeliveryIsEmittedOnce(lines: [(String, String)]) throws {
    let delivery = lines.enumerated().map { (1 + Double($0.offset) * 0.1, $0.element.0, $0.element.1) }
    let bench = try bench(Self.acceptance + delivery)
    #expect(
      bench.emitted(.queueID, .folder, .sender, .ip) == [
        "delivery.stored ann@example.org queue_id=2281C177DA1 folder=Work sender=peer@example.com ip=198.51.100.10"
      ])
  }

  @Test func aDeliveryWithoutItsAgentsLineIsEmittedByPostfix() throws {
    let bench = try bench(Self.acceptance + [(1, "postfix/lmtp", Self.sent)])
    #expect(
      bench.emitted(.queueID, .sender) == [
        "delivery.stored ann@example.org queue_id=2281C177DA1 sender=peer@example.com"
      ])
  }

  @Test func overQuotaAtTheAgentBouncesForTheSender() throws {
    let submission = [
      (0.0, "postfix/submission/smtpd", "connect from pc.example.org[192.0.2.11]"),
      (
        0.1, "postfix/submission/smtpd",
        "4C9AA176A00: client=pc.example.org[192.0.2.11], sasl_method=PLAIN, sasl_username=bob@example.org"
      ), (0.2, "postfix/cleanup", "4C9AA176A00: message-id=<q1@example.org>"),
      (0.3, "postfix/qmgr", "4C9AA176A00: from=<bob@example.org>, size=419, nrcpt=1 (queue active)"),
    ]
    let full =
      (
        1.0, "dovecot-lda",
        "lda(ann@example.org)<9><S>: msgid=<q1@example.org>: rejected: Quota exceeded (mailbox for user is full)"
      )
    let piped =
      (
        1.1, "postfix/pipe",
        "4C9AA176A00: to=<ann@example.org>, relay=dovecot, delay=0.08, delays=0.05/0.01/0/0.02, dsn=2.0.0, status=sent "
          + "(delivered via dovecot service)"
      )
    for delivery in [[full, piped], [piped, full]] {
      let bench = try bench(
        submission + delivery.enumerated().map { (1 + Double($0.offset) * 0.1, $0.element.1, $0.element.2) })
      #expect(
        bench.emitted(.recipient).sorted() == [
          "delivery.over-quota ann@example.org", "login.succeeded bob@example.org", "message.sent bob@example.org",
          "send.bounced bob@example.org recipient=ann@example.org",
        ])
    }
  }

  /// A content filter takes the message over loopback and gives it back under another queue id. The sender sees one
  /// sent message and one delivery, whichever of the two lines that join the ids is read first.
  @Test(arguments: [true, false]) func aContentFilterGivesTheMessageBack(filterFirst: Bool) throws {
    let given =
      "4C9AA176A00: to=<x@example.com>, relay=127.0.0.1[127.0.0.1]:10024, delay=0.1, delays=0.1/0/0/0, dsn=2.0.0, "
      + "status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 5D3F7176024)"
    let delivered =
      "5D3F7176024: to=<x@example.com>, relay=mx.example.com[192.0.2.201]:25, delay=0.05, delays=0.05/0/0/0, dsn=2.0.0, "
      + "status=sent (250 2.0.0 Accepted)"
    let last = filterFirst ? [(given, 1.3), (delivered, 1.4)] : [(delivered, 1.3), (given, 1.4)]
    let bench = try bench(
      [
        (
          0.1, "postfix/submission/smtpd",
          "4C9AA176A00: client=pc.example.org[192.0.2.11], sasl_method=PLAIN, sasl_username=ann@example.org"
        ), (0.2, "postfix/cleanup", "4C9AA176A00: message-id=<f1@example.org>"),
        (0.3, "postfix/qmgr", "4C9AA176A00: from=<ann@example.org>, size=419, nrcpt=1 (queue active)"),
        (1.0, "postfix/smtpd", "5D3F7176024: client=localhost[127.0.0.1]"),
        (1.1, "postfix/cleanup", "5D3F7176024: message-id=<f1@example.org>"),
        (1.2, "postfix/qmgr", "5D3F7176024: from=<ann@example.org>, size=919, nrcpt=1 (queue active)"),
      ] + last.map { ($0.1, "postfix/smtp", $0.0) })
    #expect(
      bench.emitted(.recipient) == [
        "login.succeeded ann@example.org", "message.sent ann@example.org",
        "send.delivered ann@example.org recipient=x@example.com",
      ])
  }

  // MARK: - Restarts

  /// Some sixty lines of a busy minute: sessions, moves, submissions, a filter, deliveries, failures.
  static let busyMinute: [(Double, String, String)] = {
    var lines: [(Double, String, String)] = []
    var second = 0.0
    func add(_ identifier: String, _ message: String, after pause: Double = 0.2) {
      second += pause
      lines.append((second, identifier, message))
    }
    for (user, session) in [("ann", "S1"), ("bob", "S2")] {
      add(
        "dovecot",
        "imap-login: Login: user=<\(user)@example.org>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.2, mpid=9, TLS, "
          + "session=<\(session)>")
      let speaker = "imap(\(user)@example.org)<309><\(session)>: "
      for uid in 1...3 {
        let message = "uid=\(uid), msgid=<m\(uid)@example.com>, size=629"
        let folder = ["Work", "Trash", "Archive"][uid - 1]
        add("dovecot", speaker + "copy from INBOX: box=\(folder), \(message)")
        if uid == 2 { add("dovecot", speaker + "delete: box=INBOX, \(message)") }
        add("dovecot", speaker + "expunge: box=INBOX, \(message)", after: 0.7)
      }
      for port in 0..<3 {
        add(
          "dovecot",
          "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<\(user)@example.org>, "
            + "method=PLAIN, rip=192.0.2.9, lip=198.51.100.2, TLS, session=<f\(session)\(port)>")
      }
      add("dovecot", "auth: passwd-file(\(user)@example.org,192.0.2.5,<late\(session)>): Password mismatch")
    }
    for (queue, user) in [("4C9AA176A01", "ann"), ("4C9AA176A02", "bob"), ("4C9AA176A03", "ann")] {
      add(
        "postfix/submission/smtpd",
        "\(queue): client=pc.example.org[192.0.2.11], sasl_method=PLAIN, sasl_username=\(user)@example.org")
      add("postfix/cleanup", "\(queue): message-id=<\(queue)@example.org>")
      add("postfix/qmgr", "\(queue): from=<\(user)@example.org>, size=419, nrcpt=2 (queue active)")
      let timing = "delay=0.05, delays=0.05/0/0/0"
      add(
        "postfix/smtp",
        "\(queue): to=<x@example.com>, relay=mx[192.0.2.201]:25, \(timing), dsn=4.0.0, status=deferred (later)")
      add(
        "postfix/lmtp",
        "\(queue): to=<carol@example.org>, relay=mx[private/dovecot-lmtp], \(timing), dsn=2.0.0, "
          + "status=sent (250 2.0.0 <carol@example.org> \(queue):R1 Saved)")
      add(
        "dovecot",
        "lmtp(carol@example.org)<258><\(queue):R1>: save: box=INBOX, uid=1, msgid=<\(queue)@example.org>, size=629")
      add(
        "postfix/smtp",
        "\(queue): to=<x@example.com>, relay=mx[192.0.2.201]:25, \(timing), dsn=2.0.0, status=sent (250 Accepted)")
      add("postfix/qmgr", "\(queue): removed")
    }
    add(
      "postfix/submission/smtpd",
      "warning: unknown[198.51.100.32]: SASL LOGIN authentication failed: no, sasl_username=eve")
    add(
      "postfix/submission/smtpd",
      "warning: unknown[198.51.100.32]: SASL LOGIN authentication failed: no, sasl_username=eve")
    add(
      "dovecot",
      "imap-login: Login: user=<ann@example.org>, method=PLAIN, rip=192.0.2.5, lip=198.51.100.2, mpid=9, session=<lateS1>"
    )
    return lines
  }()

  /// How a correlator comes over a restart.
  enum Checkpoint: Sendable, CaseIterable { case snapshot, snapshotAndChanges }

  /// A restart behind any entry, with a fresh snapshot, or an old one and the changes since, emits the same.
  @Test(arguments: Checkpoint.allCases) func aRestartAnywhereEmitsTheSame(_ checkpoint: Checkpoint) throws {
    let table = try Self.table.get()
    func run(restartBehind restart: Int?) throws -> [String] {
      let bench = CorrelationBench(table: table)
      bench.correlator.trackChanges()
      var state = bench.correlator.encodeState()
      var emitted: [String] = []
      for (index, line) in Self.busyMinute.enumerated() {
        #expect(bench.feed(line.0, line.2, from: line.1), "no rule for: \(line.2)")
        if index == 20 {
          state = bench.correlator.encodeState()
        } else if restart != nil {
          state += bench.correlator.encodeChanges()
        }
        guard index == restart else { continue }
        if checkpoint == .snapshot { state = bench.correlator.encodeState() }
        emitted += bench.everythingEmitted()
        let next = Correlator(table: table, policy: .everything)
        #expect(next.restore(state))
        next.finishRestoring()
        bench.replace(by: next)
      }
      bench.correlator.finish()
      return emitted + bench.everythingEmitted()
    }
    let undisturbed = try run(restartBehind: nil)
    #expect(Self.busyMinute.count >= 50)
    #expect(undisturbed.count > 30)
    for index in Self.busyMinute.indices {
      #expect(try run(restartBehind: index) == undisturbed, "restart behind line \(index)")
    }
  }

  /// A checkpoint that is cut or bent is refused or read in part, never a crash.
  @Test func aDamagedStateIsNoCrash() throws {
    let bench = CorrelationBench(table: try Self.table.get())
    for line in Self.busyMinute.prefix(40) { bench.feed(line.0, line.2, from: line.1) }
    let state = bench.correlator.encodeState()
    var refused = 0
    for length in stride(from: 0, to: state.count, by: 7) {
      let next = Correlator(table: bench.table, policy: .everything)
      if !next.restore(Array(state[..<length])) { refused += 1 }
    }
    #expect(refused > 100)
    for index in stride(from: 0, to: state.count, by: 5) {
      var bent = state
      bent[index] ^= 0xff
      let next = Correlator(table: bench.table, policy: .everything)
      if next.restore(bent) {
        next.finishRestoring()
        next.finish()
      }
    }
  }
}
