import AuditModel

/// A line of an audit file that is no record.
package struct RecordError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Where the line goes wrong, counted in bytes from 0.
  package let byte: Int
  /// What should stand there.
  package let expected: String

  package var description: String { "not a record: \(expected) expected at byte \(byte) of the line" }
}

/// Reads the lines that `RecordEncoder` writes, and no others: same keys, same order, no spaces.
///
/// A cut value stays cut. Fields come in the order of `FieldKey`. Keys that a newer version added are kept as they stand.
package struct RecordDecoder: Sendable {
  package init() {}

  /// Reads a line, given without its line end.
  package func decode(_ line: some Collection<UInt8>) throws(RecordError) -> AuditEvent {
    var parser = RecordParser(Array(line))
    return try parser.event()
  }

  /// The id and the time of a record of any version, when the line is one from its beginning to its end.
  package func outline(of line: some Collection<UInt8>) throws(RecordError) -> (id: EventID, time: UInt64) {
    var parser = RecordParser(Array(line))
    return try parser.outline()
  }

  /// Only the id and the time, which stand in front: quick, and for lines whose rest is of no interest.
  ///
  /// Nil when the line does not begin as a record does.
  package func identity(of line: some Collection<UInt8>) -> (id: EventID, time: UInt64)? {
    let head = Array(line.prefix(Self.identityLength))
    let idStart = 7
    guard head.starts(with: #"{"id":""#.utf8), let close = head[idStart...].firstIndex(of: UInt8(ascii: "\"")),
      let id = EventID(head[idStart..<close]), head[close...].starts(with: #"","time":""#.utf8)
    else { return nil }
    let timeStart = close + 10
    guard timeStart + RecordTime.length < head.count,
      let time = RecordTime.read(head[timeStart..<(timeStart + RecordTime.length)]),
      head[timeStart + RecordTime.length] == UInt8(ascii: "\"")
    else { return nil }
    return (id, time)
  }

  private static let identityLength = 7 + 35 + 10 + RecordTime.length + 1
}
