/// A place in a `.rules` file; lines and columns count from 1, columns in bytes.
package struct SourcePlace: Sendable, Hashable, CustomStringConvertible {
  package var file: String
  package var line: Int
  package var column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  package var description: String { "\(file):\(line):\(column)" }
}

/// What is wrong with a rule table, where, and what mends it.
package struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
  package var place: SourcePlace
  package var message: String
  /// What to do about it; empty when the message says it all.
  package var remedy: String

  package init(_ place: SourcePlace, _ message: String, remedy: String = "") {
    self.place = place
    self.message = message
    self.remedy = remedy
  }

  package var description: String { "\(place): \(message)" + (remedy.isEmpty ? "" : " (\(remedy))") }
}

/// The errors of a table that cannot be used: all that were found, in the order of the files.
package struct RuleTableError: Error, CustomStringConvertible {
  package var diagnostics: [Diagnostic]

  package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
