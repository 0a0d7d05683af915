import AuditModel
import Platform

/// Writes an event as the one line of JSON that it is in an audit file.
///
/// Keys come in the order of `FieldKey`. Text is escaped as `RecordText` says. A value that does not fit its key's
/// shape is written as text. Long values are cut at a character's boundary and end in `…`; the line stays under 16 KiB.
package struct RecordEncoder: Sendable {
  /// The longest line, with its line end and with the `prev` that may yet be put into it, in bytes.
  package static let maximumLineLength = 16 * 1024
  /// The longest value that is not cut, in bytes of the log line.
  package static let maximumValueLength = 2048

  private static let minimumLimit = 32

  package init() {}

  /// Appends the line with its line end.
  package func append(_ event: AuditEvent, to output: inout [UInt8]) {
    let start = output.count
    // Nearly every line fits at once. The last limit always does: 34 fields of 32 bytes, escaped six-fold, and none of
    // what another version wrote.
    for limit in [Self.maximumValueLength, 512, 128, Self.minimumLimit] {
      appendHead(event, to: &output)
      event.fields.bytes.withUnsafeBufferPointer { appendFields($0, limit: limit, to: &output) }
      if limit > Self.minimumLimit { output.append(contentsOf: event.unknownKeys) }
      output.append(UInt8(ascii: "}"))
      output.append(UInt8(ascii: "\n"))
      if output.count - start <= Self.maximumLineLength - RecordLink.length { return }
      output.removeSubrange(start...)
    }
  }

  private func appendHead(_ event: AuditEvent, to output: inout [UInt8]) {
    Self.append(#"{"id":""#, to: &output)
    event.id.append(to: &output)
    Self.append(#"","time":""#, to: &output)
    RecordTime.append(event.time, to: &output)
    Self.append(#"","kind":""#, to: &output)
    Self.append(event.kind.name, to: &output)
    Self.append(#"","level":"#, to: &output)
    Self.append(
      event.level == .high ? "10" : event.level == .normal ? "5" : event.level == .low ? "3" : "1", to: &output)
  }

  private static func append(_ text: StaticString, to output: inout [UInt8]) {
    output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private static let keyCount = FieldKey.allCases.count
  /// `,"ip":` for each key.
  private static let labels: [[UInt8]] = FieldKey.allCases.map { Array(",\"\($0.name)\":".utf8) }
  private static let shapes: [FieldKey.Shape] = FieldKey.allCases.map(\.shape)

  /// `fields` is in the layout of `FieldSet.bytes`.
  private func appendFields(_ fields: UnsafeBufferPointer<UInt8>, limit: Int, to output: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: Range<Int>.self, capacity: Self.keyCount) { values in
      values.initialize(repeating: 0..<0)
      var offset = 0
      // A buffer checks nothing in release builds: no header is read that is not whole.
      while offset + FieldLayout.headerLength <= fields.count {
        // The flag of doubt is no part of the key, as for whoever looks a field up.
        let key = (Int(fields[offset]) | Int(fields[offset + 4]) << 8) & ~Int(FieldLayout.doubt)
        let length = Int(fields[offset + 1]) | Int(fields[offset + 2]) << 8 | Int(fields[offset + 3]) << 16
        // A value begins behind its header, never at 0: an empty range at 0 means that the key is absent.
        if key < Self.keyCount, values[key].lowerBound == 0 { values[key] = (offset + 5)..<(offset + 5 + length) }
        offset += 5 + length
      }
      // The last value ends with the fields, so every one before it ends within them.
      precondition(offset == fields.count, "fields that are not whole")
      for key in 0..<Self.keyCount where values[key].lowerBound != 0 {
        output.append(contentsOf: Self.labels[key])
        let value = UnsafeBufferPointer(rebasing: fields[values[key]])
        appendValue(value, Self.shapes[key], limit: limit, to: &output)
      }
    }
  }

  private func appendValue(
    _ value: UnsafeBufferPointer<UInt8>, _ shape: FieldKey.Shape, limit: Int, to output: inout [UInt8]
  ) {
    switch shape {
    case .integer where NumberShape.isInteger(value), .number where NumberShape.isNumber(value):
      output.append(contentsOf: value)
    case .integers where value.count <= limit && NumberShape.isIntegerList(value):
      output.append(UInt8(ascii: "["))
      output.append(contentsOf: value)
      output.append(UInt8(ascii: "]"))
    case .texts: appendTexts(value, limit: limit, to: &output)
    default: appendText(value, limit: limit, to: &output)
    }
  }

  private func appendText(_ value: UnsafeBufferPointer<UInt8>, limit: Int, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    let length = UTF8Scanning.boundary(value, limit: limit)
    RecordText.append(UnsafeBufferPointer(rebasing: value[..<length]), to: &output)
    if length < value.count { Self.append("…", to: &output) }
    output.append(UInt8(ascii: "\""))
  }

  /// Whole texts up to the limit, then `…` as a text of its own; a first text that is too long alone is cut in itself.
  private func appendTexts(_ value: UnsafeBufferPointer<UInt8>, limit: Int, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "["))
    var start = 0
    while true {
      let end = value[start...].firstIndex(of: 0) ?? value.count
      if start > 0 {
        output.append(UInt8(ascii: ","))
        if end > limit {
          Self.append(#""…""#, to: &output)
          break
        }
      }
      appendText(UnsafeBufferPointer(rebasing: value[start..<end]), limit: limit, to: &output)
      if end == value.count { break }
      start = end + 1
    }
    output.append(UInt8(ascii: "]"))
  }
}
