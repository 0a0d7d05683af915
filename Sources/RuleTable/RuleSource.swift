import AuditModel

/// A rule as its file says it, with its patterns read and its actions resolved.
struct RuleSource: Sendable {
  var id: String
  var location: SourceLocation
  var scopes: [String]
  var patterns: [(pattern: Pattern, location: SourceLocation)] = []
  var lines: [ActionSource] = []
  /// The names of the patterns' captures.
  var captures: Set<String> = []
  var contextNames: [String] = []
  var examples: [Example] = []

  var actions: [Action] { lines.map(\.action) }
}

/// Which journal entries the rules of a scope are for.
public struct Scope: Sendable {
  public var name: String
  /// The table in which it stands.
  public var table: String
  /// The daemon's name in records.
  public var daemon: String
  /// Identifiers, exact or with one `*`.
  public var identifiers: [String] = []
  /// Values of `_COMM` for entries whose identifier no scope knows.
  public var commands: [String] = []
  public var senders = TrustedSenders()
  /// The lengths, in bytes of the message, at which the daemon or what carries its lines cuts them.
  public var limits: [ClosedRange<Int>] = []
  /// How open captures are written that do not say it themselves; nil where each must say it.
  var coding: CaptureCoding? = .plain
  public var location: SourceLocation

  /// Whether a line of so many bytes may lack its end.
  public func mayBeCut(_ count: Int) -> Bool { limits.contains { $0.contains(count) } }
}

/// A run of `key=value` items in any order: what `<*name>` stands for.
package struct ListSource: Sendable {
  var name: String
  package var form: ListForm
  package var separator: [UInt8]
  package var items: [(elements: [Pattern.Element], location: SourceLocation)] = []
  package var allowsOthers: Bool
  var location: SourceLocation
}

/// How the items of a list are written in a line.
package enum ListForm: String, Sendable {
  /// One behind the other, each with the separator in front.
  case list
  /// The keys of a JSON object (RFC 8259), at any depth.
  case json
  /// The arguments of a URL's query, `key=value` with `&` between them, percent-encoded (RFC 3986, section 3.4).
  case query
}
