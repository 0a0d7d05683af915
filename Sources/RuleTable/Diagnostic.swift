/// A location in a `.rules` file; lines and columns count from 1, columns in bytes.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  public var file: String
  public var line: Int
  public var column: Int

  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  public var description: String { "\(file):\(line):\(column)" }
}

/// What is wrong with a rule table, where, and what mends it.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
  public var location: SourceLocation
  public var message: String
  /// What to do about it; empty when the message says it all.
  public var remedy: String

  public init(_ location: SourceLocation, _ message: String, remedy: String = "") {
    self.location = location
    self.message = message
    self.remedy = remedy
  }

  public var description: String { "\(location): \(message)" + (remedy.isEmpty ? "" : " (\(remedy))") }
}

/// The errors of a table that cannot be used: all that were found, in the order of the files.
public struct RuleTableError: Error, CustomStringConvertible {
  public var diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
