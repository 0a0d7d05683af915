/// Values that a spreadsheet would take for a formula: whoever names a folder writes into the administrator's table.
///
/// A cell is a formula when it begins with `=`, `+`, `-` or `@`, also in their full-width and small forms, behind blanks
/// and invisible characters that a program trims. Which character ends a cell is the reader's locale's, so what follows
/// any usual separator or quote begins one too.
enum FormulaGuard {
  /// The text, with a `'` in front where it must be read as text.
  static func guarded(_ text: String) -> String { isFormula(text) ? "'" + text : text }

  static func isFormula(_ text: String) -> Bool {
    var isAtBeginning = true
    for scalar in text.unicodeScalars {
      if isAtBeginning, signs.contains(scalar) { return true }
      if separators.contains(scalar) {
        isAtBeginning = true
      } else if !isInvisible(scalar) {
        isAtBeginning = false
      }
    }
    return false
  }

  private static let signs: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "−",
  ]

  private static let separators: Set<Unicode.Scalar> = [";", ",", "|", "\t", "\n", "\r", "\"", "'", "；", "，"]

  /// Blanks, controls, and characters of no width.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control, .format: true
    default: scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
    }
  }
}
