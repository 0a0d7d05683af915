import ArgumentParser
import AuditFiles
import AuditModel
import AuditReading
import Platform
import TestSupport
import Testing

@testable import Commands

/// A search by bytes finds what a search finds that decodes each line, whatever the lines have in them.
@Suite struct SearchEqualityTests {
  private let directory = TemporaryDirectory(inMemory: true)

  /// What the slow way gives: every line of every trail decoded, in the order of time, trail and line.
  private func slowly(_ reader: TrailReader, _ filter: EventFilter, newest limit: Int?) throws -> [[UInt8]] {
    var found: [AuditEvent] = []
    for trail in try reader.trails() {
      try reader.forEachLine(of: trail) { line in
        if let event = try? line.event(), filter.accepts(event) { found.append(event) }
        return true
      }
    }
    found.sort { $0.time < $1.time }
    return found.suffix(limit ?? .max).map(Self.line)
  }

  private func quickly(
    _ reader: TrailReader, _ filter: EventFilter, newest limit: Int?, reverse: Bool = false, byteLimit: Int = 20 << 20
  ) throws -> [[UInt8]] {
    var found: [[UInt8]] = []
    let search = TreeSearch(
      reader, trails: try reader.trails(), filter: filter.lineFilter, threads: 2, byteLimit: byteLimit
    ) { event, _ in filter.accepts(event) }
    _ = try search.forEachEvent(newest: limit, reverse: reverse) { event in
      found.append(Self.line(event))
      return true
    }
    return found
  }

  private func write(_ bytes: [UInt8], to trail: String, _ name: String) throws {
    try TestFiles.makeDirectory(trail)
    try TestFiles.write(bytes, to: trail + "/" + name)
  }

  private static func line(_ event: AuditEvent) -> [UInt8] {
    var bytes: [UInt8] = []
    RecordEncoder().append(event, to: &bytes)
    return bytes
  }

  @Test(arguments: 0..<12)
  func bothWaysFindTheSame(seed: Int) throws {
    var lines = HostileLines(seed: UInt64(seed))
    let root = directory.path + "/Audit"
    for trail in ["example.org/ann", "example.org/bob", "_unknown"] {
      for day in ["AUDIT-260301.log", "AUDIT-260302.log"] {
        try write(lines.file(), to: "\(root)/\(trail)", day)
      }
    }
    let reader = try TrailReader(root: root)
    var answers = 0
    for _ in 0..<40 {
      let options = lines.options()
      let values = try ValueOptions.parse(options.values)
      let filter = try values.filter(try EventOptions.parse(options.events), reader, in: try reader.trails())
      let limit = lines.limit()
      let expected = try slowly(reader, filter, newest: limit)
      answers += expected.count
      #expect(try quickly(reader, filter, newest: limit) == expected, "\(options)")
      #expect(try quickly(reader, filter, newest: limit, reverse: true) == expected.reversed(), "\(options)")
      // Little memory: the answer comes in parts.
      #expect(try quickly(reader, filter, newest: limit, byteLimit: 3_000) == expected, "\(options)")
    }
    #expect(answers > 100)
  }

  @Test func linesThatAreNoRecordsAreCountedWhateverIsSought() throws {
    let root = directory.path + "/Audit"
    var lines = HostileLines(seed: 1)
    var whole = Array(lines.record().utf8)
    whole.append(10)
    let torn = Array(whole.prefix(40)) + [10] + [UInt8](repeating: 0, count: 30) + [10]
    try write(whole + torn + whole, to: root + "/example.org/ann", "AUDIT-260301.log")
    let reader = try TrailReader(root: root)
    let filter = try EventOptions.parse(["--grep=nowhere to be found"]).filter()
    let search = TreeSearch(reader, trails: try reader.trails(), filter: filter.lineFilter) { event, _ in
      filter.accepts(event)
    }
    let unread = try search.forEachEvent { _ in true }
    #expect(unread.map(\.number) == [2])
    #expect(unread.first?.file.day.fileName == "AUDIT-260301.log")
  }

  /// A file of one endless line, and a line longer than a block.
  @Test func longLinesAreNoRecordsAndHideNothing() throws {
    let root = directory.path + "/Audit"
    var lines = HostileLines(seed: 2)
    let whole = Array(lines.record().utf8) + [10]
    let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 1_500_000)
    try write(whole + endless + [10] + whole, to: root + "/example.org/ann", "AUDIT-260301.log")
    try write(endless, to: root + "/example.org/ann", "AUDIT-260302.log")
    let reader = try TrailReader(root: root)
    #expect(try quickly(reader, EventFilter(), newest: nil).count == 2)
  }
}
