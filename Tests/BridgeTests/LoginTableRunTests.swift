import Glibc
import TestSupport
import Testing

/// The table of logins as a collector, a replay and a merge keep it, as processes.
@Suite(.serialized) struct LoginTableRunTests {
  /// Successful logins are not recorded.
  private static let level = ["--set", "audit.level=5"]

  private func last(_ site: LiveSite, _ more: [String] = [], directory: String? = nil) throws -> [String] {
    let result = try site.run(
      ["last", "-o", "csv", "-q", "--set", "audit.directory=\(directory ?? site.tree)"] + Self.level + more)
    #expect(result.status == 0, "\(result.errors)")
    return result.output.split(separator: "\r\n").dropFirst().map(String.init)
  }

  private func collect(_ site: LiveSite) throws {
    let result = try site.run(["collect", "--until-end"] + Self.level)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test("durability 31: the same from a collector that is killed again and again as from one run, and as from a replay")
  func liveAndReplayed() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { $0.addTraffic(sessions: 80, mailboxes: 7) }
    let replay = try site.run(
      ["replay", "-q", "-D", site.directory + "/journal", "--output-dir", site.directory + "/replayed"] + Self.level)
    #expect(replay.status == 0, "\(replay.errors)")
    let expected = try last(site, directory: site.directory + "/replayed")
    #expect(expected.count > 20 && expected.contains { $0.contains("login.failed") })
    // The trails have none of it.
    #expect(
      try !TestFiles.tree(site.directory + "/replayed").values.contains {
        String(decoding: $0, as: UTF8.self).contains("login.succeeded")
      })
    for change in 1..<12 {
      let collector = try WatchedProcess(
        site.program, ["collect"] + site.arguments + Self.level, changing: site.directory)
      _ = try collector.finish(killedAtChange: change * 3)
    }
    try collect(site)
    #expect(try last(site) == expected)
    // Nothing new: nothing is written.
    let before = try TestFiles.read(site.tree + "/_logins/changes")
    try collect(site)
    #expect(try TestFiles.read(site.tree + "/_logins/changes") == before)
    #expect(try last(site, ["-s", "submission", "-n1"]).count == 1)
  }

  @Test(
    "durability 31: a table that is gone begins anew; a replay into the tree fills it, with a collector and without")
  func filledByReplay() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { $0.addTraffic(sessions: 30, mailboxes: 7) }
    try collect(site)
    let expected = try last(site)
    #expect(expected.contains { $0.contains(",imap,2026") })
    for withCollector in [false, true] {
      TestFiles.remove(site.tree + "/_logins")
      let collector = withCollector ? try site.start(Self.level) : nil
      if let collector {
        unlink(site.directory + "/state/status")
        try #require(site.waits { site.read("state/status").contains("caught_up=1") })
        _ = collector
      }
      #expect(try last(site).allSatisfy { !$0.contains(",imap,2026") })
      let replay = try site.run(["replay", "--output-dir", site.tree] + Self.level)
      #expect(replay.status == 0 && replay.errors.contains("0 events were missing"), "\(replay.errors)")
      #expect(try last(site) == expected)
      if let collector {
        kill(collector.pid, SIGTERM)
        #expect(try collector.finish().status == 0)
      }
    }
  }

  @Test("a merge moves them, also those of a name without a trail") func merged() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try site.log { journal in
      for (index, name) in ["ann@mx", "ann@example.org", "eve@mx"].enumerated() {
        journal.add(
          "dovecot",
          "imap-login: Login: user=<\(name)>, method=PLAIN, rip=192.0.2.\(index), lip=198.51.100.1, mpid=9, session=<\(index)>"
        )
      }
      journal.add("dovecot", "imap(ann@mx)<9><0>: expunge: box=INBOX, uid=1, msgid=<m@example.com>, size=5")
    }
    try collect(site)
    #expect(try last(site).map { $0.split(separator: ",")[0] } == ["ann@example.org", "ann@mx", "eve@mx"])
    for name in ["ann", "eve"] {
      let result = try site.run(["merge", name + "@mx", name + "@example.org"])
      #expect(result.status == 0, "\(result.errors)")
    }
    let rows = try last(site)
    #expect(rows.map { $0.split(separator: ",")[0] } == ["ann@example.org", "eve@example.org"])
    // ann@mx came first, ann@example.org last.
    #expect(rows[0].contains(",192.0.2.1,") && rows[1].contains(",192.0.2.2,"))
    #expect(try site.run(["merge", "eve@mx", "eve@example.org"]).status == 1)
  }
}
