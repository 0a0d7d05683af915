import AuditFiles
import AuditModel

/// Everything that a record has, for people: a heading, then a key a line as journalctl's `verbose`.
struct VerboseFormat: EventFormat {
  let presentation: Presentation

  func write(_ event: AuditEvent, to output: inout [UInt8]) {
    var id: [UInt8] = []
    event.id.append(to: &id)
    output += Array(
      "\(LocalClock.precise(event.time, zone: presentation.zone)) [\(String(decoding: id, as: UTF8.self))]\n".utf8)
    append("kind", event.kind.name.description, to: &output)
    append("level", String(event.level.rawValue), to: &output)
    for key in FieldKey.allCases {
      guard let value = event.fields[key] else { continue }
      // A list has a line each, as a field of the journal that stands more than once.
      let values = key.shape == .texts ? value.split(separator: 0, omittingEmptySubsequences: false) : [value[...]]
      for value in values { append(key.name.description, TerminalText.safe(value), to: &output) }
    }
    if !event.unknownKeys.isEmpty { append("other", TerminalText.safe(event.unknownKeys.dropFirst()), to: &output) }
  }

  private func append(_ name: String, _ value: String, to output: inout [UInt8]) {
    output += Array("    \(name)=\(value)\n".utf8)
  }
}
