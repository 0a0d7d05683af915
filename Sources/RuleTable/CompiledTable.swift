import AuditModel

/// All rules, ready to match: immutable, shared by whoever needs it.
public final class CompiledTable: Sendable {
  /// A rule as the pipeline sees it.
  public struct Rule: Sendable {
    public var id: String
    public var location: SourceLocation
    public var daemon: String
    public var scopes: [Int]
    public var actions: [Action]
    /// The names under which the rule's contexts are seen, by index.
    public var contextNames: [String]
    /// Where the rule's match lines stand.
    public var matchLocations: [SourceLocation]
    public var examples: [Example]
    /// Says nothing for an audit: known noise.
    public var isNoise: Bool
  }

  public let rules: [Rule]
  public let scopes: [Scope]
  public let names: NameTable
  /// How long contexts of a kind are kept, in microseconds of entry time.
  public let ttls: [String: UInt64]
  public let tables: [RuleTableInfo]
  /// Hash of all that was read: the same tables give the same number.
  public let fingerprint: UInt64

  /// By rule, whether it says nothing for an audit.
  private let noiseRules: [Bool]
  /// By rule, whether it may emit an event, now or after a wait.
  private let emittingRules: [Bool]
  /// No line is cut that is shorter.
  private let shortestCut: Int
  /// By rule, whether it may run for entries that nothing proves to be the daemon's.
  private let tolerantRules: [Bool]
  private let matchers: [Matcher]
  /// Rules that say nothing, asked when no other rule matches.
  private let noise: [Matcher]

  init(
    rules: [Rule], scopes: [Scope], names: NameTable, ttls: [String: UInt64], tables: [RuleTableInfo],
    fingerprint: UInt64, tries: [MatchTrie], noise: [MatchTrie]
  ) {
    self.rules = rules
    noiseRules = rules.map(\.isNoise)
    emittingRules = rules.map { rule in
      rule.actions.contains { if case .event = $0.verb { true } else { false } }
    }
    tolerantRules = rules.map { rule in rule.actions.contains { $0.condition.asksForUnproven } }
    self.scopes = scopes
    shortestCut = scopes.flatMap(\.limits).map(\.lowerBound).min() ?? .max
    self.names = names
    self.ttls = ttls
    self.tables = tables
    self.fingerprint = fingerprint
    matchers = tries.map(Matcher.init)
    self.noise = noise.map(Matcher.init)
  }

  /// Whether a line of so many bytes, which a rule matched, may lack its end.
  public func mayBeCut(_ count: Int, rule: Int) -> Bool {
    count >= shortestCut && rules[rule].scopes.contains { scopes[$0].mayBeCut(count) }
  }

  /// Whether a rule, by its index in `rules`, says nothing for an audit.
  public func isNoise(_ rule: Int32) -> Bool { noiseRules[Int(rule)] }

  /// Whether a rule, by its index in `rules`, has a use for entries that nothing proves to be the daemon's.
  public func isTolerant(_ rule: Int32) -> Bool { tolerantRules[Int(rule)] }

  /// Whether a rule, by its index in `rules`, may emit an event. The others remember something at the most.
  public func mayEmit(_ rule: Int32) -> Bool { emittingRules[Int(rule)] }

  /// The rule that a line of a scope matches; nil for none. The captures are in the scratch.
  ///
  /// - Parameter scope: the scope's index in `scopes`.
  public func match(scope: Int, _ line: UnsafeBufferPointer<UInt8>, _ scratch: inout MatchScratch) -> Int? {
    matchers[scope].match(line, &scratch) ?? noise[scope].match(line, &scratch)
  }

  /// The same for bytes at hand: tools and tests.
  public func match(scope: Int, bytes: [UInt8], _ scratch: inout MatchScratch) -> Int? {
    bytes.withUnsafeBufferPointer { match(scope: scope, $0, &scratch) }
  }

  /// The scopes whose identifiers fit, in the order of the tables.
  public func scopes(ofIdentifier identifier: UnsafeRawBufferPointer) -> [Int] {
    scopes.indices.filter { index in scopes[index].identifiers.contains { Glob.matches($0, identifier) } }
  }

  /// Whether a unit is one that a table trusts: messages that are lost of other units are not ours to report.
  public func isMailUnit(_ unit: UnsafeRawBufferPointer) -> Bool {
    scopes.contains { scope in scope.senders.units.contains { Glob.matches($0.name, unit) } }
  }

  /// The scopes for a `_COMM`, for entries whose identifier no scope knows.
  public func scopes(ofCommand command: UnsafeRawBufferPointer) -> [Int] {
    scopes.indices.filter { index in scopes[index].commands.contains { Glob.matches($0, command) } }
  }
}

/// Patterns with one `*` at the most, as identifiers and units have them.
public enum Glob {
  /// Whether the text fits the pattern.
  public static func matches(_ pattern: String, _ text: UnsafeRawBufferPointer) -> Bool {
    var pattern = pattern
    return pattern.withUTF8 { bytes in
      guard let star = bytes.firstIndex(of: UInt8(ascii: "*")) else {
        return bytes.count == text.count && bytes.elementsEqual(text)
      }
      let tail = bytes[(star + 1)...]
      return text.count >= bytes.count - 1 && text.prefix(star).elementsEqual(bytes[..<star])
        && text.suffix(tail.count).elementsEqual(tail)
    }
  }
}
