/// Which of the checks refuse a table that come on top of those for its language.
package struct Strictness: OptionSet, Sendable {
  package let rawValue: Int

  package init(rawValue: Int) { self.rawValue = rawValue }

  /// Kinds of notes and their fields are declared, and what is read is written somewhere.
  package static let declarations = Strictness(rawValue: 1)
  /// Each match line has an example that it matches itself.
  package static let examples = Strictness(rawValue: 2)
  /// Notes join lines only in ways that lose and lend nothing.
  package static let joins = Strictness(rawValue: 4)

  package static let everything: Strictness = [.declarations, .examples, .joins]

  /// What tables are held to where nothing else is said.
  package static let usual: Strictness = []
}
