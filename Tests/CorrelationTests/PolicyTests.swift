import AuditModel
import Correlation
import Testing

@Suite struct PolicyTests {
  private static let rules =
    BurstTests.rules + """
      rule sent
        match sent <mailbox:word>
        event message.sent
        example sent a
          expect mailbox=a
      rule claimed
        match claimed <mailbox:word>
        event message.sent unowned
        example claimed a
          expect mailbox=a
      rule handed
        match handed <uid:int>
        set person=account(login-user(<uid>)) program=service-user(<uid>)
        event message.sent mailbox=account(<person>) if <person>
        event message.sent local <program> actor=system actor_name=<program> if <program>
        example handed 33
          expect uid=33
      rule stored
        match stored <mailbox:token>
        event delivery.stored
        example stored a
          expect mailbox=a
      rule limit
        match limit <mailbox:word>
        event send.rate-exceeded
        example limit a
          expect mailbox=a
      rule changed
        match changed <mailbox:word>
        event account.changed
        example changed a
          expect mailbox=a
      rule subject
        match subject <mailbox:word> <subject:word>
        event message.saved
        example subject a b
          expect mailbox=a subject=b

      """

  private func emitted(
    _ lines: [(Double, String)], _ keys: FieldKey..., with change: (inout CorrelationPolicy) -> Void = { _ in }
  ) throws -> [String] {
    let bench = try CorrelationBench(Self.rules, policy: .everything.with(change))
    for (seconds, line) in lines { #expect(bench.feed(seconds, line)) }
    return bench.correlator.drainEvents().map { CorrelationBench.text($0, keys: keys) }
  }

  @Test func tooManySentAreReportedOnceAnHour() throws {
    let lines =
      (0..<5).map { (Double($0), "sent ann") } + [(6.0, "limit ann")] + (0..<4).map { (3_600 + Double($0), "sent ann") }
    #expect(
      try emitted(lines, .count, .reason) { $0.maximumSentPerHour = 2 } == [
        "message.sent ann@example.org", "message.sent ann@example.org",
        "send.rate-exceeded ann@example.org count=3 reason=more than 2 messages in an hour",
        "message.sent ann@example.org", "message.sent ann@example.org", "message.sent ann@example.org",
        "message.sent ann@example.org", "message.sent ann@example.org",
        "send.rate-exceeded ann@example.org count=3 reason=more than 2 messages in an hour",
        "message.sent ann@example.org", "message.sent ann@example.org",
      ])
  }

  @Test func eachMailboxIsCountedByItselfAndZeroIsNever() throws {
    let lines = [(0.0, "sent ann"), (1, "sent bob"), (2, "sent bob")]
    #expect(
      try emitted(lines) { $0.maximumSentPerHour = 1 }.filter { $0.hasPrefix("send") } == [
        "send.rate-exceeded bob@example.org"
      ])
    #expect(try emitted(lines) { $0.maximumSentPerHour = 0 }.count == 3)
  }

  /// A sender may name anybody: what is nobody's brings nobody else nearer to his limit.
  @Test func whatIsNobodysCountsByItself() throws {
    let lines = [(0.0, "claimed ann"), (1, "claimed ann"), (2, "sent ann"), (3, "claimed ann"), (4, "sent ann")]
    #expect(
      try emitted(lines) { $0.maximumSentPerHour = 1 }.filter { $0.hasPrefix("send") } == [
        "send.rate-exceeded _unknown", "send.rate-exceeded ann@example.org",
      ])
  }

  /// The commonest way by which spam leaves a server: a web server's user, whose mailbox nobody has.
  @Test func whatAServiceHandsOverCountsForItsUser() throws {
    let lines = [(0.0, "handed 33"), (1, "handed 34"), (2, "handed 33"), (3, "sent www-data"), (4, "handed 1001")]
    let found = try emitted(lines, .actor, .actorName) {
      $0.maximumSentPerHour = 1
      $0.localUsers = LocalUsers { uid, machine in
        machine != 1
          ? nil
          : uid == 1001
            ? LocalUsers.User(name: Array("ann".utf8), isService: false)
            : LocalUsers.User(name: Array((uid == 33 ? "www-data" : "list").utf8), isService: true)
      }
    }
    #expect(
      found == [
        "message.sent _local/www-data actor=system actor_name=www-data",
        "message.sent _local/list actor=system actor_name=list",
        "send.rate-exceeded _local/www-data actor=system actor_name=www-data",
        "message.sent _local/www-data actor=system actor_name=www-data",
        "message.sent www-data@example.org actor=owner", "message.sent ann@example.org actor=owner",
      ])
  }

  @Test func countingGoesOnBelowTheThreshold() throws {
    let lines = [(0.0, "sent ann"), (1, "sent ann")]
    #expect(
      try emitted(lines) {
        $0.maximumSentPerHour = 1
        $0.threshold = .high
      } == ["send.rate-exceeded ann@example.org"])
  }

  @Test func namesThatAreNoMailboxGoToUnknownUntilTheyAreProven() throws {
    #expect(
      try emitted([
        (0, "fail carol 192.0.2.1 imap"), (1, "ok carol"), (2, "fail carol 192.0.2.2 imap"),
        (3, "fail ann 192.0.2.1 imap"),
        (4, "fail dave 192.0.2.1 imap"), (5, "stored dave"), (6, "fail DAVE 192.0.2.2 imap"),
      ]) == [
        "login.failed _unknown", "login.succeeded carol@example.org", "login.failed carol@example.org",
        "login.failed ann@example.org", "login.failed _unknown", "delivery.stored dave@example.org",
        "login.failed dave@example.org",
      ])
  }

  @Test func deliveriesMakeOnlySoManyMailboxesAnHour() throws {
    #expect(
      try emitted([
        (0, "stored a1"), (1, "stored a2"), (2, "stored a3"), (3, "stored a1"), (4, "ok a4"), (3_600, "stored a3"),
      ]) { $0.newMailboxesPerHour = 2 } == [
        "delivery.stored a1@example.org", "delivery.stored a2@example.org", "delivery.stored _unknown",
        "delivery.stored a1@example.org", "login.succeeded a4@example.org", "delivery.stored a3@example.org",
      ])
  }

  @Test func levelsGatesAndKinds() throws {
    let lines = [
      (0.0, "ok ann"), (0, "fail ann 192.0.2.1 imap"), (0, "changed ann"), (0, "sent ann"), (0, "limit ann"),
    ]
    func kinds(_ change: (inout CorrelationPolicy) -> Void) throws -> String {
      try emitted(lines, with: change).map { String($0.split(separator: " ")[0]) }.joined(separator: " ")
    }
    #expect(try kinds { _ in } == "login.succeeded login.failed account.changed message.sent send.rate-exceeded")
    #expect(try kinds { $0.threshold = .normal } == "login.failed account.changed message.sent send.rate-exceeded")
    #expect(try kinds { $0.threshold = .high } == "send.rate-exceeded")
    #expect(
      try kinds { $0.isAbuseDetectionOn = false } == "login.succeeded account.changed message.sent send.rate-exceeded")
    #expect(
      try kinds { $0.areMailboxChangesOn = false } == "login.succeeded login.failed message.sent send.rate-exceeded")
    #expect(try kinds { $0.isAuditOn = false } == "")
    #expect(
      try kinds { $0.kindsOff = [.messageSent] } == "login.succeeded login.failed account.changed send.rate-exceeded")
    #expect(
      try kinds {
        $0.levels = [.loginSucceeded: .high, .sendRateExceeded: .low]
        $0.threshold = .high
      } == "login.succeeded")
  }

  @Test func theEventHasTheLevelThatTheAdministratorGave() throws {
    let bench = try CorrelationBench(Self.rules, policy: .everything.with { $0.levels = [.loginSucceeded: .high] })
    bench.feed(0, "ok ann")
    #expect(bench.correlator.drainEvents().map(\.event.level) == [.high])
  }

  @Test func subjectsAreKeptOnlyWhenAskedFor() throws {
    #expect(try emitted([(0, "subject ann hello")], .subject) == ["message.saved ann@example.org"])
    #expect(
      try emitted([(0, "subject ann hello")], .subject) { $0.keepsSubjects = true } == [
        "message.saved ann@example.org subject=hello"
      ])
  }
}
