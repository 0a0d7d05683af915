import Foundation
import Testing

@testable import LogSources

@Suite struct JournalSlicesTests {
  typealias Entry = JournalFixture.Entry

  /// What the slices hold, read by several readers in turn, each with every so many-th slice.
  private func messages(_ request: SourceRequest, size: UInt64, readers: Int = 2, limit: Int = 3) throws -> [String]? {
    guard let slices = try JournalSlices(request, size: size) else { return nil }
    let lanes = try (0..<readers).map { _ in try SliceReader(request, slices, interest: nil) }
    let batch = EntryBatch()
    var found: [String] = []
    for slice in 0..<slices.count {
      let reader = lanes[slice % readers]
      try reader.begin(slice)
      var outcome = SliceReader.Outcome.more
      while case .more = outcome {
        outcome = try reader.read(into: batch, limit: limit)
        found += batch.entries.map { batch.text(of: $0.message) }
      }
      if case .endOfJournal = outcome { return found }
    }
    Issue.record("the last slice has no end")
    return found
  }

  private func oneReader(_ request: SourceRequest) throws -> [String] {
    try JournalReader(try #require(request.journalRequest)).messages()
  }

  /// Every third entry has the time of the one before it.
  private static let entries = (1...200).map { number in
    Entry(UInt64(number - (number % 3 == 0 ? 1 : 0)) * 1000, "m\(number)", [:])
  }

  @Test("slices hold what one reader reads, in its order", arguments: [1, 7, 64], [1, 2, 5])
  func theSame(size: UInt64, readers: Int) throws {
    let fixture = JournalFixture()
    try fixture.write("system.journal", Self.entries)
    for (start, until) in [(StartPoint.head, nil), (.since(60_500), nil), (.head, 150_000), (.since(60_000), 64_000)]
      as [(StartPoint, UInt64?)]
    {
      let request = SourceRequest(journal: fixture.wholeDirectory, start: start, until: until)
      let expected = try oneReader(request)
      #expect(expected.count > 1)
      #expect(try messages(request, size: size, readers: readers) == expected)
    }
  }

  /// As after a rotation, or where a copy lies beside: files of one sequence that overlap.
  @Test func severalFilesOfOneSequence() throws {
    let fixture = JournalFixture()
    let first = try fixture.write("system.journal", Array(Self.entries[..<80]))
    try FileManager.default.copyItem(atPath: first, toPath: fixture.path("earlier.journal"))
    try fixture.write("system.journal", Array(Self.entries[80...]))
    let request = SourceRequest(journal: fixture.wholeDirectory)
    let expected = try oneReader(request)
    #expect(expected.count == Self.entries.count)
    for size in [3, 40] as [UInt64] { #expect(try messages(request, size: size) == expected) }
  }

  /// Where the order is not one sequence's, one reader must read.
  @Test func whereOneReaderReads() throws {
    let fixture = JournalFixture()
    try fixture.write("system.journal", Self.entries)
    func plan(_ request: SourceRequest) throws -> Int? { try JournalSlices(request, size: 8)?.count }
    let whole = fixture.wholeDirectory
    #expect(try plan(SourceRequest(journal: whole)) == 25)
    #expect(try plan(SourceRequest(journal: whole, start: .tail)) == nil)
    #expect(try plan(SourceRequest(journal: whole, follows: true)) == nil)
    #expect(try plan(SourceRequest(journal: whole, boot: .offset(0))) == nil)
    #expect(try plan(SourceRequest(text: TextLogRequest(files: ["-"]))) == nil)
    #expect(try JournalSlices(SourceRequest(journal: whole), size: 150) == nil)
    // Another sequence, as of a second machine or of /run.
    try fixture.write("other.journal", [Entry(5_500, "other")])
    #expect(try plan(SourceRequest(journal: whole)) == nil)
  }

  /// A damaged header must not cost memory: libsystemd reads on, and so does one reader.
  @Test func aHeaderThatLiesMakesNoSlices() throws {
    let fixture = JournalFixture()
    let path = try fixture.write("system.journal", Self.entries)
    let file = open(path, O_WRONLY)
    defer { close(file) }
    // n_entries and tail_entry_seqnum.
    for place in [152, 160] as [off_t] {
      withUnsafeBytes(of: UInt64(1 << 60).littleEndian) { #expect(pwrite(file, $0.baseAddress!, 8, place) == 8) }
    }
    let request = SourceRequest(journal: fixture.wholeDirectory)
    #expect(try oneReader(request).count == Self.entries.count)
    #expect(try JournalSlices(request, size: 8) == nil)
  }
}
