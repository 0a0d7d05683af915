import RuleTable
import Testing

/// The type `address`: what stands between the angle brackets of an envelope address.
@Suite struct AddressTests {
  private static let left = Result { try TableUnderTest(pattern: #"F=\<<a!:address>> R=<:word> <?x?>T=<:text>"#) }
  private static let right = Result { try TableUnderTest(pattern: #"F=<:gap> R=\<<a:address>>."#) }

  @Test(
    arguments: [
      "", "ann@example.org", "ann", #""a b"@c.example"#, #"x.">…"@dom.example"#, #""a".">b"@c.example"#,
      #""a\"> R=z T=<b"@c.example"#, #""a\\"@c.example"#, "@a.example,@b.example:ann@c.example",
      #"@a.example:"x>"@c.example"#, "zoë@exämple.org", #"zoë."ä>"@exämple.org"#, "ann@[192.0.2.1]",
      #""a>"@[IPv6:2001:db8::1]"#, "a..b@c.example", #"."x>".@c.example"#, #""x>""#, "a b, c@d", "a<b@c", "\"\"@c",
      #"x."> A=plain:ann@example.org rejected RCPT <b@c.example>: too many y"@listed.example"#,
    ])
  func endsAtTheBracketThatClosesIt(path: String) throws {
    let found = try #require(try Self.left.get().match("F=<\(path)> R=z T=<y> \"@d> R=z T=w"))
    #expect(found.captures == ["a": path])
    #expect(found.doubtful == [])
    #expect(try Self.right.get().match("F=<a@b> R=<c>. R=<\(path)>.")?.captures == ["a": path])
  }

  @Test(
    arguments: [
      (#""a> R=z T=b"#, #""a"#), (#"a"b> R=z T=c"d@e> R=z T=f"#, #"a"b"#), (#""a\"> R=z T=b"#, #""a\""#),
      (#""a"b> R=z T="c> R=z T=d"#, #""a"b"#), (#"a\"b c> R=z T=."c"@d> R=z T=e"#, #"a\"b c"#),
      (#""a"@b c> R=z T=d"#, #""a"@b c"#),
    ])
  func quotesThatDoNotCloseMakeItDoubtful(rest: String, path: String) throws {
    let found = try #require(try Self.left.get().match("F=<\(rest)"))
    #expect(found.captures == ["a": path])
    #expect(found.doubtful == ["a"])
  }

  @Test func quotesThatReachOverTheDaemonsWordsAreLeftAlone() throws {
    let found = try #require(try Self.left.get().match(#"F=<"a> R=z T=<"@b>"#))
    #expect(found.captures == ["a": #""a"#])
    #expect(found.doubtful == ["a"])
  }

  /// What stands behind an open quote may be in it; what stands in front of it is certain.
  @Test func anOpenQuoteMakesDoubtfulWhatStandsBehindIt() throws {
    let table = try TableUnderTest(pattern: #"<q:word>: F=\<<a:address>> R=<r:word> T=<t:word>"#)
    let found = try #require(table.match(#"1: F=<"a> R=z T=w"#))
    #expect(found.captures == ["q": "1", "a": #""a"#, "r": "z", "t": "w"])
    #expect(found.doubtful == ["a", "r", "t"])
  }

  @Test(arguments: [#""a"#, #"a"b"#, #"a\ b c"#, #""a"b"@c"#])
  func aPathWithOpenQuotesIsDoubtfulFromTheRightToo(path: String) throws {
    let found = try #require(try Self.right.get().match("F=<a@b> R=<\(path)>."))
    #expect(found.captures == ["a": path])
    #expect(found.doubtful == ["a"])
  }

  // MARK: - Against a reference

  /// Random paths and near-paths in lines, from either side.
  @Test func agreesWithTheReference() throws {
    var random = RandomPaths(seed: 20_261_127)
    let reference = try PathReference()
    let (left, right) = (try TableUnderTest(pattern: #"F=\<<a:address>><:text>"#), try Self.right.get())
    for _ in 0..<20_000 {
      let text = random.text()
      let (path, isCertain) = reference.path(atStartOf: text + ">")
      let found = try #require(left.match("F=<\(text)>"), "\(text)")
      #expect(found.captures["a"] == path, "\(text)")
      #expect(found.doubtful.isEmpty == isCertain, "\(text)")
      let mirrored = right.match("F=x R=<\(text)>.")
      #expect(mirrored?.captures["a"] == (path == text ? path : nil), "\(text)")
      #expect(mirrored?.doubtful.isEmpty ?? isCertain == isCertain, "\(text)")
    }
  }

  /// What a daemon printed is read back, wherever it stands and from either side.
  @Test func readsWhatADaemonPrints() throws {
    var random = RandomPaths(seed: 7)
    let (left, right) = (try Self.left.get(), try Self.right.get())
    for _ in 0..<10_000 {
      let path = random.path()
      let found = try #require(left.match("F=<\(path)> R=z T=x"), "\(path)")
      #expect(found.captures["a"] == path)
      #expect(found.doubtful == [], "\(path)")
      let mirrored = try #require(right.match("F=x R=<\(path)>."), "\(path)")
      #expect(mirrored.captures["a"] == path)
      #expect(mirrored.doubtful == [], "\(path)")
    }
  }
}

/// A slow reader of paths that shares nothing with the program's: it asks of each piece of text whether the whole of it
/// is a path.
struct PathReference {
  /// `[@domain,…:] [word.word…] [@domain]`, words and domains perhaps empty.
  private let path: Regex<AnyRegexOutput>

  init() throws {
    let special = #"()<>\[\]:;@\\,."\x00-\x20\x7f"#
    let word = #"(?:"(?:\\.|[^"\\])*"|(?:\\.|[^\#(special)])*)"#
    let domain = #"(?:\[[^\[\]\\>\x00-\x20\x7f]*\]|(?:[^\#(special)]|\.)*)"#
    path = try Regex(#"(?:@\#(domain)(?:,@\#(domain))*:)?\#(word)(?:\.\#(word))*(?:@\#(domain))?"#)
  }

  /// The path that a text with a `>` begins with, and whether there is no second reading.
  func path(atStartOf text: String) -> (path: String, isCertain: Bool) {
    let ends = text.indices.filter { text[$0] == ">" }
    let first = text[..<ends[0]]
    if !first.contains(where: { $0 == "\"" || $0 == "\\" }) { return (String(first), true) }
    guard let end = ends.first(where: { text[..<$0].wholeMatch(of: path) != nil }) else {
      return (String(first), false)
    }
    return (String(text[..<end]), true)
  }
}

/// Paths, and texts that nearly are, from a seed.
struct RandomPaths {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  private mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  private mutating func pick(_ choices: [String]) -> String { choices[next(choices.count)] }

  /// Anything.
  mutating func text() -> String {
    let pieces = ["\"", "\"", "\\", "\\\"", ".", "@", ">", "<", ":", ",", "a", "b", "[", "]", " ", "@a.b", "ë", "\"@c"]
    return next(3) == 0 ? path() : (0..<next(9)).map { _ in pick(pieces) }.joined()
  }

  /// A path as it should be.
  mutating func path() -> String {
    let words = (0...next(3)).map { _ in word() }.joined(separator: ".")
    let route = next(6) == 0 ? (0...next(2)).map { _ in "@" + domain() }.joined(separator: ",") + ":" : ""
    return route + words + (next(8) == 0 ? "" : "@" + domain())
  }

  private mutating func word() -> String {
    guard next(2) == 0 else {
      return pick(["a", "ann", "zoë", "x+y", "o'neil", "a/b=c", "a\\>b", "\\\\", "\\.\\<\\\"", "a\\ b"])
    }
    let pieces = ["a", " ", "> R=z T=x", "<b@c.example>", "@", ".", "\\\"", "\\\\", "\\a", "ë", ":", "F=<", "\\>"]
    return "\"" + (0..<next(5)).map { _ in pick(pieces) }.joined() + "\""
  }

  private mutating func domain() -> String {
    pick(["example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]", "exämple.org", "localhost", "a-b.example"])
  }
}
