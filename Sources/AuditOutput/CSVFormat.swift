import AuditFiles
import AuditModel
import Platform

/// RFC 4180 with a heading: `csv`. A value that a spreadsheet would take for a formula gets a quote in front.
///
/// The last column, `other`, has the keys of a newer version as the record has them: the heading stands before they are
/// known.
struct CSVFormat: EventFormat {
  private static let columns = ["id", "time", "kind", "level"] + FieldKey.allCases.map(\.name.description) + ["other"]

  func begin(_ output: inout [UInt8]) { output += Array((Self.columns.joined(separator: ",") + "\r\n").utf8) }

  func write(_ event: AuditEvent, to output: inout [UInt8]) {
    event.id.append(to: &output)
    output += Array(",\(LocalClock.utc(event.time)),\(event.kind.name),\(event.level.rawValue)".utf8)
    for key in FieldKey.allCases {
      output.append(UInt8(ascii: ","))
      guard let value = event.fields[key] else { continue }
      append(key.shape == .texts ? value.map { $0 == 0 ? UInt8(ascii: ";") : $0 } : Array(value), to: &output)
    }
    output.append(UInt8(ascii: ","))
    append(Array(event.unknownKeys.dropFirst()), to: &output)
    output += Array("\r\n".utf8)
  }

  private func append(_ value: [UInt8], to output: inout [UInt8]) {
    let text = FormulaGuard.guarded(TerminalText.safe(value))
    let needsQuotes = text.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10].contains($0) }
    output += needsQuotes ? Array("\"\(text.replacing("\"", with: "\"\""))\"".utf8) : Array(text.utf8)
  }
}
