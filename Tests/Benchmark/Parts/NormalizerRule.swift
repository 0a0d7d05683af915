import RuleTable

/// A pattern as rules of liblognorm's second version: one for each combination of its optional parts, as that language
/// has none.
///
/// What it lacks is read more simply, in its favour: a text ends at the literal behind it without going back when the
/// rest does not fit, a run of items is skipped up to what follows it, and nothing is read from the right.
enum NormalizerRule {
  static func texts(of pattern: [RulePatterns.Part], tag: String) -> [String] {
    alternatives(of: pattern[...]).map { parts in
      let parts = joined(parts)
      let fields = parts.indices.map { text(of: parts[$0], before: parts[($0 + 1)...].first) }
      return "\(tag):\(fields.joined())"
    }
  }

  private static func alternatives(of parts: ArraySlice<RulePatterns.Part>) -> [[RulePatterns.Part]] {
    guard let first = parts.first else { return [[]] }
    let rests = alternatives(of: parts.dropFirst())
    guard case .optional(let inner) = first else { return rests.map { [first] + $0 } }
    return alternatives(of: inner[...]).flatMap { taken in rests.map { taken + $0 } } + rests
  }

  /// Neighbouring literals as one.
  private static func joined(_ parts: [RulePatterns.Part]) -> [RulePatterns.Part] {
    var result: [RulePatterns.Part] = []
    for part in parts {
      if case .literal(let bytes) = part, case .literal(let before)? = result.last {
        result[result.count - 1] = .literal(before + bytes)
      } else {
        result.append(part)
      }
    }
    return result
  }

  private static func text(of part: RulePatterns.Part, before next: RulePatterns.Part?) -> String {
    switch part {
    case .literal(let bytes): return literal(bytes)
    case .capture(let name, let type): return field(name.isEmpty ? "-" : name, type, before: next)
    case .run: return field("-", .text, before: next)
    case .optional: return ""
    }
  }

  private static func field(_ name: String, _ type: CaptureType, before next: RulePatterns.Part?) -> String {
    switch type {
    case .int: return parser(name, "number")
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
        ? parser(name, "string-to", extra: bytes) : parser(name, "char-to", extra: Array(bytes.prefix(1)))
    case .run(let run): return parser(name, "char-to", extra: Array(run.separator.prefix(1)))
    case .capture, .optional: return parser(name, "word")
    case nil: return parser(name, "rest")
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
