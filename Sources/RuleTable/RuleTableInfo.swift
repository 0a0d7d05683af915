/// A shipped or an administrator's table: its daemon and with which versions its lines were seen.
public struct RuleTableInfo: Sendable, Hashable {
  public var name: String
  public var file: String
  public var seen: [String]
  /// One of these is there where the program is that the table is of; empty where its own units show that.
  public var installed: [InstalledPath] = []
  /// Where its `table` line stands.
  var location: SourceLocation

  /// Adds what a line of the table's body says of the program.
  mutating func add(_ line: SourceLine) throws(Diagnostic.Failure) {
    let (word, rest) = line.splitFirstWord()
    switch word {
    case "installed":
      for token in rest.tokens { installed.append(try InstalledPath(token.text, token.location)) }
    case "seen": seen.append(rest.text)
    default:
      throw line.failure(
        "‘\(word)’ in a table",
        "use seen (with what it was seen), account (names of captures and fields that are accounts) or address")
    }
  }
}
