extension Scope {
  /// Adds what a line of the scope's body says.
  mutating func add(_ line: SourceLine) throws(Diagnostic.Failure) {
    let (word, rest) = line.splitFirstWord()
    let words = rest.words
    switch (word, words.first) {
    case ("identifier", _):
      if let wrong = words.first(where: { $0.utf8.count { $0 == UInt8(ascii: "*") } > 1 }) {
        throw line.failure("‘\(wrong)’ has more than one *", "an identifier has one at the most; write several")
      }
      identifiers += words
    case ("command", _): commands += words
    case ("daemon", let name?): daemon = name
    case ("trust", _), ("distrust", _): try senders.add(words, isTrusted: word == "trust", line.location)
    case ("limit", _?): for text in words { limits.append(try Self.limit(text, line)) }
    case ("encoding", "declared"): coding = nil
    case ("encoding", let encoding?):
      guard let known = CaptureCoding(encoding) else {
        throw line.failure(
          "there is no encoding ‘\(encoding)’", CaptureCoding.remedy + "; or write: encoding declared")
      }
      coding = known
    default:
      throw line.failure(
        "‘\(word) \(rest.text)’ in a scope", "use identifier, command, daemon, encoding, trust, distrust or limit")
    }
  }

  /// `2000`, or `1990-2000` where the length of what stands in front differs.
  private static func limit(_ text: String, _ line: SourceLine) throws(Diagnostic.Failure) -> ClosedRange<Int> {
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard bounds.count <= 2, let low = bounds[0], let high = bounds[bounds.count - 1], low > 0, low <= high else {
      throw line.failure("‘\(text)’ is no length of a line", "write bytes: limit 2000, or limit 1990-2000")
    }
    return low...high
  }
}
