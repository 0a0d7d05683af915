import Glibc
import TestSupport
import Testing

/// Replays into the live tree, with and without a collector, as processes.
@Suite(.serialized) struct BackfillTests {
  private static let rule = """
    table accountd
      seen our accountd 2.4
      account user

    scope accountd
      identifier accountd
      trust unit accountd.service

    rule accountd.password-set
      match password of <user:text> set by <actor_name:word>
      event account.password-changed mailbox=<user> service=panel
      example password of ann@example.org set by helpdesk
        expect user=ann@example.org actor_name=helpdesk

    """

  /// Logins, failures, deliveries, and lines that only the new rule knows.
  private func fill(_ journal: inout TestJournal, sessions: Int) {
    for index in 0..<sessions {
      journal.addTraffic(sessions: 1, mailboxes: 7)
      journal.add("accountd", "password of user\(index % 7)@example0.org set by helpdesk", after: 30_000_000)
    }
  }

  private func addRule(_ site: LiveSite) throws {
    try TestFiles.write(Array(Self.rule.utf8), to: site.directory + "/rules/accountd.rules")
  }

  private func replay(_ site: LiveSite, _ more: [String] = []) throws -> (status: Int32, output: String, errors: String)
  {
    try site.run(["replay", "--output-dir", site.tree] + more)
  }

  private func ids(_ records: [String]) -> [String] { records.map { String($0.dropFirst(7).prefix { $0 != "\"" }) } }

  /// What a collector that had the rule from the start would have written.
  private func expected(_ site: LiveSite) throws -> [String] {
    let other = site.directory + "/other"
    mkdir(other, 0o755)
    let result = try TestProcess.run(
      site.program,
      ["collect", "--until-end"] + site.arguments
        + ["--set", "audit.directory=\(other)/Audit", "--set", "state.directory=\(other)/state"])
    #expect(result.status == 0, "\(result.errors)")
    return try TestFiles.tree(other + "/Audit").values.flatMap { $0.split(separator: 10) }
      .map { String(decoding: $0, as: UTF8.self) }.sorted()
  }

  @Test("with the collector running: exactly what is missing is added, a second time nothing, show sorts by time")
  func beside() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { fill(&$0, sessions: 60) }
    let collector = try site.start()
    try #require(site.waits { site.read("state/status").contains("caught_up=1") })
    let before = try site.records()
    try addRule(site)
    kill(collector.pid, SIGHUP)
    try #require(try site.waits { try site.ownRecords().contains { $0.contains("bridge.table-changed") } })
    let first = try replay(site)
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.errors.contains("60 events were missing and are added"), "\(first.errors)")
    let second = try replay(site)
    #expect(second.errors.contains("0 events were missing and are added"), "\(second.errors)")
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
    let records = try site.records()
    #expect(records.count == before.count + 60)
    #expect(Set(ids(records)).count == records.count)
    #expect(try records == expected(site))
    let shown = try site.run(["show", "user0@example0.org", "--no-pager", "-o", "json"]).output.split(separator: "\n")
    let times = shown.compactMap { $0.split(separator: "\"time\":\"").dropFirst().first?.prefix(27) }
    #expect(times.count > 10 && times == times.sorted())
  }

  @Test("without a collector the replay writes itself, and leaves to it what it has not read")
  func alone() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { fill(&$0, sessions: 30) }
    #expect(try site.collect().status == 0)
    try addRule(site)
    // The journal goes on while no collector runs.
    var journal = TestJournal()
    fill(&journal, sessions: 40)
    try journal.write(to: site.directory + "/journal/more.journal")
    let result = try replay(site)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("30 events were missing"), "\(result.errors)")
    #expect(result.errors.contains("the next one records itself"), "\(result.errors)")
    // The next one looks for what it tells of that time, once.
    let mark = site.directory + "/state/backfilled"
    #expect(access(mark, F_OK) == 0)
    #expect(try site.collect().status == 0)
    #expect(access(mark, F_OK) != 0)
    let records = try site.records()
    #expect(Set(ids(records)).count == records.count)
    #expect(records.filter { $0.contains("account.password-changed") }.count == 40)
  }

  @Test("without a collector the chains go on, and nobody else's tree is written")
  func aloneWithTamperEvidence() throws {
    let site = try LiveSite()
    defer { site.remove() }
    let evidence = ["--set", "audit.tamper-evidence=true"]
    try site.log { fill(&$0, sessions: 30) }
    #expect(try site.run(["collect", "--until-end"] + evidence).status == 0)
    try addRule(site)
    let before = try site.records().count
    if geteuid() == 0 {
      chown(site.tree, 65_533, 65_533)
      let refused = try replay(site, evidence)
      #expect(refused.status == 1)
      #expect(refused.errors.contains("it belongs to uid 65533"), "\(refused.errors)")
      chown(site.tree, 0, 0)
    }
    #expect(try site.records().count == before)
    #expect(try replay(site, evidence).status == 0)
    #expect(try site.records().count == before + 30)
    #expect(try site.records().allSatisfy { $0.contains("\"prev\":\"") })
    // Seals go to the machine's journal: this one, which has nothing, says nothing of them.
    mkdir(site.directory + "/nothing", 0o755)
    let verified = try site.run(["verify", "-D", site.directory + "/nothing"] + evidence)
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
  }

  @Test("since a time: what lies before it is context only; what is older than the retention is not added")
  func bounds() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { fill(&$0, sessions: 40) }
    #expect(try site.collect().status == 0)
    try addRule(site)
    // Sessions are about half a minute apart, from 2026-09-21 14:13:20 UTC on.
    let part = try replay(site, ["--since", "2026-09-21 14:23:20 UTC"])
    #expect(part.status == 0, "\(part.errors)")
    let added = try site.records().filter { $0.contains("account.password-changed") }
    #expect(added.count > 10 && added.count < 30)
    #expect(added.allSatisfy { !$0.contains("\"time\":\"2026-09-21T14:1") })
    let old = try site.run(["replay", "--output-dir", site.tree, "--set", "audit.retention=1min"])
    #expect(old.status == 0, "\(old.errors)")
    #expect(old.errors.contains("older than audit.retention"), "\(old.errors)")
  }

  @Test("either side killed at any step: nothing twice, and the next replay adds the rest")
  func kills() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { fill(&$0, sessions: 800) }
    #expect(try site.collect().status == 0)
    try addRule(site)
    let socket = site.directory + "/state/backfill.socket"
    // A replay that comes before the collector has its lock takes it, and the collector says so and ends.
    func begin() throws -> TestProcess {
      unlink(socket)
      let process = try site.start()
      try #require(site.waits { access(socket, F_OK) == 0 })
      return process
    }
    var collector = try begin()
    for round in 0..<12 {
      let client = try WatchedProcess(
        site.program, ["replay", "--output-dir", site.tree, "--quiet"] + site.arguments, changing: site.tree)
      client.waitForChanges(1 + round * 5)
      kill(round % 2 == 0 ? client.pid : collector.pid, SIGKILL)
      _ = try client.finish()
      if round % 2 == 1 {
        _ = try collector.finish()
        collector = try begin()
      }
      try #require(twice(try site.records()) == [])
    }
    let last = try replay(site)
    #expect(last.status == 0, "\(last.errors)")
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
    let records = try site.records()
    #expect(twice(records) == [])
    // Windows of failures that were open at the end the service closes by the clock, a reading to the end does not.
    let wanted = Set(try expected(site))
    #expect(wanted.subtracting(records) == [])
    #expect(Set(records).subtracting(wanted).filter { !$0.contains(".burst\"") } == [])
  }

  private func twice(_ records: [String]) -> [String] {
    var seen: [String: String] = [:]
    return records.filter { record in
      seen.updateValue(record, forKey: String(record.dropFirst(7).prefix { $0 != "\"" })) != nil
    }
  }

  @Test("the socket is for root and the collector's user only", .enabled(if: geteuid() == 0, "needs another user"))
  func strangers() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { fill(&$0, sessions: 2) }
    let collector = try site.start()
    let path = site.directory + "/state/backfill.socket"
    try #require(site.waits { access(path, F_OK) == 0 })
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
    // Even where the file's mode would let him in, the kernel's word keeps a stranger out.
    chmod(site.directory, 0o755)
    chmod(site.directory + "/state", 0o755)
    chmod(path, 0o666)
    let copy = site.directory + "/mailtrail"
    try #require(try TestProcess.run("cp", [site.program, copy]).status == 0)
    let result = try TestProcess.run(
      "/usr/bin/setpriv",
      ["--reuid=65534", "--regid=65534", "--clear-groups", copy, "replay", "--output-dir", site.tree] + site.arguments)
    #expect(result.status == 1)
    #expect(result.errors.contains("only root and the collector's own user"), "\(result.errors)")
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
    #expect(access(path, F_OK) != 0)
  }
}
