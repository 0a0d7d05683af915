import Glibc
import TestSupport
import Testing

/// The collector as a program on real text logs, rotated by the real logrotate where it is installed.
@Suite(.serialized) struct TextLogCollectorTests {
  /// A directory with a log, a configuration that follows it, and one that rotates it.
  struct Site {
    private let temporary = TemporaryDirectory()
    let program: String
    private var second = 0

    init() throws {
      program = try TestProcess.mailtrail()
      chmod(directory, 0o755)
      mkdir(directory + "/log", 0o755)
      try configure("sources:\n  - text: { path: \(directory)/log/mail.log, format: syslog }\n")
    }

    var directory: String { temporary.path }
    var log: String { directory + "/log/mail.log" }

    func configure(_ text: String) throws {
      try TestFiles.write(text, to: directory + "/mailtrail.yaml")
    }

    func arguments(_ run: String) -> [String] {
      [
        "--config", directory + "/mailtrail.yaml", "--set", "audit.directory=\(directory)/\(run)/Audit", "--set",
        "state.directory=\(directory)/\(run)/state", "--set", "audit.level=1", "--set", "audit.retention=20000d",
        "--set", "audit.time-zone=UTC", "--set", "mailboxes.default-domain=example.org",
      ]
    }

    /// Lines of logins and deletions, each of its own second; some of them twice.
    mutating func lines(_ count: Int) -> String {
      (0..<count).map { _ in
        second += 1
        let clock = [second / 3600 % 24, second / 60 % 60, second % 60].map { ($0 < 10 ? "0" : "") + String($0) }
        let user = "user\(second % 20)@example.org"
        let time = "2026-03-\(10 + second / 86_400)T\(clock.joined(separator: ":"))+00:00 mx dovecot: "
        let line =
          second % 3 == 0
          ? "imap(\(user))<9><S\(second)>: expunge: box=INBOX, uid=1, msgid=<m\(second)@example.com>, size=5\n"
          : "imap-login: Login: user=<\(user)>, method=PLAIN, rip=192.0.2.\(second % 250), lip=198.51.100.1, mpid=9, session=<S\(second)>\n"
        return second % 10 == 0 ? time + line + time + line : time + line
      }.joined()
    }

    func append(_ text: String, to path: String? = nil) throws {
      try TestFiles.append(text, to: path ?? log)
    }

    func begin(_ run: String, untilEnd: Bool = true) throws -> TestProcess {
      mkdir("\(directory)/\(run)", 0o755)
      return try TestProcess(program, ["collect"] + (untilEnd ? ["--until-end"] : []) + arguments(run))
    }

    /// Begins it, to be killed at a known change of its tree and state.
    func watch(_ run: String) throws -> WatchedProcess {
      mkdir("\(directory)/\(run)", 0o755)
      return try WatchedProcess(
        program, ["collect", "--until-end"] + arguments(run), changing: "\(directory)/\(run)")
    }

    func tree(_ run: String) throws -> [String: [UInt8]] { try TestFiles.tree("\(directory)/\(run)/Audit") }

    /// What becomes of the same lines in one file, read at one go.
    func reference(_ text: String) throws -> [String: [UInt8]] {
      try append(text, to: directory + "/whole.log")
      let result = try TestProcess.run(
        program,
        ["replay", "--syslog-file", directory + "/whole.log", "--output-dir", directory + "/whole/Audit"]
          + arguments("unused"))
      guard result.status == 0 else { throw TestFailure(result.errors) }
      return try TestFiles.tree(directory + "/whole/Audit")
    }

    /// Waits until the tree has so many events.
    func wait(for count: Int, in run: String) throws {
      let areThere = try DirectoryChanges(in: directory).wait {
        try tree(run).values.reduce(0) { $0 + $1.reduce(0) { $0 + ($1 == 10 ? 1 : 0) } } >= count
      }
      guard areThere else { throw TestFailure("\(count) events did not come in \(run)") }
    }

    func status(_ run: String) throws -> String {
      String(decoding: try TestFiles.read("\(directory)/\(run)/state/status"), as: UTF8.self)
    }

    func remove() { temporary.remove() }
  }

  @Test func collectsATextLogOnceAndAsReplayDoes() throws {
    var site = try Site()
    defer { site.remove() }
    let text = site.lines(300)
    try site.append(text)
    let first = try site.begin("a").finish()
    #expect(first.status == 0, "\(first.errors)")
    let tree = try site.tree("a")
    #expect(tree == (try site.reference(text)))
    #expect(tree.values.joined().reduce(0) { $0 + ($1 == 10 ? 1 : 0) } == 330)
    #expect(try site.begin("a").finish().status == 0)
    #expect(try site.tree("a") == tree)
  }

  private static let logrotate = "/usr/sbin/logrotate"

  @Test(
    .enabled(if: access(logrotate, X_OK) == 0, "logrotate is not installed: rotation by it was NOT tested"),
    arguments: [
      "create", "copytruncate", "create\ncompress", "copytruncate\ncompress", "create\ncompress\ndelaycompress",
      "create\ndateext\ndateformat -%Y%m%d-%s\ncompress\ncompresscmd /usr/bin/xz\ncompressext .xz",
    ])
  func followsRealRotation(options: String) throws {
    var site = try Site()
    defer { site.remove() }
    let configuration = site.directory + "/logrotate.conf"
    try TestFiles.write("\(site.log) {\nrotate 50\nmissingok\n\(options)\n}\n", to: configuration)
    chmod(configuration, 0o644)
    func rotate() throws {
      let result = try TestProcess.run(Self.logrotate, ["-f", "-s", site.directory + "/rotation", configuration])
      try #require(result.status == 0, "\(result.errors)")
      // A dated name must not come twice: it counts seconds.
      if options.contains("dateext") { usleep(1_100_000) }
    }
    var whole = ""
    func write(_ count: Int) throws {
      let text = site.lines(count)
      whole += text
      try site.append(text)
    }
    func events() -> Int { whole.utf8.reduce(0) { $0 + ($1 == 10 ? 1 : 0) } }

    try write(50)
    var collector = try site.begin("a", untilEnd: false)
    try site.wait(for: events(), in: "a")
    for _ in 0..<3 {
      // What is written just before a rotation and just behind it.
      try write(20)
      try rotate()
      try write(20)
      try site.wait(for: events(), in: "a")
    }
    // Stopped, and rotated twice meanwhile.
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
    try write(10)
    try rotate()
    try write(10)
    try rotate()
    try write(10)
    collector = try site.begin("a", untilEnd: false)
    try site.wait(for: events(), in: "a")
    // Killed, and rotated.
    try write(15)
    kill(collector.pid, SIGKILL)
    _ = try collector.finish()
    try rotate()
    try write(5)
    collector = try site.begin("a", untilEnd: false)
    try site.wait(for: events(), in: "a")
    kill(collector.pid, SIGTERM)
    let last = try collector.finish()
    #expect(last.status == 0)
    #expect(try site.tree("a") == (try site.reference(whole)))
    let bridge = try TestProcess.run("grep", ["-rc", "bridge.gap", site.directory + "/a/Audit/_bridge"])
    #expect(bridge.status == 1, "a gap was reported: \(bridge.output)")
  }

  @Test func survivesKillsAmongRotations() throws {
    var site = try Site()
    defer { site.remove() }
    var whole = ""
    var kills = 0
    let names = site.log
    for round in 0..<12 {
      let text = site.lines(500)
      whole += text
      try site.append(text)
      for attempt in 0..<4 {
        let process = try site.watch("a")
        if try process.finish(killedAtChange: 1 + attempt * (3 + round)).status == -SIGKILL { kills += 1 }
      }
      // One rotation in two ways; older files make room as logrotate does it.
      for number in stride(from: round, to: 0, by: -1) {
        rename("\(names).\(number).gz", "\(names).\(number + 1).gz")
        rename("\(names).\(number)", "\(names).\(number + 1)")
      }
      if round % 2 == 0 {
        rename(names, names + ".1")
      } else {
        _ = try TestProcess.run("cp", [names, names + ".1"])
        truncate(names, 0)
        _ = try TestProcess.run("gzip", [names + ".1"])
      }
    }
    let result = try site.begin("a").finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(kills >= 12)
    let (found, expected) = (try site.tree("a"), try site.reference(whole))
    #expect(found.count == expected.count)
    for (path, bytes) in expected { #expect(found[path] == bytes, "\(path) after \(kills) kills") }
  }

  /// What is begun and emptied by copytruncate before anything was read of it is in the copy alone, and comes before what
  /// the same inode holds then, also when that is renamed.
  @Test(arguments: [false, true], [false, true])
  func readsACopyOfWhichNothingWasRead(isRunning: Bool, isRenamedToo: Bool) throws {
    var site = try Site()
    defer { site.remove() }
    let log = site.log
    var (whole, number) = ("", 0)
    func write(_ count: Int) throws {
      let text = site.lines(count)
      whole += text
      try site.append(text)
    }
    func shift() {
      for old in stride(from: number, to: 0, by: -1) { rename("\(log).\(old)", "\(log).\(old + 1)") }
      number += 1
    }
    func renameLog() throws {
      shift()
      rename(log, log + ".1")
      try site.append("")
    }
    // A name that leads nowhere looks like one that rotation has just changed.
    symlink("nowhere", log + ".99")
    // All of the first file's lines are of one second: only its content tells that it was read.
    try write(1)
    let collector = isRunning ? try site.begin("a", untilEnd: false) : nil
    if let collector {
      try site.wait(for: 1, in: "a")
      kill(collector.pid, SIGSTOP)
      try renameLog()
    } else {
      #expect(try site.begin("a").finish().status == 0)
      try renameLog()
      // The new file is in the position, and nothing of it.
      #expect(try site.begin("a").finish().status == 0)
    }
    try write(100)
    shift()
    _ = try TestProcess.run("/bin/cp", [log, log + ".1"])
    truncate(log, 0)
    try write(50)
    if isRenamedToo {
      try renameLog()
      try write(20)
    }
    if let collector {
      kill(collector.pid, SIGCONT)
      try site.wait(for: whole.utf8.count { $0 == 10 }, in: "a")
      kill(collector.pid, SIGTERM)
      #expect(try collector.finish().status == 0)
    } else {
      #expect(try site.begin("a").finish().status == 0)
    }
    let (found, expected) = (try site.tree("a"), try site.reference(whole))
    for (path, bytes) in expected { #expect(found[path] == bytes, "\(path)") }
  }

  @Test func journalAndTextLogTogether() throws {
    var site = try Site()
    defer { site.remove() }
    mkdir(site.directory + "/journal", 0o755)
    var journal = TestJournal()
    journal.addTraffic(sessions: 20, mailboxes: 5)
    try journal.write(to: site.directory + "/journal/system.journal")
    try site.append(site.lines(50))
    let collect = { (run: String, sources: [String]) throws -> Int in
      try site.configure("sources:\n" + sources.map { "  - \($0)\n" }.joined())
      #expect(try site.begin(run).finish().status == 0)
      return try site.tree(run).values.joined().reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
    }
    let source = "journal: { directories: [\(site.directory)/journal] }"
    let text = "text: { path: \(site.log), format: syslog }"
    let alone = try collect("a", [source])
    // A source that is added later is read from its start, the other one from where it stands.
    #expect(try collect("a", [source, text]) == alone + 55)
    #expect(try collect("b", [text, source]) == alone + 55)
  }

  @Test func whatCannotBeReadIsInTheStatusAndTriedAgain() throws {
    var site = try Site()
    defer { site.remove() }
    let collector = try site.begin("a", untilEnd: false)
    func waitForStatus(_ isRight: (String) -> Bool) throws {
      let hasCome = try DirectoryChanges(in: site.directory).wait { (try? site.status("a")).map(isRight) == true }
      guard hasCome else { throw TestFailure("the status did not come: \((try? site.status("a")) ?? "none")") }
    }
    try waitForStatus { $0.contains("waiting.\(site.log)=") && $0.contains("No such file") }
    try site.append(site.lines(9))
    try site.wait(for: 9, in: "a")
    try waitForStatus { !$0.contains("waiting.") }
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
  }

  @Test(.enabled(if: geteuid() == 0, "not root: reading without permission was NOT tested"))
  func permissionDeniedIsSaid() throws {
    var site = try Site()
    defer { site.remove() }
    try site.append(site.lines(9))
    chmod(site.log, 0o600)
    mkdir(site.directory + "/a", 0o777)
    chmod(site.directory + "/a", 0o777)
    // As nobody, who may not read it.
    let result = try TestProcess.run(
      "/usr/bin/setpriv",
      ["--reuid=65534", "--regid=65534", "--clear-groups", site.program, "collect", "--until-end"] + site.arguments("a")
    )
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("Permission denied"))
    #expect(result.errors.contains("SupplementaryGroups="))
    #expect(try site.status("a").contains("waiting.\(site.log)="))
  }
}
