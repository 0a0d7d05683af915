/// Text on its way to a terminal.
package enum TerminalText {
  /// The text and blanks up to a width, one at least.
  package static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - columns(of: text)))
  }

  /// Log text for a terminal: nothing in it moves the cursor or hides what stands beside it.
  package static func safe(_ value: (some Collection<UInt8>)?) -> String {
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

  /// How many columns of a terminal a text takes that `safe` has made.
  package static func columns(of text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columns(of: $1) } }

  /// The text, or its beginning and `…` where it takes more columns.
  package static func cut(_ text: String, toColumns limit: Int) -> String {
    guard columns(of: text) > limit else { return text }
    var shown = String.UnicodeScalarView()
    var room = limit - 1
    for scalar in text.unicodeScalars {
      room -= columns(of: scalar)
      guard room >= 0 else { break }
      shown.append(scalar)
    }
    return String(shown) + "…"
  }

  private static func columns(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// What East Asian Width calls wide (Unicode Standard Annex #11), in whole blocks.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
    0x20000...0x3FFFD,
  ]
}
