import AuditModel

/// The key `prev` of a record: the hash of the line before, always the last key.
package enum RecordLink {
  private static let opening = Array(",\"prev\":\"".utf8)
  private static let closing = Array("\"}".utf8)

  /// Bytes that a link adds to a line.
  package static let length = opening.count + ChainHash.digitCount + 1

  /// Appends a record's line, given with its line end, with the link put in.
  package static func append(_ line: ArraySlice<UInt8>, after previous: ChainHash, to output: inout [UInt8]) {
    output.append(contentsOf: line.dropLast(2))
    output.append(contentsOf: opening)
    previous.append(to: &output)
    output.append(contentsOf: closing)
    output.append(10)
  }

  /// A line as it is without its link, given and answered without the line end.
  package static func removed(from line: ArraySlice<UInt8>) -> [UInt8] {
    read(line) == nil ? Array(line) : Array(line.dropLast(length + 1)) + [UInt8(ascii: "}")]
  }

  /// The link of a line, given without its line end; nil when it has none.
  ///
  /// The quotation marks of a record's texts are escaped: what ends like a link is one, whatever a stranger wrote.
  package static func read(_ line: ArraySlice<UInt8>) -> ChainHash? {
    guard line.count > length + 1, line.suffix(2).elementsEqual(closing) else { return nil }
    let link = line.suffix(length + 1)
    guard link.starts(with: opening) else { return nil }
    return ChainHash(hexadecimal: link.dropFirst(opening.count).dropLast(2))
  }
}
