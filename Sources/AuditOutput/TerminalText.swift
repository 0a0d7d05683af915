/// Text on its way to a terminal.
package enum TerminalText {
  /// The text and blanks up to a width, one at least.
  package static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
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
}
