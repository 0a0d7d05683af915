import Glibc
import TestSupport
import Testing

/// The rows of the list "What a journal reader must survive" that concern the collector, as a process on real files.
@Suite(.serialized) struct SurviveTests {
  private func login(_ journal: inout TestJournal, _ number: Int) {
    journal.add(
      "dovecot",
      "imap-login: Login: user=<ann@example.org>, method=PLAIN, rip=192.0.2.1, lip=198.51.100.1, mpid=9, session=<S\(number)>"
    )
  }

  private func sessions(_ records: [String]) -> [String] {
    records.compactMap { record in
      guard let start = record.range(of: "\"session\":\"")?.upperBound else { return nil }
      return String(record[start...].prefix { $0 != "\"" })
    }
  }

  @Test("durability 4: a file cut while it is read kills the reader, is named, and is left out the third time")
  func cutWhileRead() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log("good") { login(&$0, 1) }
    try site.log("bad") { for number in 2...100_000 { login(&$0, number) } }
    let path = site.directory + "/journal/bad.journal"
    let whole = try TestFiles.read(path)
    for round in 1...3 {
      try TestFiles.write(whole, to: path)
      let collector = try startHeld(site)
      try #require(truncate(path, 4_096) == 0)
      try collector.letGo()
      let result = try collector.process.finish()
      try #require(result.status == -SIGBUS, "round \(round): \(result.status) \(result.errors)")
    }
    try TestFiles.write(whole, to: path)
    let last = try site.collect()
    #expect(last.status == 0, "\(last.errors)")
    #expect(last.errors.contains("bad.journal") && last.errors.contains("3 times in a row"))
    let gaps = try site.ownRecords().filter { $0.contains("bridge.gap") && $0.contains("bad.journal") }
    #expect(gaps.contains { $0.contains("left out until it is removed; between 2026-") })
    #expect(try sessions(site.records()).contains("S1"))
  }

  /// Starts a collector that cannot write its first records: the few batches that it has room for are read, and its reader
  /// stands still in front of the next until it is let go. One that goes on for more than a minute then is killed.
  private func startHeld(_ site: LiveSite) throws -> (process: TestProcess, letGo: () throws -> Void) {
    let (domain, aside) = (site.tree + "/example.org", site.directory + "/aside")
    mkdir(site.tree, 0o755)
    let wasThere = rename(domain, aside) == 0
    // A file stands where the mailbox's domain belongs.
    try TestFiles.write([], to: domain)
    let manager = try ServiceManager(path: site.directory + "/notify")
    defer { unlink(manager.path) }
    let process = try TestProcess(
      "/usr/bin/env",
      ["NOTIFY_SOCKET=\(manager.path)", "timeout", "--signal=KILL", "60", site.program, "collect"] + site.arguments)
    var message = ""
    repeat { message = manager.message() } while message != "" && !message.contains("STATUS=Waiting")
    try #require(message != "", "the collector does not say that it waits")
    return (
      process,
      {
        try #require(unlink(domain) == 0)
        if wasThere { try #require(rename(aside, domain) == 0) }
      }
    )
  }

  @Test("durability 12: a file that comes late is in the trail once, live and after a restart")
  func lateFile() throws {
    let site = try LiveSite()
    defer { site.remove() }
    var old = TestJournal()
    for number in 1...30 { login(&old, number) }
    // The first thirty sessions are older than these; the last ten of them are in both files.
    var new = TestJournal()
    for number in 1...50 { login(&new, number) }
    let lines = Array(String(decoding: new.text, as: UTF8.self).split(separator: "\n\n").map { String($0) + "\n\n" })
    try JournalFile.append(Array(lines[20...].joined().utf8), to: site.directory + "/journal/new.journal")
    let collector = try site.start()
    try #require(site.waits { (try? site.records().count) == 30 })
    try JournalFile.append(old.text, to: site.directory + "/old.journal")
    try #require(rename(site.directory + "/old.journal", site.directory + "/journal/old.journal") == 0)
    #expect(try site.waits { try site.records().count >= 50 })
    kill(collector.pid, SIGTERM)
    #expect(collector.wait() == 0)
    #expect(try site.collect().status == 0)
    #expect(try sessions(site.records()).sorted() == (1...50).map { "S\($0)" }.sorted())
  }

  @Test("durability 21: what journald's rate limit dropped of a mail unit is a gap with its number, of others not")
  func rateLimit() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { journal in
      login(&journal, 1)
      journal.addSuppressed(77, unit: "dovecot.service")
      journal.addSuppressed(88, unit: "mailtrail.service")
      login(&journal, 2)
    }
    #expect(try site.collect().status == 0)
    let gaps = try site.ownRecords().filter { $0.contains("bridge.gap") }
    #expect(gaps.count == 1)
    #expect(gaps.allSatisfy { $0.contains("\"level\":10") && $0.contains("\"count\":77") })
    // It begins behind the unit's last entry.
    #expect(gaps.allSatisfy { $0.contains("; between ") })
    // The gap is told wherever people look: the trail of a mailbox, the status, for programs.
    let shown = try site.run(["show", "ann@example.org", "--no-pager"])
    #expect(shown.output.contains("bridge.gap") && shown.output.contains("rate limit"))
    let status = try site.run(["status"])
    #expect(status.output.contains("77 entries"))
    #expect(try site.run(["status", "-o", "json"]).output.contains("\"gaps\":1"))
  }

  @Test("durability 1: a gap has its bounds and number in the record, and marks the trails that it touches, no others")
  func vacuumed() throws {
    let site = try LiveSite()
    defer { site.remove() }
    var journal = TestJournal()
    for number in 1...40 { login(&journal, number) }
    let lines = String(decoding: journal.text, as: UTF8.self).split(separator: "\n\n").map { String($0) + "\n\n" }
    // One sequence in three files, as rotation makes them: written in one and cut out, they would not be.
    try JournalFile.append(Array(lines[..<10].joined().utf8), to: site.directory + "/journal/a.journal")
    #expect(try site.collect().status == 0)
    unlink(site.directory + "/journal/a.journal")
    try JournalFile.append(Array(lines[30...].joined().utf8), to: site.directory + "/journal/c.journal")
    #expect(try site.collect().status == 0)
    let gaps = try site.ownRecords().filter { $0.contains("bridge.gap") }
    #expect(gaps.count == 1)
    #expect(gaps.allSatisfy { $0.contains("; between 2026-") && $0.contains(" and 2026-") })
    #expect(try site.run(["show", "ann@example.org", "--no-pager"]).output.contains("bridge.gap"))
    #expect(
      !(try site.run(["show", "ann@example.org", "--no-pager", "-S", "2027-01-01"]).output.contains("bridge.gap")))
  }

  @Test("durability 28: killed while the clock ends windows of failures: each is told once")
  func killedAtTheClock() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { journal in for _ in 0..<60 { journal.addTraffic(sessions: 1, mailboxes: 1) } }
    #expect(try site.collect().status == 0)
    for change in 1...6 {
      // From its start on: windows are closed as soon as it listens.
      let result = try site.watch().finish(killedAtChange: change)
      try #require(result.status == -SIGKILL, "\(result.errors)")
      unlink(site.directory + "/state/backfill.socket")
    }
    let last = try site.start()
    #expect(try site.waits { try site.records().contains { $0.contains(".burst\"") } })
    kill(last.pid, SIGTERM)
    #expect(try last.finish().status == 0)
    let records = try site.records()
    let ids = records.map { $0.dropFirst(7).prefix { $0 != "\"" } }
    #expect(Set(ids).count == ids.count)
  }

  @Test(
    "durability 28: however long closing the journal takes, --until-end leaves an open window of failures to the next",
    .enabled(if: canTrace, "needs strace(1) and leave to use it"))
  func windowOpenAtTheEnd() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { journal in
      for _ in 1...3 {
        journal.add(
          "dovecot",
          "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<ann@example.org>, method=PLAIN, rip=192.0.2.1, lip=198.51.100.1, session=<F>"
        )
      }
    }
    // Closing the handle unmaps the journal's files; meanwhile nothing comes to the working loop.
    let delay = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=munmap", "-e", "inject=munmap:delay_enter=30000"]
    let collected = try TestProcess.run(
      "/usr/bin/strace", delay + [site.program, "collect", "--until-end"] + site.arguments)
    #expect(collected.status == 0, "\(collected.errors)")
    #expect(try site.records().count == 1)
    // The window is in the checkpoint: an entry behind its end closes it.
    try site.log("later") { journal in
      for _ in 0..<3 { journal.add("kernel", "noise", after: 3_600_000_000) }
      login(&journal, 1)
    }
    #expect(try site.collect().status == 0)
    #expect(try site.records().filter { $0.contains(".burst\"") && $0.contains("\"count\":2") }.count == 1)
  }

  static let canTrace: Bool = {
    (try? TestProcess.run("/usr/bin/strace", ["-qq", "-o", "/dev/null", "/bin/true"]).status) == 0
  }()

  @Test("durability 18: where nothing is told the position moves all the same, and an idle collector writes nothing")
  func rareMatches() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { journal in for number in 0..<20_000 { journal.add("kernel", "noise \(number)", after: 10) } }
    #expect(try site.collect().status == 0)
    let first = site.read("state/checkpoint")
    #expect(first.contains("directory:"))
    let second = try site.collect()
    #expect(second.status == 0)
    #expect(site.read("state/status").contains("entries_read=0\n"))
  }

  @Test(
    "durability 22: a journal that may not be read is an error that names the group",
    .enabled(if: geteuid() == 0, "only root can become another user"))
  func noPermission() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { login(&$0, 1) }
    chmod(site.directory, 0o777)
    chmod(site.directory + "/journal/system.journal", 0o600)
    // A program in a home directory may be out of another user's reach.
    let copy = site.directory + "/mailtrail"
    try #require(try TestProcess.run("cp", [site.program, copy]).status == 0)
    chmod(copy, 0o755)
    let result = try TestProcess.run(
      "/usr/bin/setpriv",
      ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "collect", "--until-end"] + site.arguments)
    #expect(result.status == 1)
    #expect(result.errors.contains("systemd-journal"), "\(result.errors)")
  }

  @Test(
    "durability 10: without inotify the journal is looked at all the same, which is said once",
    .enabled(if: canLimitInotify, "needs a user namespace with a limit of its own"))
  func noInotify() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { login(&$0, 1) }
    let words = (["collect"] + site.arguments).joined(separator: " ")
    let collector = try TestProcess(
      "/usr/bin/unshare",
      ["-U", "-r", "/bin/sh", "-c", "echo 0 >/proc/sys/user/max_inotify_instances; exec \(site.program) \(words)"])
    try #require(site.waits { (try? site.records().count) == 1 })
    try site.log("later") { journal in for number in 1...3 { login(&journal, number) } }
    #expect(try site.waits { try site.records().count == 3 })
    kill(collector.pid, SIGTERM)
    let result = try collector.finish()
    #expect(result.status == 0)
    #expect(result.errors.split(separator: "\n").filter { $0.contains("max_user_instances") }.count == 1)
  }

  @Test(
    "durability 29: an idle collector and one that waits for a full disk feed the watchdog, and say what they wait for")
  func watchdog() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { login(&$0, 1) }
    let manager = try ServiceManager(path: site.directory + "/notify")
    let message = { manager.message() }
    // A tree that cannot be written: a file stands where the mailbox's domain belongs.
    let collector = try TestProcess(
      "/usr/bin/env",
      ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=400000", site.program, "collect"] + site.arguments)
    var messages: [String] = []
    while messages.filter({ $0.contains("WATCHDOG=1") }).count < 5, messages.last != "" { messages.append(message()) }
    #expect(messages.contains { $0.contains("READY=1") })
    #expect(messages.filter { $0.contains("WATCHDOG=1") }.count == 5)
    try #require(site.waits { access(site.tree + "/example.org", F_OK) == 0 })
    try #require(try TestProcess.run("mv", [site.tree + "/example.org", site.directory + "/moved"]).status == 0)
    try TestFiles.write([], to: site.tree + "/example.org")
    try site.log("later") { journal in for number in 1...3 { login(&journal, number) } }
    messages = []
    while !messages.contains(where: { $0.contains("STATUS=Waiting") }), messages.last != "" {
      messages.append(message())
    }
    #expect(messages.last?.contains("STATUS=Waiting") == true)
    messages = []
    while messages.filter({ $0.contains("WATCHDOG=1") }).count < 5, messages.last != "" { messages.append(message()) }
    #expect(messages.filter { $0.contains("WATCHDOG=1") }.count == 5)
    unlink(site.tree + "/example.org")
    #expect(try site.waits { try site.records().count >= 2 })
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
  }

  @Test(
    "durability 29: a working loop that hangs feeds no watchdog, though all other threads run",
    .enabled(if: canTrace, "needs strace(1) and leave to use it"))
  func hungLoop() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { login(&$0, 1) }
    let manager = try ServiceManager(path: site.directory + "/notify")
    let collector = try TestProcess(
      "/usr/bin/env",
      ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=400000", site.program, "collect"] + site.arguments)
    var fed = 0
    while fed < 5, case let message = manager.message(), message != "" {
      if message.contains("WATCHDOG=1") { fed += 1 }
    }
    #expect(fed == 5)
    // The first thread alone is stopped, at its next wait.
    let debugger = try TestProcess(
      "/usr/bin/strace",
      [
        "-qq", "-o", "/dev/null", "-p", "\(collector.pid)", "-e", "trace=futex", "-e",
        "inject=futex:delay_enter=600000000",
      ])
    manager.setPatience(seconds: 5)
    var count = 0
    while count < 200, manager.message() != "" { count += 1 }
    #expect(count < 200, "the watchdog was fed while the loop hung")
    kill(debugger.pid, SIGKILL)
    _ = try debugger.finish()
    manager.setPatience(seconds: 30)
    #expect(manager.message().contains("WATCHDOG=1"))
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
  }

  @Test("durability 24: what an ordinary user logs under a daemon's name in his journal is no event, and counted")
  func userJournal() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { login(&$0, 1) }
    var forged = TestJournal()
    forged.add("dovecot", "imap-login: Login: user=<ann@example.org>, method=PLAIN, rip=192.0.2.6, lip=198.51.100.1")
    let lines = String(decoding: forged.text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    let own = lines.map { line in
      switch line.split(separator: "=").first {
      case "_UID": "_UID=1000"
      case "_SYSTEMD_UNIT": "_SYSTEMD_UNIT=user@1000.service"
      case "_SYSTEMD_SLICE": "_SYSTEMD_SLICE=user-1000.slice"
      default: String(line)
      }
    }
    try JournalFile.append(Array(own.joined(separator: "\n").utf8), to: site.directory + "/journal/user-1000.journal")
    #expect(try site.collect().status == 0)
    #expect(try sessions(site.records()) == ["S1"])
    #expect(site.read("state/status").contains("refused=1\n"))
  }

  static let canLimitInotify: Bool = {
    let script = "echo 0 >/proc/sys/user/max_inotify_instances"
    return (try? TestProcess.run("/usr/bin/unshare", ["-U", "-r", "/bin/sh", "-c", script]).status) == 0
  }()
}

extension String {
  /// The first place of a text.
  fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}

/// The socket on which systemd hears of a service: sd_notify(3).
private final class ServiceManager {
  let path: String
  private let listener: Int32

  init(path: String) throws {
    self.path = path
    listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
    setPatience(seconds: 30)
  }

  deinit { close(listener) }

  /// How long to wait for a message.
  func setPatience(seconds: Int) {
    var patience = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  /// The next message; empty when none comes.
  func message() -> String {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = recv(listener, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
