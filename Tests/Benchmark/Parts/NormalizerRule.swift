import RuleTable

/// A pattern as rules of liblognorm's second version: one for each combination of its optional parts, as that language
/// has none.
///
/// What it lacks is read more simply, in its favour: a text ends at the literal behind it without going back when the
/// rest does not fit, a run of items is skipped up to what follows it, and nothing is read from the right.
struct NormalizerRule {
  let patterns: RulePatterns

  func texts(of pattern: Pattern, tag: String) -> [String] {
    (pattern.alternatives ?? []).map { elements in
      let parts = Pattern.joined(elements)
      let fields = parts.indices.map { text(of: parts[$0], before: parts[($0 + 1)...].first) }
      return "\(tag):\(fields.joined())"
    }
  }

  private func text(of part: Pattern.Element, before next: Pattern.Element?) -> String {
    switch part {
    case .literal(let bytes): return Self.literal(bytes)
    case .capture(let name, let type, _, _): return field(name.isEmpty ? "-" : name, type, before: next)
    case .run: return field("-", .text, before: next)
    case .optional: return ""
    }
  }

  private func field(_ name: String, _ type: CaptureType, before next: Pattern.Element?) -> String {
    switch type {
    case .int: return Self.parser(name, "number")
    case .ip:
      return "%{\"name\":\"\(name)\",\"type\":\"alternative\",\"parser\":["
        + "{\"name\":\"\(name)\",\"type\":\"ipv4\"},{\"name\":\"\(name)\",\"type\":\"ipv6\"}]}%"
    default: break
    }
    switch next {
    case .literal(let bytes):
      // One character does where it cannot be in the value itself.
      let isOpen = type == .text || type == .gap
      return isOpen
        ? Self.parser(name, "string-to", extra: bytes) : Self.parser(name, "char-to", extra: Array(bytes.prefix(1)))
    case .run(let list):
      return Self.parser(name, "char-to", extra: Array((patterns.list(named: list)?.separator ?? []).prefix(1)))
    case .capture, .optional: return Self.parser(name, "word")
    case nil: return Self.parser(name, "rest")
    }
  }

  private static func parser(_ name: String, _ type: String, extra: [UInt8] = []) -> String {
    let data = extra.isEmpty ? "" : ",\"extradata\":\"\(quoted(extra))\""
    return "%{\"name\":\"\(name)\",\"type\":\"\(type)\"\(data)}%"
  }

  /// A percent sign begins a field and a backslash an escape.
  private static func literal(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      switch byte {
      case UInt8(ascii: "%"): "%%"
      case UInt8(ascii: "\\"): "\\\\"
      case 10: "\\n"
      default: String(UnicodeScalar(byte))
      }
    }.joined()
  }

  /// As a JSON string, without the percent sign, at which the field would end.
  private static func quoted(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      switch byte {
      case UInt8(ascii: "\""): "\\\""
      case UInt8(ascii: "\\"): "\\\\"
      case 10: "\\n"
      case UInt8(ascii: "%"): "\\u0025"
      default: String(UnicodeScalar(byte))
      }
    }.joined()
  }
}
