import Glibc
import TestSupport
import Testing

/// What happens to a running collector and its files when rules and versions change.
@Suite(.serialized) struct ReloadAndUpgradeTests {
  private func traffic(_ site: LiveSite, _ sessions: Int, _ name: String = "system") throws {
    try site.log(name) { $0.addTraffic(sessions: sessions, mailboxes: 5) }
  }

  @Test("SIGHUP with a broken table keeps the old one and says why; events go on")
  func brokenTable() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try traffic(site, 5)
    let collector = try site.start()
    try #require(site.waits { site.read("state/status").contains("caught_up=1") })
    let before = try site.records().count
    try TestFiles.write("rule broken\n  match x\n", to: site.directory + "/rules/broken.rules")
    kill(collector.pid, SIGHUP)
    // More sessions than before: the further ones are new.
    try traffic(site, 9, "later")
    #expect(try site.waits { try site.records().count > before })
    kill(collector.pid, SIGTERM)
    let result = try collector.finish()
    #expect(result.status == 0)
    #expect(result.errors.contains("the running configuration and rules are kept"))
    #expect(result.errors.contains("broken.rules:1:1:"))
    #expect(try !site.ownRecords().contains { $0.contains("bridge.table-changed") })
  }

  @Test("other rules after a restart are recorded, once, with both fingerprints")
  func changedBetween() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try traffic(site, 3)
    #expect(try site.collect().status == 0)
    let more = ["--set", "rules.off=[dovecot.mail.copy]"]
    for _ in 0..<2 {
      let result = try site.run(["collect", "--until-end"] + more)
      #expect(result.status == 0, "\(result.errors)")
    }
    let changes = try site.ownRecords().filter { $0.contains("bridge.table-changed") }
    #expect(changes.count == 1)
    let hashes = site.read("state/rules-fingerprint").dropLast()
    #expect(hashes.count > 8 && changes.allSatisfy { $0.contains("replaced by \(hashes)") })
  }

  @Test("a checkpoint of a newer version is refused and left as it is")
  func newerCheckpoint() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try traffic(site, 3)
    #expect(try site.collect().status == 0)
    let path = site.directory + "/state/checkpoint"
    var checkpoint = try TestFiles.read(path)
    checkpoint["mailtrail checkpoint ".utf8.count] = UInt8(ascii: "9")
    try TestFiles.write(checkpoint, to: path)
    let result = try site.collect()
    #expect(result.status == 1)
    #expect(result.errors.contains("version 9") && result.errors.contains("newer mailtrail"), "\(result.errors)")
    #expect(try TestFiles.read(path) == checkpoint)
  }

  @Test("checkpoints set aside do not overwrite each other")
  func setAside() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try traffic(site, 3)
    for round in 1...3 {
      #expect(try site.collect().status == 0)
      try TestFiles.write("round \(round)", to: site.directory + "/state/checkpoint")
    }
    #expect(try site.collect().errors.contains("set aside"))
    #expect(site.read("state/checkpoint.bad") == "round 1")
    #expect(site.read("state/checkpoint.bad-3") == "round 3")
  }

  @Test("a tree of a newer form is refused and left as it is", arguments: ["mailtrail tree 2\n", "something else\n"])
  func newerTree(format: String) throws {
    let site = try LiveSite()
    defer { site.remove() }
    try traffic(site, 3)
    #expect(try site.collect().status == 0)
    #expect(site.read("Audit/FORMAT") == "mailtrail tree 1\n")
    let records = try site.records()
    try TestFiles.write(Array(format.utf8), to: site.tree + "/FORMAT")
    let refused = try site.collect()
    #expect(refused.status == 1)
    #expect(refused.errors.contains("FORMAT"), "\(refused.errors)")
    let replay = try site.run(["replay", "--output-dir", site.tree])
    #expect(replay.status == 1 && replay.errors.contains("FORMAT"), "\(replay.errors)")
    let ingest = try site.run(["ingest", "--no-confirm"])
    #expect(ingest.status == 1 && ingest.errors.contains("FORMAT"), "\(ingest.errors)")
    #expect(try site.records() == records)
    #expect(site.read("Audit/FORMAT") == format)
  }

  @Test("a replay into a tree of its own writes the form, and refuses a newer one")
  func newerOutput() throws {
    let site = try LiveSite()
    defer { site.remove() }
    try traffic(site, 3)
    let output = site.directory + "/Output"
    let replay = ["replay", "--file", site.directory + "/journal/system.journal", "--output-dir", output]
    #expect(try site.run(replay).status == 0)
    #expect(site.read("Output/FORMAT") == "mailtrail tree 1\n")
    try TestFiles.write("mailtrail tree 2\n", to: output + "/FORMAT")
    let before = try TestFiles.tree(output)
    let refused = try site.run(replay)
    #expect(refused.status == 1 && refused.errors.contains("version 2"), "\(refused.errors)")
    #expect(try TestFiles.tree(output) == before)
  }

  @Test("a second collector on the same tree, or the same state, says so and exits", arguments: ["audit", "state"])
  func second(other: String) throws {
    let site = try LiveSite()
    defer { site.remove() }
    try traffic(site, 3)
    let collector = try site.start()
    try #require(site.waits { site.read("state/status").contains("caught_up=1") })
    let result = try site.run(["collect", "--set", "\(other).directory=\(site.directory)/another"])
    #expect(result.status == 1)
    #expect(result.errors.contains("another mailtrail writes"), "\(result.errors)")
    kill(collector.pid, SIGTERM)
    #expect(try collector.finish().status == 0)
  }
}
