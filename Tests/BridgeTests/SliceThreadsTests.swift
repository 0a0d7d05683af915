import TestSupport
import Testing

@Suite struct SliceThreadsTests {
  @Test("several readers write the tree that one writes, byte for byte", arguments: [2, 3, 16])
  func theSameTree(readers: Int) throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let directory = temporary.path
    var journal = TestJournal()
    journal.addTraffic(sessions: 2500, mailboxes: 40)
    try JournalFile.append(journal.text, to: directory + "/system.journal")
    func replay(_ readers: Int, _ more: [String] = []) throws -> [String: [UInt8]] {
      let tree = directory + "/\(readers)-\(more.count)"
      let result = try TestProcess.run(
        TestProcess.mailtrail(),
        [
          "replay", "-D", directory, "--readers", "\(readers)", "--output-dir", tree, "--set", "audit.level=1", "--set",
          "mailboxes.default-domain=example.org",
        ] + more)
      #expect(result.status == 0, "\(result.errors)")
      return try TestFiles.tree(tree)
    }
    let one = try replay(1)
    #expect(one.count > 40)
    #expect(try replay(readers) == one)
    let until = ["--until", "2026-09-21 12:26:50 UTC"]
    let part = try replay(1, until)
    #expect(part.values.joined().count < one.values.joined().count)
    #expect(try replay(readers, until) == part)
  }
}
