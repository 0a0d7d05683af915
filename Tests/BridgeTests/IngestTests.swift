import Glibc
import TestSupport
import Testing

/// `mailtrail ingest` as a program, spoken to as rsyslog's omprog and syslog-ng's program() do.
@Suite(.serialized) struct IngestTests {
  /// A tree, and a running program with both pipes in the test's hands.
  final class Site {
    private let temporary = TemporaryDirectory()
    let program: String
    private var process: TestProcess?
    private var input: Int32 = -1
    private var output: Int32 = -1
    private var unread: [UInt8] = []

    init() throws {
      program = try TestProcess.mailtrail()
    }

    deinit {
      if process != nil { end(by: SIGKILL) }
    }

    var directory: String { temporary.path }

    var arguments: [String] {
      [
        "--set", "audit.directory=\(directory)/Audit", "--set", "state.directory=\(directory)/state", "--set",
        "audit.level=1", "--set", "audit.retention=20000d", "--set", "audit.time-zone=UTC", "--set",
        "mailboxes.default-domain=example.org", "--set", "audit.system-messages=off",
      ]
    }

    func start(_ options: [String] = ["--confirm"]) throws {
      var (down, up): ([Int32], [Int32]) = ([0, 0], [0, 0])
      // Sockets rather than pipes, because they can be made so that other tests' programs do not inherit them.
      let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
      guard socketpair(AF_UNIX, type, 0, &down) == 0, socketpair(AF_UNIX, type, 0, &up) == 0 else {
        throw TestFailure("socketpair")
      }
      let errors = open(directory + "/errors", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      defer { for descriptor in [down[0], up[1], errors] { close(descriptor) } }
      (input, output, unread) = (down[1], up[0], [])
      process = try TestProcess(
        program, ["ingest"] + options + arguments, input: down[0], output: up[1], errors: errors)
    }

    func send(_ text: String) throws {
      let count = Glibc.send(input, text, text.utf8.count, Int32(MSG_NOSIGNAL))
      guard count == text.utf8.count else { throw TestFailure("the program is gone: \(errors)") }
    }

    /// The next answer; empty at the end.
    func answer() -> String {
      while true {
        if let place = unread.firstIndex(of: 10) {
          defer { unread.removeFirst(place + 1) }
          return String(decoding: unread[..<place], as: UTF8.self)
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(output, &buffer, buffer.count)
        if count <= 0 { return "" }
        unread += buffer[..<count]
      }
    }

    /// A transaction as omprog sends it; the answer to its end.
    func commit(_ lines: [String]) throws -> String {
      try send("BEGIN TRANSACTION\n")
      #expect(answer() == "OK")
      for line in lines {
        try send(line)
        #expect(answer() == "DEFER_COMMIT")
      }
      try send("COMMIT TRANSACTION\n")
      return answer()
    }

    /// The exit status, or minus the signal.
    @discardableResult func end(by signal: Int32? = nil) -> Int32 {
      guard let process else { return 0 }
      if let signal { kill(process.pid, signal) }
      close(input)
      defer { close(output) }
      self.process = nil
      return process.wait()
    }

    var errors: String { (try? String(decoding: TestFiles.read(directory + "/errors"), as: UTF8.self)) ?? "" }

    /// The day files of mailboxes; what the program tells of itself is left out.
    func tree() throws -> [String: [UInt8]] {
      try TestFiles.tree(directory + "/Audit").filter { !$0.key.contains("_bridge") }
    }

    func events() throws -> Int { try tree().values.joined().reduce(0) { $0 + ($1 == 10 ? 1 : 0) } }

    /// What a replay makes of the lines without their tokens.
    func replayed(_ lines: [String]) throws -> [String: [UInt8]] {
      let plain = lines.map { $0.hasPrefix("@") ? String($0[$0.index(after: $0.firstIndex(of: " ")!)...]) : $0 }
      try TestFiles.write(Array(plain.joined().utf8), to: directory + "/lines")
      let result = try TestProcess.run(
        program,
        ["replay", "--syslog-file", directory + "/lines", "--output-dir", directory + "/replayed"] + arguments)
      guard result.status == 0 else { throw TestFailure(result.errors) }
      return try TestFiles.tree(directory + "/replayed")
    }
  }

  /// Failed logins too, whose bursts would count a line that is taken twice.
  ///
  /// - Parameter start: the time of line 0, in seconds since 1970.
  static func lines(_ numbers: Range<Int>, hasTokens: Bool = true, from start: Int = 1_772_560_800) -> [String] {
    numbers.map { number in
      var time = start + number
      var parts = tm()
      gmtime_r(&time, &parts)
      var stamp = [CChar](repeating: 0, count: 32)
      strftime(&stamp, stamp.count, "%Y-%m-%dT%H:%M:%S", &parts)
      let second = String(decoding: stamp.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      let message =
        number % 4 == 3
        ? "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<u@example.org>, method=PLAIN, rip=203.0.113.6, lip=198.51.100.1, session=<S\(number)>"
        : "imap-login: Login: user=<u@example.org>, method=PLAIN, rip=192.0.2.1, lip=198.51.100.1, mpid=9, session=<S\(number)>"
      return (hasTokens ? "@token-\(number) " : "")
        + "<22>\(second).000123+00:00 mx dovecot: \(message)\n"
    }
  }

  @Test func whatIsAcknowledgedIsWhatAReplayGives() throws {
    let site = try Site()
    try site.start()
    #expect(site.answer() == "OK")
    let lines = Self.lines(0..<40)
    #expect(try site.commit(Array(lines[..<25])) == "OK")
    let atOnce = try site.events()
    #expect(atOnce > 10)
    #expect(try site.commit(Array(lines[25...])) == "OK")
    // Outside a transaction each line is a commit of its own.
    try site.send("@more " + Self.lines(41..<42, hasTokens: false)[0])
    #expect(site.answer() == "OK")
    // Killed: what was acknowledged needs no good end.
    #expect(site.end(by: SIGKILL) == -SIGKILL)
    let tree = try site.tree()
    let replayed = try site.replayed(lines + Self.lines(41..<42)).mapValues { bytes in
      // A replay closes the windows of failed logins at its end.
      bytes.split(separator: 10).filter { !String(decoding: $0, as: UTF8.self).contains(".burst\"") }
        .flatMap { $0 + [10] }
    }
    #expect(tree == replayed)
  }

  @Test(arguments: [true, false]) func batchesThatComeAgainCountOnce(hasTokens: Bool) throws {
    let site = try Site()
    let lines = Self.lines(0..<60, hasTokens: hasTokens)
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(Array(lines[..<20])) == "OK")
    // Committed, and the answer lost with the program.
    #expect(site.end(by: SIGKILL) == -SIGKILL)
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(Array(lines[..<20])) == "OK")
    // A part again, with new ones behind it; given up before its end, then whole.
    try site.send("BEGIN TRANSACTION\n")
    #expect(site.answer() == "OK")
    for line in lines[20..<35] {
      try site.send(line)
      #expect(site.answer() == "DEFER_COMMIT")
    }
    #expect(try site.commit(Array(lines[20..<45])) == "OK")
    // Ended in the middle of a transaction and of a line.
    try site.send("BEGIN TRANSACTION\n")
    #expect(site.answer() == "OK")
    for line in lines[45..<50] {
      try site.send(line)
      #expect(site.answer() == "DEFER_COMMIT")
    }
    try site.send(String(lines[50].prefix(100)))
    #expect(site.end() == 0)
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(Array(lines[45..<60])) == "OK")
    #expect(try site.commit(Self.lines(100..<101, hasTokens: hasTokens)) == "OK")
    #expect(site.end() == 0)
    let reference = try Site()
    try reference.start()
    #expect(reference.answer() == "OK")
    #expect(try reference.commit(lines + Self.lines(100..<101, hasTokens: hasTokens)) == "OK")
    #expect(reference.end() == 0)
    #expect(try site.tree() == (try reference.tree()))
    #expect(try site.events() > 40)
  }

  /// rsyslog sends the message again during which the program died, and none of the transaction's before it.
  @Test(arguments: [true, false]) func aTransactionCutByAKillLosesNothing(hasTokens: Bool) throws {
    let site = try Site()
    let lines = Self.lines(0..<30, hasTokens: hasTokens)
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(Array(lines[..<10])) == "OK")
    try site.send("BEGIN TRANSACTION\n")
    #expect(site.answer() == "OK")
    for line in lines[10..<20] {
      try site.send(line)
      #expect(site.answer() == "DEFER_COMMIT")
    }
    site.end(by: SIGKILL)
    for _ in 0..<2 {
      try site.start()
      #expect(site.answer() == "OK")
      try site.send("BEGIN TRANSACTION\n")
      #expect(site.answer() == "OK")
      try site.send(lines[19])
      #expect(site.answer() == "DEFER_COMMIT")
      site.end(by: SIGKILL)
    }
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(Array(lines[19...])) == "OK")
    site.end()
    #expect(try site.tree() == Self.undisturbed(lines))
    #expect(try TestFiles.read(site.directory + "/state/ingest/open-lines").isEmpty)
  }

  /// syslog-ng has no answers and sends nothing again: what was read lives.
  @Test func withoutAnswersAKillLosesNothingThatWasRead() throws {
    let site = try Site()
    let lines = Self.lines(0..<40, hasTokens: false)
    try site.start(["--no-confirm"])
    for part in [lines[..<20], lines[20...]] {
      for line in part { try site.send(line) }
      let last = "S\(part.endIndex - 1)"
      // Read: kept in the file, or in the tree already.
      let isRead = try DirectoryChanges(in: site.directory).wait {
        let kept = (try? TestFiles.read(site.directory + "/state/ingest/open-lines")) ?? []
        if String(decoding: kept, as: UTF8.self).contains("session=<\(last)>") { return true }
        return try site.tree().values.contains {
          String(decoding: $0, as: UTF8.self).contains("\"session\":\"\(last)\"")
        }
      }
      try #require(isRead)
      site.end(by: SIGKILL)
      try site.start(["--no-confirm"])
    }
    #expect(site.end() == 0)
    #expect(try site.tree() == Self.undisturbed(lines))
  }

  /// What a program makes of the lines that nobody kills.
  static func undisturbed(_ lines: [String]) throws -> [String: [UInt8]] {
    let site = try Site()
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(lines) == "OK")
    #expect(site.end() == 0)
    return try site.tree()
  }

  @Test func linesAlikeAreTwoWithDifferentTokens() throws {
    let site = try Site()
    let line = Self.lines(1..<2, hasTokens: false)[0]
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(["@a " + line, "@b " + line, "@a " + line]) == "OK")
    site.end()
    // Their numbers among lines alike outlive the program.
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(["@b " + line, "@c " + line]) == "OK")
    site.end()
    let tree = try site.tree()
    #expect(tree == (try site.replayed([line, line, line])))
    #expect(try site.events() == 3)
  }

  @Test func aTreeThatCannotBeWrittenIsAnErrorAndThenNothingIsTwice() throws {
    let site = try Site()
    // Of this minute, so that the clock does not close the window of the failed logins while the disk refuses.
    let lines = Self.lines(0..<24, from: time(nil) - 60)
    try site.start()
    #expect(site.answer() == "OK")
    #expect(try site.commit(Array(lines[..<3])) == "OK")
    // The mailbox' directory is a file for a while: nothing can be written below it.
    let path = site.directory + "/Audit/example.org"
    #expect(rename(path, path + ".aside") == 0)
    try TestFiles.write([], to: path)
    let refused = try site.commit(Array(lines[3..<20]))
    #expect(refused.hasPrefix("mailtrail: ") && refused.contains("example.org"))
    let again = try site.commit(Array(lines[3..<20]))
    #expect(again.hasPrefix("mailtrail: "))
    #expect(unlink(path) == 0)
    #expect(rename(path + ".aside", path) == 0)
    #expect(try site.commit(Array(lines[3..<24])) == "OK")
    #expect(site.end() == 0)
    let reference = try Site()
    try reference.start()
    #expect(reference.answer() == "OK")
    #expect(try reference.commit(lines) == "OK")
    #expect(reference.end() == 0)
    #expect(try site.tree() == (try reference.tree()))
  }

  @Test func withoutAnswersEverythingReadIsDurableAtTheEnd() throws {
    let site = try Site()
    try site.start(["--no-confirm"])
    let lines = Self.lines(0..<30)
    // Marks are lines like others here, and lines alike without tokens are two.
    let plain = Self.lines(50..<51, hasTokens: false)[0]
    try site.send("BEGIN TRANSACTION\n" + lines.joined() + plain + plain + String(lines[0].prefix(60)))
    #expect(site.end() == 0)
    #expect(site.errors.contains("the last line has no end"))
    #expect(site.errors.contains("none of the format syslog"))
    let tree = try site.tree()
    let replayed = try site.replayed(lines + [plain, plain])
    #expect(tree.mapValues(\.count).values.reduce(0, +) > 0)
    for (path, bytes) in tree { #expect(replayed[path]?.starts(with: bytes) == true) }
    // Durable within a second without an end.
    try site.start(["--no-confirm"])
    let before = try site.events()
    try site.send(Self.lines(60..<61)[0])
    #expect(try DirectoryChanges(in: site.directory).wait { try site.events() > before })
    #expect(try site.events() == before + 1)
    #expect(site.end(by: SIGTERM) == 0)
  }

  @Test func oneWriterATree() throws {
    let site = try Site()
    try site.start()
    #expect(site.answer() == "OK")
    try TestFiles.write(
      Array("sources:\n  - text: { path: \(site.directory)/none.log, format: syslog }\n".utf8),
      to: site.directory + "/mailtrail.yaml")
    let collect = { (directory: String) throws in
      try TestProcess.run(
        site.program,
        ["collect", "--until-end", "--config", site.directory + "/mailtrail.yaml"] + site.arguments
          + ["--set", "audit.directory=\(site.directory)/\(directory)"])
    }
    for directory in ["Audit", "Other"] {
      let result = try collect(directory)
      #expect(result.status == 1)
      #expect(result.errors.contains("another mailtrail writes"))
    }
    #expect(site.end() == 0)
    #expect(try collect("Audit").status == 0)
    // The other way round rsyslog is told why, until the other one has ended.
    let lock = open(site.directory + "/Audit", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    try site.start()
    #expect(site.answer() == "OK")
    try site.send("BEGIN TRANSACTION\n")
    #expect(site.answer().hasPrefix("mailtrail: another mailtrail writes"))
    #expect(try TestProcess.run(site.program, ["ingest", "--no-confirm"] + site.arguments).status == 1)
    // Unlocked and not only closed: a program that another test is just starting has a copy of the descriptor until exec.
    flock(lock, LOCK_UN)
    close(lock)
    #expect(try site.commit(Self.lines(0..<2)) == "OK")
    #expect(try site.events() == 2)
    #expect(site.end() == 0)
  }

  @Test("other rules after a restart are recorded, once")
  func otherRules() throws {
    let site = try Site()
    for options in [[], ["--set", "rules.off=[dovecot.mail.copy]"], ["--set", "rules.off=[dovecot.mail.copy]"]] {
      try site.start(["--confirm"] + options)
      #expect(site.answer() == "OK")
      #expect(try site.commit(Self.lines(0..<2)) == "OK")
      #expect(site.end() == 0)
    }
    let own = try TestProcess.run("find", [site.directory + "/Audit/_bridge", "-name", "AUDIT-*.log"]).output
    let records = try own.split(separator: "\n").flatMap { try TestFiles.read(String($0)).split(separator: 10) }
    #expect(records.count { String(decoding: $0, as: UTF8.self).contains("bridge.table-changed") } == 1)
  }
}
