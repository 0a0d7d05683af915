/// Where a setting was written: a line of a file, or an argument of the command line.
package struct SettingLocation: Sendable, Hashable, CustomStringConvertible {
  package enum Origin: Sendable, Hashable {
    /// A path as it was given.
    case file(String)
    /// The argument of `--set`, whole.
    case override(String)
  }

  package var origin: Origin
  /// Counted from 1; nil where the whole file is meant.
  package var line: Int?
  /// In characters, counted from 1.
  package var column: Int?

  package init(origin: Origin, line: Int? = nil, column: Int? = nil) {
    self.origin = origin
    self.line = line
    self.column = column
  }

  /// `file:line:column`, or `--set key=value`.
  package var description: String {
    switch origin {
    case .file(let path):
      [path, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
    case .override(let argument): "--set \(argument)"
    }
  }
}

/// One thing that is wrong with the configuration, for the person who wrote it.
package struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
  package var location: SettingLocation
  /// What is wrong, and what is allowed or what to do.
  package var message: String

  package init(location: SettingLocation, message: String) {
    self.location = location
    // Keys and values of the text stand in messages, and a terminal obeys what it is sent.
    self.message = YamlNode.escaped(message)
  }

  /// `file:line:column: message`, as compilers print it, so that editors can jump there.
  package var description: String { "\(location): \(message)" }
}

/// Why a configuration could not be used: every problem that was found.
package struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  package var problems: [ConfigurationProblem]
  /// The error number when the file could not be read (errno(3)), else nil.
  package var errno: Int32?

  package init(problems: [ConfigurationProblem], errno: Int32? = nil) {
    self.problems = problems
    self.errno = errno
  }

  /// One problem a line.
  package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects problems while decoding goes on, so that a person sees all of them at once.
///
/// A class, because the decoders of nested values share it; it never leaves the call that made it.
final class ProblemList {
  private(set) var problems: [ConfigurationProblem] = []

  func report(_ message: String, at location: SettingLocation) {
    problems.append(ConfigurationProblem(location: location, message: message))
  }

  func report(_ problem: ConfigurationProblem) { problems.append(problem) }
}
