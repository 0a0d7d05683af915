import Platform

/// A row of RFC 4180 for what is no record. A value that a spreadsheet would take for a formula gets a quote in front.
package enum CSVText {
  /// The values as one line, without its end.
  package static func row(_ values: [[UInt8]]) -> String {
    values.map { value in
      let text = FormulaGuard.guarded(TerminalText.safe(value))
      let needsQuotes = text.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10].contains($0) }
      return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }.joined(separator: ",")
  }
}
