import AuditModel
import Platform

/// A line for people each: `short`, and `short-iso` with a whole date. On a terminal that is too narrow for an event it
/// takes more lines.
struct ShortFormat: EventFormat {
  let isISO: Bool
  let presentation: Presentation

  func write(_ event: AuditEvent, to output: inout [UInt8]) {
    let details = ShortDetails.texts(of: event)
    let line = line(event, details)
    if let width = presentation.width, TerminalText.columns(of: line) > width {
      output += Array(folded(event, details, width: width).utf8)
    } else {
      output += Array(styled(line, event).utf8)
    }
    output.append(10)
  }

  private func time(_ event: AuditEvent) -> String {
    LocalClock.text(event.time, isISO: isISO, zone: presentation.zone) + "  "
  }

  private func line(_ event: AuditEvent, _ details: [String]) -> String {
    var line = time(event) + TerminalText.padded(event.kind.name.description, 26)
    if presentation.showsMailbox { line += TerminalText.padded(TerminalText.safe(event.fields[.mailbox]), 28) + " " }
    return line + TerminalText.padded(TerminalText.safe(event.fields[.ip]), 16) + details.joined(separator: " · ")
  }

  private func folded(_ event: AuditEvent, _ details: [String], width: Int) -> String {
    var line = FoldedLine(start: time(event), width: width)
    line.append(event.kind.name.description, style: style(of: event), field: 22)
    if presentation.showsMailbox { line.append(TerminalText.safe(event.fields[.mailbox]), field: 24) }
    if let address = event.fields[.ip] { line.append(TerminalText.safe(address), field: 16) }
    for detail in details { line.append(detail) }
    return line.text
  }

  private func styled(_ line: String, _ event: AuditEvent) -> String {
    let kind = event.kind.name.description
    return style(of: event).map { line.replacing(kind, with: $0 + kind + "\u{1B}[0m", maxReplacements: 1) } ?? line
  }

  private func style(of event: AuditEvent) -> String? {
    guard presentation.usesColor else { return nil }
    if event.level == .high { return "\u{1B}[1;31m" }
    let outcome = event.fields[.outcome].map { String(decoding: $0, as: UTF8.self) }
    return outcome == "failure" || outcome == "denied" ? "\u{1B}[33m" : "\u{1B}[1m"
  }
}

/// What a line for people says of an event besides who, where and what, the most important first.
enum ShortDetails {
  static func texts(of event: AuditEvent) -> [String] {
    var texts: [String] = []
    func add(_ name: String, _ key: FieldKey) {
      if let value = event.fields[key], !value.isEmpty {
        texts.append(name.isEmpty ? TerminalText.safe(value) : "\(name) \(TerminalText.safe(value))")
      }
    }
    add("", .service)
    if let actor = event.fields[.actor], actor.elementsEqual("admin".utf8) || actor.elementsEqual("delegate".utf8) {
      add("by", .actorName)
    }
    if let folder = event.fields[.folder] {
      let target = event.fields[.toFolder].map { " → " + TerminalText.safe($0) } ?? ""
      texts.append(TerminalText.safe(folder) + target)
    }
    add("from", .sender)
    add("to", .recipient)
    if let recipients = event.fields[.recipients] {
      texts.append("to " + recipients.split(separator: 0).map { TerminalText.safe($0) }.joined(separator: ", "))
    }
    add("change", .change)
    add("", .script)
    add("", .reason)
    add("", .status)
    if let count = event.fields[.count], !count.elementsEqual("1".utf8) { texts.append("×" + TerminalText.safe(count)) }
    add("", .messageID)
    if event.fields.contains(.confidence) { texts.append("(ambiguous)") }
    if !event.unknownKeys.isEmpty { texts.append(TerminalText.safe(event.unknownKeys.dropFirst())) }
    return texts
  }
}
