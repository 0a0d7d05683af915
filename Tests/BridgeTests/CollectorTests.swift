import Glibc
import TestSupport
import Testing

/// The collector as a program on real journal files.
@Suite(.serialized) struct CollectorTests {
  /// A directory with a journal in it and a configuration that reads it.
  struct Site {
    private let temporary = TemporaryDirectory()
    let program: String

    init(sessions: Int) throws {
      program = try TestProcess.mailtrail()
      mkdir(directory + "/journal", 0o755)
      var journal = TestJournal()
      journal.addTraffic(sessions: sessions, mailboxes: 40)
      try journal.write(to: directory + "/journal/system.journal")
      try TestFiles.write(
        "sources:\n  - journal: { directories: [\(directory)/journal] }\n", to: directory + "/mailtrail.yaml")
    }

    var directory: String { temporary.path }

    func arguments(_ run: String) -> [String] {
      [
        "--config", directory + "/mailtrail.yaml", "--set", "audit.directory=\(directory)/\(run)/Audit", "--set",
        "state.directory=\(directory)/\(run)/state", "--set", "audit.level=1", "--set", "audit.retention=20000d",
        "--set", "audit.time-zone=UTC", "--set", "mailboxes.default-domain=example.org",
      ]
    }

    func begin(_ run: String, _ more: [String] = []) throws -> TestProcess {
      mkdir("\(directory)/\(run)", 0o755)
      return try TestProcess(program, ["collect", "--until-end"] + arguments(run) + more)
    }

    /// Begins it, to be killed at a known change of its tree and state.
    func watch(_ run: String, _ more: [String] = []) throws -> WatchedProcess {
      mkdir("\(directory)/\(run)", 0o755)
      return try WatchedProcess(
        program, ["collect", "--until-end"] + arguments(run) + more, changing: "\(directory)/\(run)")
    }

    func tree(_ run: String) throws -> [String: [UInt8]] { try TestFiles.tree("\(directory)/\(run)/Audit") }
    func remove() { temporary.remove() }
  }

  @Test func collectsToTheEndAndOnlyOnce() throws {
    let site = try Site(sessions: 60)
    defer { site.remove() }
    #expect(try site.begin("a").finish().status == 0)
    let first = try site.tree("a")
    #expect(first.count > 40)
    // Every delivery was logged by Postfix and by Dovecot, in both orders, and is one event with both's facts.
    let lines = first.values.flatMap { $0.split(separator: 10) }.map { String(decoding: $0, as: UTF8.self) }
    let stored = lines.filter { $0.contains("\"kind\":\"delivery.stored\"") }
    #expect(stored.count == 60)
    #expect(stored.allSatisfy { $0.contains("\"queue_id\"") && $0.contains("\"folder\":\"INBOX\"") })
    #expect(lines.filter { $0.contains("\"kind\":\"message.deleted\"") }.count == 20)
    #expect(!lines.contains { $0.contains("\"kind\":\"message.expunged\"") })
    #expect(try site.begin("a").finish().status == 0)
    #expect(try site.tree("a") == first)
  }

  @Test func replayWritesWhatCollectWrote() throws {
    let site = try Site(sessions: 60)
    defer { site.remove() }
    #expect(try site.begin("a").finish().status == 0)
    let replay = try TestProcess.run(
      site.program,
      ["replay", "-D", site.directory + "/journal", "--output-dir", site.directory + "/b/Audit"] + site.arguments("c"))
    #expect(replay.status == 0, "\(replay.errors)")
    let collected = try site.tree("a")
    // A replay closes the windows of failed logins at its end; a collector keeps them for what may follow.
    let replayed = try TestFiles.tree(site.directory + "/b/Audit").mapValues { bytes in
      bytes.split(separator: 10).filter { !String(decoding: $0, as: UTF8.self).contains(".burst\"") }.flatMap {
        $0 + [10]
      }
    }
    #expect(replayed == collected)
  }

  /// Every other round with tamper evidence, where each line's bytes depend on all lines before it, and a seal comes every
  /// so often.
  @Test("durability 28: killed at any step, nothing is lost and nothing twice, byte for byte")
  func survivesBeingKilledTwoHundredTimes() throws {
    let site = try Site(sessions: 500)
    defer { site.remove() }
    let settings = [[], ["--set", "audit.tamper-evidence=true"]]
    let undisturbed = try settings.enumerated().map { number, more in
      #expect(try site.begin("a\(number)", more).finish().status == 0)
      return try site.tree("a\(number)")
    }
    var kills = 0
    var rounds = 0
    while kills < 200, rounds < 2000 {
      rounds += 1
      let run = "run\(rounds)"
      let variant = rounds % settings.count
      // Ever later, so that each round ends; at other steps in each.
      for change in stride(from: 1 + rounds % 7, to: Int.max, by: 3 + rounds) {
        let process = try site.watch(run, settings[variant])
        let result = try process.finish(killedAtChange: change)
        if result.status == 0 { break }
        try #require(result.status == -SIGKILL, "\(result.errors)")
        kills += 1
      }
      try #require(try site.tree(run) == undisturbed[variant], "differs after \(kills) kills")
      let verified = try TestProcess.run(site.program, ["verify"] + site.arguments(run))
      try #require(verified.status == 0, "\(verified.output)")
      TestFiles.remove("\(site.directory)/\(run)")
    }
    #expect(kills >= 200)
  }

  @Test func aSecondCollectorIsRefused() throws {
    let site = try Site(sessions: 5)
    defer { site.remove() }
    mkdir("\(site.directory)/a", 0o755)
    mkdir("\(site.directory)/a/Audit", 0o755)
    let directory = open("\(site.directory)/a/Audit", O_RDONLY | O_DIRECTORY)
    #expect(flock(directory, LOCK_EX | LOCK_NB) == 0)
    let result = try site.begin("a").finish()
    close(directory)
    #expect(result.status == 1)
    #expect(result.errors.contains("another mailtrail writes"))
  }

  @Test("durability 15: a torn checkpoint is set aside, and nothing is written twice")
  func aDamagedCheckpointIsSetAsideAndNothingIsWrittenTwice() throws {
    let site = try Site(sessions: 30)
    defer { site.remove() }
    #expect(try site.begin("a").finish().status == 0)
    let before = try site.tree("a")
    let path = site.directory + "/a/state/checkpoint"
    let checkpoint = try TestFiles.read(path)
    for length in stride(from: 0, to: checkpoint.count, by: 37) {
      try TestFiles.write(Array(checkpoint.prefix(length)), to: path)
      let result = try site.begin("a").finish()
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("set aside"))
      try #require(try site.tree("a") == before)
    }
  }

  @Test func errorsSayWhatToDo() throws {
    let site = try Site(sessions: 5)
    defer { site.remove() }
    let wrongKey = try TestProcess.run(site.program, ["collect", "--set", "audit.levle=1"])
    #expect(wrongKey.status != 0)
    #expect(wrongKey.errors.contains("level"))
    try TestFiles.write("rule broken\n  match x\n", to: site.directory + "/broken.rules")
    let rules = try TestProcess.run(site.program, ["rules", "check", site.directory + "/broken.rules"])
    #expect(rules.status == 1)
    #expect(rules.errors.contains("broken.rules:1:1:"))
    let missing = try TestProcess.run(
      site.program, ["replay", "--file", site.directory + "/none.journal", "-o", "json"])
    #expect(missing.status == 1)
    #expect(missing.errors.contains("none.journal"))
    try TestFiles.write(
      Array(try TestFiles.read(site.directory + "/journal/system.journal").prefix(70_000)),
      to: site.directory + "/cut.journal")
    let cut = try TestProcess.run(site.program, ["replay", "--file", site.directory + "/cut.journal", "-o", "json"])
    #expect(cut.status == 1)
    #expect(cut.errors.contains("cut.journal"))
  }

  /// sd-daemon(3): where the journal reads standard error, a line begins with its severity.
  @Test("messages of the service bear their severity where the journal reads them, and only there")
  func messagesHaveSeverities() throws {
    let site = try Site(sessions: 1)
    defer { site.remove() }
    let state = site.directory + "/a/state"
    mkdir(site.directory + "/a", 0o755)
    mkdir(state, 0o755)
    try TestFiles.write(Array("mailtrail checkpoint 7\nnothing".utf8), to: state + "/checkpoint")
    let command = [site.program, "collect", "--until-end"] + site.arguments("a")
    let script = #"[ -z "$1" ] || export JOURNAL_STREAM=$(stat -Lc %d:%i /dev/fd/2); shift; exec "$@""#
    let inJournal = try TestProcess.run("/bin/sh", ["-c", script, "sh", "journal"] + command)
    #expect(inJournal.status == 0)
    #expect(inJournal.errors.contains("<3>mailtrail: \(state)/checkpoint is damaged"))
    try TestFiles.write(Array("mailtrail checkpoint 7\nnothing".utf8), to: state + "/checkpoint")
    let onTerminal = try TestProcess.run("/bin/sh", ["-c", script, "sh", ""] + command)
    #expect(onTerminal.errors.contains("mailtrail: \(state)/checkpoint is damaged"))
    #expect(!onTerminal.errors.contains("<3>"))
    let failed = try TestProcess.run(
      "/bin/sh", ["-c", script, "sh", "journal", site.program, "collect", "--config", site.directory + "/none"])
    #expect(failed.status == 1)
    #expect(failed.errors.hasPrefix("<3>mailtrail: "))
  }
}
