/// One event on as many lines of a terminal as it takes, each behind the first indented: nothing is hidden beside the
/// screen, where a pager would cut it off.
struct FoldedLine {
  /// The least width to which text is cut, however narrow the terminal.
  private static let leastWidth = 20

  private let width: Int
  private let indent: Int
  private(set) var text: String
  private var column: Int
  /// What stands before the next item where it is on the same line.
  private var separator = ""

  /// - Parameters:
  ///   - start: what begins the first line; the lines below it are indented by its width.
  ///   - width: of the terminal, in columns.
  init(start: String, width: Int) {
    self.width = max(width, Self.leastWidth)
    text = start
    column = TerminalText.columns(of: start)
    indent = column <= self.width / 3 ? column : 2
  }

  /// Adds an item, on a line of its own where it does not fit behind the last one. One that is longer than a line is cut,
  /// which `…` says.
  ///
  /// - Parameters:
  ///   - style: a control sequence in which the item is shown.
  ///   - field: the columns that the item takes where another follows it.
  mutating func append(_ item: String, style: String? = nil, field: Int) {
    append(item, style: style)
    separator = String(repeating: " ", count: max(1, field - TerminalText.columns(of: item)))
  }

  /// Adds an item that ` · ` separates from the next one.
  mutating func append(_ item: String) {
    append(item, style: nil)
    separator = " · "
  }

  private mutating func append(_ item: String, style: String?) {
    guard !item.isEmpty else { return }
    let length = TerminalText.columns(of: item)
    let gap = TerminalText.columns(of: separator)
    if column > indent, column + gap + length > width {
      text += "\n" + String(repeating: " ", count: indent)
      column = indent
    } else if column > indent {
      text += separator
      column += gap
    }
    let shown = TerminalText.cut(item, toColumns: max(1, width - column))
    text += style.map { $0 + shown + "\u{1B}[0m" } ?? shown
    column += TerminalText.columns(of: shown)
  }
}
