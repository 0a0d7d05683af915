import Testing

@testable import LogSources

@Suite("The source in memory")
struct InMemoryEntrySourceTests {
  @Test("reads in batches, resumes behind its position, and filters as the journal does")
  func reading() throws {
    let entries = (1...5).map { number in
      InMemoryEntrySource.Entry(
        realtime: UInt64(number),
        fields: ["MESSAGE": "m\(number)", "SYSLOG_IDENTIFIER": number == 2 ? "cron" : "dovecot", "_UID": "0"])
    }
    let interest = SetInterest(identifiers: ["dovecot"])
    var source = InMemoryEntrySource(entries, interest: interest)
    let batch = EntryBatch()
    #expect(source.read(into: batch, limit: 3) == .more)
    #expect(batch.entries.map { batch.text(of: $0.message) } == ["m1", "m3"])
    #expect(batch.examinedCount == 3)
    let position = try #require(SourcePosition(encoded: batch.position.encoded))
    var resumed = InMemoryEntrySource(entries, after: position, interest: interest)
    #expect(resumed.read(into: batch, limit: 10) == .end)
    #expect(batch.entries.map { batch.text(of: $0.message) } == ["m4", "m5"])
    #expect(batch.entries.allSatisfy { $0.uid == 0 })
    #expect(resumed.wait(timeoutMicroseconds: 0) == .timedOut)
    resumed.append(InMemoryEntrySource.Entry(realtime: 6, fields: ["_COMM": "x"], messageBytes: [0, 255]))
    #expect(resumed.wait(timeoutMicroseconds: 0) == .changed)
  }
}
