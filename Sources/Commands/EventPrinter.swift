import ArgumentParser
import AuditFiles
import AuditModel
import Glibc

/// How events are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case short
  case shortISO = "short-iso"
  case json
  case jsonPretty = "json-pretty"
  case csv
}

/// Turns events into lines for people or programs.
struct EventPrinter {
  let format: OutputFormat
  let usesColor: Bool
  /// Whether lines name the mailbox: needless in the trail of one.
  let showsMailbox: Bool
  private let encoder = RecordEncoder()

  init(format: OutputFormat, usesColor: Bool, showsMailbox: Bool) {
    self.format = format
    self.usesColor = usesColor
    self.showsMailbox = showsMailbox
  }

  /// What stands above the first event; empty for most formats.
  var heading: [UInt8] {
    guard format == .csv else { return [] }
    return Array(
      (["id", "time", "kind", "level"] + FieldKey.allCases.map(\.name.description)).joined(separator: ",").utf8) + [
        13, 10,
      ]
  }

  func print(_ event: AuditEvent, to output: inout [UInt8]) {
    switch format {
    case .json: encoder.append(event, to: &output)
    case .jsonPretty: appendPretty(event, to: &output)
    case .csv: appendCSV(event, to: &output)
    case .short, .shortISO: appendLine(event, to: &output)
    }
  }

  // MARK: - Lines for people

  private func appendLine(_ event: AuditEvent, to output: inout [UInt8]) {
    var line = LocalClock.text(event.time, isISO: format == .shortISO) + "  "
    line += Self.padded(event.kind.name.description, 26)
    if let color = color(of: event) { line = line.replacingKind(event.kind.name.description, color) }
    if showsMailbox { line += Self.padded(Self.safe(event.fields[.mailbox]), 28) + " " }
    line += Self.padded(Self.safe(event.fields[.ip]), 16)
    line += details(event)
    output += Array(line.utf8)
    output.append(10)
  }

  private func details(_ event: AuditEvent) -> String {
    var parts: [String] = []
    func add(_ name: String, _ key: FieldKey) {
      if let value = event.fields[key], !value.isEmpty {
        parts.append(name.isEmpty ? Self.safe(value) : "\(name) \(Self.safe(value))")
      }
    }
    add("", .service)
    if let actor = event.fields[.actor], actor.elementsEqual("admin".utf8) || actor.elementsEqual("delegate".utf8) {
      add("by", .actorName)
    }
    if let folder = event.fields[.folder] {
      let target = event.fields[.toFolder].map { " → " + Self.safe($0) } ?? ""
      parts.append(Self.safe(folder) + target)
    }
    add("from", .sender)
    add("to", .recipient)
    if let recipients = event.fields[.recipients] {
      parts.append("to " + recipients.split(separator: 0).map { Self.safe($0) }.joined(separator: ", "))
    }
    add("change", .change)
    add("", .script)
    add("", .reason)
    add("", .status)
    if let count = event.fields[.count], !count.elementsEqual("1".utf8) { parts.append("×" + Self.safe(count)) }
    add("", .messageID)
    if event.fields.contains(.confidence) { parts.append("(ambiguous)") }
    if !event.unknownKeys.isEmpty { parts.append(Self.safe(event.unknownKeys.dropFirst())) }
    return parts.joined(separator: " · ")
  }

  private func color(of event: AuditEvent) -> String? {
    guard usesColor else { return nil }
    if event.level == .high { return "\u{1B}[1;31m" }
    let outcome = event.fields[.outcome].map { String(decoding: $0, as: UTF8.self) }
    return outcome == "failure" || outcome == "denied" ? "\u{1B}[33m" : "\u{1B}[1m"
  }

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// Log text for a terminal: nothing in it moves the cursor or hides what stands beside it.
  static func safe(_ value: (some Collection<UInt8>)?) -> String {
    guard let value else { return "" }
    var text = ""
    for scalar in String(decoding: value, as: UTF8.self).unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
        text += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  // MARK: - Lines for programs

  /// One key a line, as journalctl's json-pretty.
  private func appendPretty(_ event: AuditEvent, to output: inout [UInt8]) {
    var line: [UInt8] = []
    encoder.append(event, to: &line)
    var isQuoted = false
    var isEscaped = false
    var depth = 0
    for byte in line.dropLast() {
      if isEscaped {
        isEscaped = false
        output.append(byte)
        continue
      }
      if byte == UInt8(ascii: "\\") { isEscaped = true }
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted {
        output.append(byte)
        continue
      }
      switch byte {
      case UInt8(ascii: "{"):
        output += Array("{\n    ".utf8)
        depth += 1
      case UInt8(ascii: "}"): output += Array("\n}".utf8)
      case UInt8(ascii: "["):
        depth += 1
        output.append(byte)
      case UInt8(ascii: "]"):
        depth -= 1
        output.append(byte)
      case UInt8(ascii: ","): output += depth == 1 ? Array(",\n    ".utf8) : Array(", ".utf8)
      case UInt8(ascii: ":"): output += Array(": ".utf8)
      default: output.append(byte)
      }
    }
    output.append(10)
  }

  /// RFC 4180; a value that a spreadsheet would take for a formula gets a quote in front.
  private func appendCSV(_ event: AuditEvent, to output: inout [UInt8]) {
    var id: [UInt8] = []
    event.id.append(to: &id)
    let time = LocalClock.utc(event.time)
    output += id + [44] + Array("\(time),\(event.kind.name),\(event.level.rawValue)".utf8)
    for key in FieldKey.allCases {
      output.append(44)
      guard let value = event.fields[key] else { continue }
      let text = FormulaGuard.guarded(
        Self.safe(key.shape == .texts ? Array(value.map { $0 == 0 ? 59 : $0 }) : Array(value)))
      let needsQuotes = text.utf8.contains { $0 == 44 || $0 == 34 || $0 == 10 }
      output += needsQuotes ? Array("\"\(text.replacing("\"", with: "\"\""))\"".utf8) : Array(text.utf8)
    }
    output += [13, 10]
  }
}

extension String {
  fileprivate func replacingKind(_ kind: String, _ color: String) -> String {
    replacing(kind, with: color + kind + "\u{1B}[0m", maxReplacements: 1)
  }
}

/// Times for people, in the local zone.
enum LocalClock {
  /// `Nov 21 02:33:55`, or `2026-11-21T02:33:55+0100`.
  static func text(_ microseconds: UInt64, isISO: Bool) -> String {
    local(microseconds, isISO ? "%Y-%m-%dT%H:%M:%S%z" : "%b %d %H:%M:%S")
  }

  /// `2026-11-21 02:33:55`.
  static func date(_ microseconds: UInt64) -> String { local(microseconds, "%Y-%m-%d %H:%M:%S") }

  /// `2026-11-21T01:33:55.000123Z`.
  static func utc(_ microseconds: UInt64) -> String {
    var seconds = time_t(microseconds / 1_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    let fraction = String(microseconds % 1_000_000)
    return format(&parts, "%Y-%m-%dT%H:%M:%S") + "." + String(repeating: "0", count: 6 - fraction.count) + fraction
      + "Z"
  }

  private static func local(_ microseconds: UInt64, _ pattern: String) -> String {
    var seconds = time_t(microseconds / 1_000_000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return format(&parts, pattern)
  }

  private static func format(_ parts: inout tm, _ pattern: String) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = strftime(&buffer, buffer.count, pattern, &parts)
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
