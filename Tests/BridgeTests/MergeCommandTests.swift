import Glibc
import TestSupport
import Testing

/// `mailtrail merge`, as a process, on the tree of a collector.
@Suite(.serialized) struct MergeCommandTests {
  private static let evidence = ["--set", "audit.tamper-evidence=true"]
  private static let names = ["user0@example0.org", "user1@example1.org"]

  /// A collector's tree, in which one person is user0@example0.org and user1@example1.org.
  private func site() throws -> LiveSite {
    let site = try LiveSite()
    try site.log { $0.addTraffic(sessions: 60, mailboxes: 7) }
    let result = try site.run(["collect", "--until-end"] + Self.evidence)
    #expect(result.status == 0, "\(result.errors)")
    return site
  }

  private func merge(_ site: LiveSite, _ more: [String] = []) throws -> (
    status: Int32, output: String, errors: String
  ) {
    try site.run(["merge"] + Self.names + more + Self.evidence)
  }

  private func ids(_ records: [String]) -> [String] {
    records.map { String($0.dropFirst(7).prefix { $0 != "\"" }) }.sorted()
  }

  private func isSound(_ site: LiveSite) throws -> String {
    // No announcements are read: the test's seals are not in this journal.
    let journal = "\(site.directory)/journal/system.journal"
    return try site.run(["verify", "-q", "--file", journal]).output.split(separator: "\n")
      .filter { !$0.contains("the system journal goes back to") }.joined(separator: "\n")
  }

  @Test func movesATrailWhileNoCollectorRuns() throws {
    let site = try site()
    defer { site.remove() }
    // The last run's: it says nothing of the one that follows.
    unlink(site.directory + "/state/status")
    let collector = try site.start(Self.evidence)
    try #require(site.waits { site.read("state/status").contains("caught_up=1") })
    #expect(try merge(site, ["--dry-run"]).output.hasSuffix("nothing was changed\n"))
    let refused = try merge(site)
    #expect(refused.status == 1 && refused.errors.contains("systemctl stop mailtrail"), "\(refused.errors)")
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
    let before = try site.records()
    let own = before.filter { $0.contains("\"mailbox\":\"user0@example0.org\"") }.count
    let dry = try merge(site, ["--dry-run"])
    #expect(dry.output.contains(": \(own) records to move, 0 already there\n"), "\(dry.output)")
    #expect(try site.records() == before)
    let merged = try merge(site)
    let moved = "\(own) records of user0@example0.org moved to user1@example1.org, 0 were there already"
    #expect(merged.output == moved + "; the trail of user0@example0.org is removed\n", "\(merged.errors)")
    #expect(try ids(site.records()) == ids(before))
    #expect(access(site.tree + "/example0.org/user0", F_OK) != 0)
    #expect(try isSound(site) == "")
    // The collector goes on: it brings nothing back, and nothing twice.
    #expect(try site.run(["collect", "--until-end"] + Self.evidence).status == 0)
    #expect(try ids(site.records()) == ids(before))
    #expect(access(site.tree + "/example0.org/user0", F_OK) != 0)
    #expect(try isSound(site) == "")
    // People see the events in the order of time, the newest of them too.
    let shown = try site.run(["show", Self.names[1], "--no-pager", "-o", "json"]).output.split(separator: "\n")
    let times = shown.compactMap { $0.split(separator: "\"time\":\"").dropFirst().first?.prefix(27) }
    #expect(times.count > own && times == times.sorted())
    let newest = try site.run(["show", Self.names[1], "--no-pager", "-o", "json", "-n5"]).output.split(separator: "\n")
    #expect(newest == shown.suffix(5))
    let last = try site.run(["last", Self.names[1], "-o", "json"]).output
    let login = shown.last { $0.contains("login.succeeded") }
    let time = try #require(login?.split(separator: "\"time\":\"").dropFirst().first?.prefix(27))
    #expect(last.contains("\"success\":{\"time\":\"\(time)\""), "\(last)")
  }

  @Test("durability 28: killed at any change of its files, it is finished by the next")
  func killed() throws {
    let site = try site()
    defer { site.remove() }
    let before = try site.records()
    for change in 1...24 {
      let copy = "\(site.directory)/copy"
      TestFiles.remove(copy)
      mkdir(copy, 0o755)
      #expect(try TestProcess.run("cp", ["-a", site.tree, site.directory + "/state", copy]).status == 0)
      let place = ["--set", "audit.directory=\(copy)/Audit", "--set", "state.directory=\(copy)/state"]
      let words = Self.names + site.arguments + Self.evidence + place
      let process = try WatchedProcess(site.program, ["merge"] + words, changing: copy)
      let result = try process.finish(killedAtChange: change)
      // It may have ended before.
      #expect([0, -SIGKILL].contains(result.status), "\(result.errors)")
      let isThere = access("\(copy)/Audit/example0.org/user0", F_OK) == 0
      let next = try TestProcess.run(site.program, ["merge"] + words)
      #expect(!isThere || next.status == 0, "\(change): \(next.errors)")
      let records = try TestFiles.tree(copy + "/Audit").values.flatMap { $0.split(separator: 10) }
        .map { String(decoding: $0, as: UTF8.self) }
      #expect(ids(records) == ids(before), "\(change)")
      let left = try TestProcess.run("find", ["\(copy)/Audit/example0.org", "-path", "*user0*"]).output
      #expect(left == "", "\(change)")
    }
  }

  @Test func whatCannotBeMerged() throws {
    let site = try site()
    defer { site.remove() }
    let before = try site.records()
    for (words, text) in [
      ([Self.names[0], Self.names[0]], "are the same trail"),
      (["user0@example0.orh", Self.names[1]], "did you mean user0@example0.org"),
      (["_unknown", Self.names[1]], "is of many"), (["_bridge", Self.names[1]], "is of many"),
      ([Self.names[0], "_local/www"], "is no mailbox"),
      (["_local/www", Self.names[0]], "there is no trail of _local/www"),
    ] {
      let result = try site.run(["merge"] + words)
      #expect(result.status == 1 && result.errors.contains(text), "\(words): \(result.errors)")
    }
    #expect(try site.records() == before)
  }

  /// The name is an alias by now, and its trail is still there under its own.
  @Test func theOldNameMeansTheNewOneByNow() throws {
    let site = try site()
    defer { site.remove() }
    let alias = ["--set", "mailboxes.domain-aliases={example0.org: example1.org}"]
    let merged = try site.run(["merge", "User0@Example0.org", "user0@example0.org"] + Self.evidence + alias)
    #expect(merged.status == 0 && merged.output.contains("moved to user0@example1.org"), "\(merged.errors)")
    #expect(access(site.tree + "/example1.org/user0", F_OK) == 0)
    // Where case counts, another case is another mailbox.
    let cased = try site.run(
      ["merge", "User1@example1.org", "user0@example0.org"] + Self.evidence + alias
        + ["--set", "mailboxes.fold-case=false"])
    #expect(cased.status == 1 && cased.errors.contains("there is no trail of User1@example1.org"), "\(cased.errors)")
  }

  /// Root's merge leaves the collector's files the collector's.
  @Test(.enabled(if: geteuid() == 0)) func byRoot() throws {
    let site = try site()
    defer { site.remove() }
    #expect(chmod(site.directory, 0o755) == 0)
    #expect(try TestProcess.run("chown", ["-R", "65534:65533", site.tree, site.directory + "/state"]).status == 0)
    let merged = try merge(site)
    #expect(merged.status == 0, "\(merged.errors)")
    let others = ["!", "-user", "65534", "-o", "!", "-group", "65533"]
    #expect(try TestProcess.run("find", [site.tree, site.directory + "/state"] + others).output == "")
    let record = try site.ownRecords().filter { $0.contains("bridge.trail-merged") }
    #expect(record.count == 1 && record[0].contains(" (as uid 0)\""))
  }
}
