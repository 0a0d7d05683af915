/// Which of the checks refuse a table that come on top of those for its language.
public struct Strictness: OptionSet, Sendable {
  public let rawValue: Int

  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Kinds of contexts and their fields are declared, and what is read is written somewhere.
  public static let declarations = Strictness(rawValue: 1)
  /// Each match line has an example that it matches itself.
  public static let examples = Strictness(rawValue: 2)
  /// Contexts join lines only in ways that lose and lend nothing.
  public static let joins = Strictness(rawValue: 4)

  /// Nothing is there twice: no table, and no value of a rule that could never count.
  public static let repetitions = Strictness(rawValue: 8)

  public static let everything: Strictness = [.declarations, .examples, .joins, .repetitions]

  /// What tables are held to where nothing else is said.
  public static let usual: Strictness = []
}
