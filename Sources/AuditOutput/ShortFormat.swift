import AuditModel
import Platform

/// A line for people each, in local time: `short`, and `short-iso` with a whole date.
struct ShortFormat: EventFormat {
  let isISO: Bool
  let usesColor: Bool
  let showsMailbox: Bool

  func write(_ event: AuditEvent, to output: inout [UInt8]) {
    var line = LocalClock.text(event.time, isISO: isISO) + "  "
    let kind = event.kind.name.description
    let column = TerminalText.padded(kind, 26)
    line += color(of: event).map { column.replacing(kind, with: $0 + kind + "\u{1B}[0m", maxReplacements: 1) } ?? column
    if showsMailbox { line += TerminalText.padded(TerminalText.safe(event.fields[.mailbox]), 28) + " " }
    line += TerminalText.padded(TerminalText.safe(event.fields[.ip]), 16)
    line += details(event)
    output += Array(line.utf8)
    output.append(10)
  }

  private func details(_ event: AuditEvent) -> String {
    var parts: [String] = []
    func add(_ name: String, _ key: FieldKey) {
      if let value = event.fields[key], !value.isEmpty {
        parts.append(name.isEmpty ? TerminalText.safe(value) : "\(name) \(TerminalText.safe(value))")
      }
    }
    add("", .service)
    if let actor = event.fields[.actor], actor.elementsEqual("admin".utf8) || actor.elementsEqual("delegate".utf8) {
      add("by", .actorName)
    }
    if let folder = event.fields[.folder] {
      let target = event.fields[.toFolder].map { " → " + TerminalText.safe($0) } ?? ""
      parts.append(TerminalText.safe(folder) + target)
    }
    add("from", .sender)
    add("to", .recipient)
    if let recipients = event.fields[.recipients] {
      parts.append("to " + recipients.split(separator: 0).map { TerminalText.safe($0) }.joined(separator: ", "))
    }
    add("change", .change)
    add("", .script)
    add("", .reason)
    add("", .status)
    if let count = event.fields[.count], !count.elementsEqual("1".utf8) { parts.append("×" + TerminalText.safe(count)) }
    add("", .messageID)
    if event.fields.contains(.confidence) { parts.append("(ambiguous)") }
    if !event.unknownKeys.isEmpty { parts.append(TerminalText.safe(event.unknownKeys.dropFirst())) }
    return parts.joined(separator: " · ")
  }

  private func color(of event: AuditEvent) -> String? {
    guard usesColor else { return nil }
    if event.level == .high { return "\u{1B}[1;31m" }
    let outcome = event.fields[.outcome].map { String(decoding: $0, as: UTF8.self) }
    return outcome == "failure" || outcome == "denied" ? "\u{1B}[33m" : "\u{1B}[1m"
  }
}
