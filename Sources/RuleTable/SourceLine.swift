/// A line of a rule file without its indentation, and where it begins.
struct SourceLine: Sendable {
  var text: String
  var location: SourceLocation

  /// The first word, and what stands behind the blank that ends it.
  func splitFirstWord() -> (word: String, rest: SourceLine) {
    guard let blank = text.utf8.firstIndex(where: { $0 == 32 || $0 == 9 }) else {
      return (text, SourceLine(text: "", location: location))
    }
    let rest = text[text.utf8.index(after: blank)...]
    var restLocation = location
    restLocation.column += text.utf8.count - rest.utf8.count
    return (String(text[..<blank]), SourceLine(text: String(rest), location: restLocation))
  }

  var words: [String] { text.split(separator: " ").map(String.init) }

  /// The words with their locations, quotes and brackets respected.
  var tokens: [(text: String, location: SourceLocation)] {
    TextTokens.split(text, column: location.column).map { token in
      (token.text, SourceLocation(file: location.file, line: location.line, column: token.column))
    }
  }

  func failure(_ message: String, _ remedy: String) -> Diagnostic.Failure {
    Diagnostic.Failure(Diagnostic(location, message, remedy: remedy))
  }
}
