/// Text in whole words, on as many lines as it takes. Nothing is cut away.
package enum FoldedText {
  /// The least width to which text is folded, however narrow the terminal.
  private static let leastWidth = 20

  /// - Parameters:
  ///   - text: one line that `TerminalText.safe` has made.
  ///   - width: in columns; nil to leave the line as it is.
  ///   - indent: by how many columns the lines below the first are indented.
  package static func folded(_ text: String, width: Int?, indent: Int) -> String {
    guard let width = width.map({ max($0, leastWidth) }), TerminalText.columns(of: text) > width else { return text }
    let indent = min(indent, width / 2)
    var (lines, column, isAtStart) = ("", 0, true)
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let length = TerminalText.columns(of: String(word))
      if !isAtStart, column + 1 + length <= width {
        lines += " "
        column += 1
      } else if !isAtStart {
        lines += newLine(indent)
        column = indent
      }
      isAtStart = false
      append(word, to: &lines, &column, width: width, indent: indent)
    }
    return lines
  }

  /// A word that is longer than a line is broken where the line ends.
  private static func append(
    _ word: Substring, to lines: inout String, _ column: inout Int, width: Int, indent: Int
  ) {
    for scalar in word.unicodeScalars {
      let length = TerminalText.columns(of: String(scalar))
      if column + length > width {
        lines += newLine(indent)
        column = indent
      }
      lines.unicodeScalars.append(scalar)
      column += length
    }
  }

  private static func newLine(_ indent: Int) -> String { "\n" + String(repeating: " ", count: indent) }
}
