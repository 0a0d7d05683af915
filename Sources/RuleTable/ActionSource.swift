/// An action and the line that says it, for checks that must show a word of it.
struct ActionSource: Sendable {
  var action: Action
  var text: String

  /// Where a name stands in the line: the first time as a word of its own, behind the verb.
  func location(of name: String) -> SourceLocation { location(of: name, endings: [""]) }

  /// Where a field is set.
  func location(ofField name: String) -> SourceLocation { location(of: name, endings: ["=", "+=", "-="]) }

  /// Where the line gives a name to what it finds: `as NAME`, or `use NAME`; nil where it does not.
  func locationGiving(_ name: String) -> SourceLocation? {
    let tokens = TextTokens.split(text, column: action.location.column)
    for (word, next) in zip(tokens, tokens.dropFirst()) where word.text == "as" && next.text == name {
      return SourceLocation(file: action.location.file, line: action.location.line, column: next.column)
    }
    if case .use = action.verb { return location(of: name) }
    return nil
  }

  private func location(of name: String, endings: [String]) -> SourceLocation {
    let line = Array(text.utf8)
    let candidates = endings.map { Array((name + $0).utf8) }
    let start = line.firstIndex { $0 == 32 || $0 == 9 } ?? line.endIndex
    for column in start..<line.count where column > 0 && !Self.isNameByte(line[column - 1]) {
      for candidate in candidates where line[column...].starts(with: candidate) {
        let end = column + candidate.count
        guard candidate.last == UInt8(ascii: "=") || end == line.count || !Self.isNameByte(line[end]) else { continue }
        return SourceLocation(
          file: action.location.file, line: action.location.line, column: action.location.column + column)
      }
    }
    return action.location
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    CharacterClasses.table[Int(byte)] & CharacterClasses.hostBit != 0 || byte == UInt8(ascii: "_")
  }
}
