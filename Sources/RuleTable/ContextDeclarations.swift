/// What the tables' `keep` lines say of the kinds of contexts: how long they are kept, and which fields they have.
struct ContextDeclarations: Sendable {
  /// A kind of context.
  struct Kind: Sendable {
    /// Microseconds of entry time; nil where no line says it.
    var ttl: UInt64?
    /// The line that says how long.
    var ttlLocation: SourceLocation?
    /// Whether the keys of its contexts mean the same on every host.
    var crossesHosts = false
    /// Where each field is declared first.
    var fields: [String: SourceLocation] = [:]
    /// The first line of the kind.
    var location: SourceLocation
  }

  /// How long contexts are kept whose kind says nothing.
  static let defaultTTL: UInt64 = 3_600_000_000

  private(set) var kinds: [String: Kind] = [:]

  /// How long contexts of a kind are kept, in microseconds of entry time.
  var ttls: [String: UInt64] { kinds.compactMapValues(\.ttl) }

  /// Kinds of contexts whose keys mean the same on every host.
  var acrossHosts: Set<String> { Set(kinds.filter(\.value.crossesHosts).keys) }

  /// Adds what `keep KIND [SPAN] [across hosts] [: FIELD…]` says, `keep` left out.
  ///
  /// - Parameter location: where the text begins.
  mutating func add(_ text: String, at location: SourceLocation) throws(Diagnostic.Failure) {
    var words = TextTokens.split(text, column: location.column)[...]
    func failure(_ message: String, _ remedy: String, _ word: TextTokens.Token?) -> Diagnostic.Failure {
      var location = location
      if let word { location.column = word.column }
      return Diagnostic.Failure(Diagnostic(location, message, remedy: remedy))
    }
    var fields: ArraySlice<TextTokens.Token> = []
    if let colon = words.firstIndex(where: { $0.text.hasSuffix(":") }) {
      fields = words[(colon + 1)...]
      words = words[...colon]
      words[colon].text.removeLast()
      if words[colon].text.isEmpty { words.removeLast() }
      guard !fields.isEmpty else {
        throw failure("no fields stand behind the colon", "name them, or end the line", nil)
      }
    }
    guard let name = words.popFirst() else {
      throw failure("‘keep’ does not say which kind of context records", "write: keep session 2d: mailbox ip", nil)
    }
    var kind = kinds[name.text] ?? Kind(location: location)
    if let span = words.first, span.text != "across" {
      words.removeFirst()
      guard let ttl = TextTokens.duration(span.text) else {
        throw failure("‘\(span.text)’ is no span of time", "write 1h or 5d", span)
      }
      if let known = kind.ttl, known != ttl, let other = kind.ttlLocation {
        throw failure(
          "context records of the kind ‘\(name.text)’ have another lifetime by \(other)",
          "say the same, or leave the time out", span)
      }
      if kind.ttl == nil { (kind.ttl, kind.ttlLocation) = (ttl, location) }
    }
    if !words.isEmpty {
      guard words.map(\.text) == ["across", "hosts"] else {
        throw failure(
          "‘\(words.first!.text)’ behind a span of time", "write across hosts, or end the line", words.first)
      }
      kind.crossesHosts = true
    }
    for field in fields where kind.fields[field.text] == nil {
      kind.fields[field.text] = SourceLocation(file: location.file, line: location.line, column: field.column)
    }
    kinds[name.text] = kind
  }
}
