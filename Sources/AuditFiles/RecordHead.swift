import Platform

/// What stands in front in each record, borrowed from its line and not decoded: for looking at very many lines.
///
/// Read only where the line begins just as `RecordEncoder` writes it, so that no other spelling is overlooked.
package struct RecordHead {
  /// The time as `RecordTime` writes it: texts of this form are in the order of their times.
  package let time: UnsafeRawBufferPointer
  /// The name of the kind, which this version need not know.
  package let kind: UnsafeRawBufferPointer
  /// The number of the level, which need not be one.
  package let level: UInt8

  private static let opening = Array(#"{"id":""#.utf8)
  private static let beforeTime = Array(#"","time":""#.utf8)
  private static let beforeKind = Array(#"","kind":""#.utf8)
  private static let beforeLevel = Array(#"","level":"#.utf8)
  /// Ids of events, and of summaries of bursts.
  private static let idLengths = [29, 35]

  /// What every record has in front of its kind: id and time, however they are spelt, are no shorter.
  package static let minimumLength = opening.count + 29 + beforeTime.count + RecordTime.length + beforeKind.count

  /// Nil when the line, given without its line end, does not begin so.
  package init?(_ line: UnsafeRawBufferPointer) {
    guard line.has(Self.opening, at: 0),
      let idLength = Self.idLengths.first(where: {
        line.has(Self.beforeTime, at: Self.opening.count + $0)
      })
    else { return nil }
    let timeStart = Self.opening.count + idLength + Self.beforeTime.count
    let kindStart = timeStart + RecordTime.length + Self.beforeKind.count
    guard line.has(Self.beforeKind, at: timeStart + RecordTime.length),
      let kindEnd = line.firstOffset(of: UInt8(ascii: "\""), from: kindStart),
      !line[kindStart..<kindEnd].contains(UInt8(ascii: "\\")),
      line.has(Self.beforeLevel, at: kindEnd)
    else { return nil }
    time = UnsafeRawBufferPointer(rebasing: line[timeStart..<(timeStart + RecordTime.length)])
    kind = UnsafeRawBufferPointer(rebasing: line[kindStart..<kindEnd])
    var level: UInt8 = 0
    var offset = kindEnd + Self.beforeLevel.count
    while offset < line.count, (48...57).contains(line[offset]) {
      let (tens, isTooLarge) = level.multipliedReportingOverflow(by: 10)
      let (sum, isOver) = tens.addingReportingOverflow(line[offset] - 48)
      guard !isTooLarge, !isOver else { return nil }
      level = sum
      offset += 1
    }
    self.level = level
  }

  /// Whether a line, given without its line end, begins and ends as every record does: what was torn does not.
  package static func isWhole(_ line: UnsafeRawBufferPointer) -> Bool {
    line.has(opening, at: 0) && line[line.count - 1] == UInt8(ascii: "}")
  }
}
