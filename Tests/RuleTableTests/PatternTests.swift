import RuleTable
import Testing

@Suite struct PatternTests {
  /// A pattern, a line, and what is captured; nil where the line must not match.
  struct Case: Sendable, CustomStringConvertible {
    var pattern: String
    var line: String
    var captures: [String: String]?

    init(_ pattern: String, _ line: String, _ captures: [String: String]?) {
      self.pattern = pattern
      self.line = line
      self.captures = captures
    }

    var description: String { "\(pattern) on \(line)" }
  }

  private static let lists = """
    list fields ", "
      item method=<method:word>
      item rip=<ip:ip>
      item session=\\<<session:token>>
      item note=<note>
      item TLS
      other
    list strict ", "
      item a=<a:int>
      item b=<b:int>
    json object
      item user=<user>
      item size=<size>
    query arguments
      item user=<user>
      item size=<size>
    fragment who <service:word>(<user>)
    """

  private func check(_ test: Case) throws {
    let found = try TableUnderTest(pattern: test.pattern, definitions: Self.lists).match(test.line)
    #expect(found?.captures == test.captures)
  }

  /// A type, what it takes whole, and what it refuses.
  static let types: [(type: String, whole: [String], refused: [String])] = [
    ("int", ["0", "0042", "18446744073709551616"], ["", "4x", "-1", "4.2"]),
    ("number", ["1", "0.05", "-1.5", "+2"], ["", "x", "1,5"]),
    ("word", ["PLAIN", "CRAM-MD5", "ann@example.org", "a+b/c"], ["", "a b", "a,b", "a(b"]),
    ("token", ["x1/a+b", "JWH:T4:R2", "a=b"], ["", "a b", "a,b", "a>b", "a\"b", "a;b", "ä"]),
    ("queueid", ["4C9AA176A00", "4jWbk04J8dzCXcb"], ["", "4C9A", "NO_QUEUE", "4C9A-176A"]),
    (
      "ip", ["192.0.2.1", "2001:db8::7", "::1", "::ffff:192.0.2.3", "IPv6:2001:db8::7", "fe80::1%eth0"],
      ["", "192.0.2", "192.0.2.256", "1.2.3.4.5", "unknown", "2001:db8", "1:2:3:4:5:6:7:8:9"]
    ),
    ("host", ["mx1.example.com", "unknown", "a_b-c"], ["", "a b", "a[b", "a/b"]),
    ("address", ["", "ann@example.org", #""a> b"@example.org"#, #""a\" > b"@example.org"#, "a, to=b"], []),
  ]

  @Test(arguments: types.flatMap { row in row.whole.map { (row.type, $0) } })
  func closedTypesTakeTheSameFromBothEnds(type: String, text: String) throws {
    try check(Case("a=\\<<x:\(type)>> end", "a=<\(text)> end", ["x": text]))
    try check(Case("<:gap> a=\\<<x:\(type)>> end", "much a=<0> before a=<\(text)> end", ["x": text]))
  }

  @Test(arguments: types.flatMap { row in row.refused.map { (row.type, $0) } })
  func closedTypesRefuse(type: String, text: String) throws {
    try check(Case("a=\\<<x:\(type)>> end", "a=<\(text)> end", nil))
    try check(Case("<:gap> a=\\<<x:\(type)>> end", "much a=<\(text)> end", nil))
  }

  @Test(
    arguments: [
      // Text: the first offset where the literal behind it, and the rest, fit.
      Case("u=<u>, m=<m> end", "u=a, m=b, m=c end", ["u": "a", "m": "b, m=c"]),
      Case("u=<u>, m=<m:int>", "u=a, m=b, m=3", ["u": "a, m=b", "m": "3"]),
      Case("u=<u>, m=<m:int>", "u=a, m=3 ", nil),
      Case("u=<u>x", "u=x", ["u": ""]),
      Case("rest <u>", "rest of, the line", ["u": "of, the line"]),
      Case("rest<u>", "rest", ["u": ""]),
      // A gap: what stands behind it is anchored at the line's end, the last occurrence counts.
      Case("u=<u:gap>, m=<m> end", "u=a, m=b, m=c end", ["u": "a, m=b", "m": "c"]),
      Case("u=<u:gap> (<m>)", "u=a (b) (c (d)", ["u": "a (b) (c", "m": "d"]),
      Case("u=<u:gap>, m=<m:int> end", "u=a, m=1 end, m=x end", nil),
      Case("u=<u:gap>, m=<m:word>:<k:word>!", "u=a, m=b:c!", ["u": "a", "m": "b", "k": "c"]),
      // A closed type whose alphabet holds what stands beside it gives way.
      Case("<s:word>-login: <u>", "imap-login: x", ["s": "imap", "u": "x"]),
      Case("<s:word>-login: <u>", "a-b-login: x", ["s": "a-b", "u": "x"]),
      Case("<u:gap> v<s:word>", "x v1v2", ["u": "x", "s": "1v2"]),
      // Optional parts, alone, nested and beside each other.
      Case("a<? b=<b:int>?>.", "a.", [:]), Case("a<? b=<b:int>?>.", "a b=1.", ["b": "1"]),
      Case("a<? b=<b:int><?/<c:int>?>?><? d?>.", "a b=1/2 d.", ["b": "1", "c": "2"]),
      Case("a<? b=<b:int><?/<c:int>?>?><? d?>.", "a b=1.", ["b": "1"]),
      Case("a<? b=<b:int><?/<c:int>?>?><? d?>.", "a d.", [:]),
      Case("a<? b=<b:int><?/<c:int>?>?><? d?>.", "a/2 d.", nil),
      // Escapes and fragments.
      Case("u=\\<<u:word>>", "u=<a>", ["u": "a"]), Case("a\\\\b<u>", "a\\bc", ["u": "c"]),
      Case("a\\?>b<u>", "a?>bc", ["u": "c"]), Case("a\\nb<u>", "a\nbc", ["u": "c"]),
      Case("<&who>: x", "imap(ann): x", ["service": "imap", "user": "ann"]),
      Case("<&who>: x", "imap(a): x): x", ["service": "imap", "user": "a): x"]),
      // The whole line must match.
      Case("abc", "abcd", nil), Case("abc", "ab", nil), Case("abc", "xabc", nil),
    ])
  func captures(_ test: Case) throws { try check(test) }

  @Test(
    arguments: [
      Case("x<*fields>", "x, rip=192.0.2.1, method=PLAIN", ["ip": "192.0.2.1", "method": "PLAIN"]),
      Case("x<*fields>", "x, method=PLAIN, TLS, new=<thing>, session=<s1>", ["method": "PLAIN", "session": "s1"]),
      Case("x<*fields>", "x", [:]),
      Case("x<*fields>", "x, method=A, method=B", ["method": "A"]),
      Case("x<*fields>", "x, note=a b c, TLS", ["note": "a b c"]),
      Case("x<*fields>", "x, rip=nonsense, method=A", ["method": "A"]),
      Case("x<*fields>", "x, a>b", nil), Case("x<*fields>", "x, a<b", nil), Case("x<*fields>", "x,", nil),
      Case("x<*fields>;", "x, rip=192.0.2.1;", ["ip": "192.0.2.1"]),
      Case("x<*strict>;", "x, b=2, a=1;", ["a": "1", "b": "2"]),
      Case("x<*strict>;", "x, b=2, c=1;", nil), Case("x<*strict>;", "x, b=2x;", nil),
      // From the right, behind a gap.
      Case(
        "<u:gap>>, method=<m:word><*fields>", "a>, method=X, rip=192.0.2.9>, method=Y, rip=192.0.2.1, TLS",
        ["u": "a>, method=X, rip=192.0.2.9", "m": "Y", "ip": "192.0.2.1"]),
      Case("<u:gap>>, m<*fields>", "a>, m, session=<s>, rip=192.0.2.1", ["u": "a", "session": "s", "ip": "192.0.2.1"]),
      Case("<u:gap>, m<*strict>", "a, m, b=2, a=1", ["u": "a", "a": "1", "b": "2"]),
      Case("<u:gap>, m<*strict>", "a, m, b=2, c=1", nil),
      Case("<u:gap>, m<*strict>", "a, m, a=7, m", ["u": "a, m, a=7"]),
    ])
  func lists(_ test: Case) throws { try check(test) }

  @Test(
    arguments: [
      Case("e: <*object>", #"e: {"user":"ann","size":12}"#, ["user": "ann", "size": "12"]),
      Case("e: <*object>", #"e: {"a":{"b":[1,{"user": "ann"}]},"size":-1.5e3}"#, ["user": "ann", "size": "-1.5e3"]),
      Case("e: <*object>", #"e: {"user":"a\"b\\c\/d\n\t\u00e9\ud83d\ude00"}"#, ["user": "a\"b\\c/d\n\té😀"]),
      Case("e: <*object>", #"e: {"x":"\",\"user\":\"forged","user":"ann"}"#, ["user": "ann"]),
      Case("e: <*object>", #"e: {"user":"first","f":{"user":"second"}}"#, ["user": "first"]),
      Case("e: <*object>", #"e: {"x":["user","size"],"user":"ann"}"#, ["user": "ann"]),
      Case("e: <*object>", #"e: {"user":true}"#, ["user": "true"]), Case("e: <*object>", "e: {}", [:]),
      Case("e: <*object> end", #"e: {"user":"}"} end"#, ["user": "}"]),
      Case("e: <*object>", #"e: {"user":"ann""#, nil), Case("e: <*object>", #"e: {"user":"ann"#, nil),
      Case("e: <*object>", "e: [1]", nil), Case("e: <*object>", #"e: {"user":"ann"} x"#, nil),
    ])
  func json(_ test: Case) throws { try check(test) }

  @Test(
    arguments: [
      Case(
        "GET /x?<*arguments> HTTP", "GET /x?user=ann%40example.org&a=b&size=5 HTTP",
        ["user": "ann@example.org", "size": "5"]),
      Case("GET /x?<*arguments> HTTP", "GET /x?us%65r=a+b%zz%4 HTTP", ["user": "a b%zz%4"]),
      Case("GET /x?<*arguments> HTTP", "GET /x?&&user&user=&size==&=7 HTTP", ["user": "", "size": "="]),
      Case("GET /x?<*arguments> HTTP", "GET /x? HTTP", [:]),
      // Of two values the line does not say which was taken; the same one twice is one.
      Case("GET /x?<*arguments> HTTP", "GET /x?user=a&user=b&user=a&size=1&size=1 HTTP", ["size": "1"]),
      Case("GET /x?<*arguments> HTTP", "GET /x?size=1#user=ann HTTP", nil),
    ])
  func query(_ test: Case) throws { try check(test) }

  @Test func tablesHaveTheirOwnLists() throws {
    let table = try TableUnderTest(files: [
      TableUnderTest.file("list l \", \"\n  item a=<a:int>\n" + TableUnderTest.rule("r", matching: "x<*l>")),
      RuleFile(
        name: "u.rules",
        text: Array(
          ("table u\nscope u\n  identifier u\nlist l \";\"\n  item b=<b:int>\n"
            + TableUnderTest.rule("q", matching: "x<*l>").replacing("in s", with: "in u")).utf8)),
    ])
    #expect(table.match("x, a=1")?.captures == ["a": "1"])
    #expect(table.match("x;b=2", scope: "u")?.captures == ["b": "2"])
    #expect(table.match("x;b=2") == nil)
  }

  /// Whether a line can be split a second way at a stranger's text.
  @Test(
    arguments: [
      ("user(<u!>): <:text>", "user(a): b", false), ("user(<u!>): <:text>", "user(a): b): c", true),
      ("user(<u>): <:text>", "user(a): b): c", false),
      ("user(<u!>): x<:text>", "user(a): xb): y", false), ("user(<u!>): x<:text>", "user(a): y): x", false),
      ("u=<u!:gap>, m=<m:int>", "u=a, m=1", false), ("u=<u!:gap>, m=<m:int>", "u=a, m=1, m=2", false),
      ("u=<u!:gap>, m=<m:int>: <r>", "u=a, m=1: b, m=2: c", true),
    ])
  func ambiguity(pattern: String, line: String, isAmbiguous: Bool) throws {
    let found = try #require(try TableUnderTest(pattern: pattern).match(line))
    #expect(found.isAmbiguous == isAmbiguous)
  }

  @Test func ambiguityOfOneLineDoesNotStickToTheNext() throws {
    let table = try TableUnderTest(pattern: "user(<u!>): <:text>").table
    var scratch = MatchScratch()
    for (line, isAmbiguous) in [("user(a): b): c", true), ("user(a): b", false), ("user(a): b): c", true)] {
      #expect(table.match(scope: 0, bytes: Array(line.utf8), &scratch) == 0)
      #expect(scratch.isAmbiguous == isAmbiguous)
    }
    #expect(table.match(scope: 0, bytes: Array("nothing".utf8), &scratch) == nil)
  }

  @Test func bytesThatAreNoTextPassThrough() throws {
    let table = try TableUnderTest(pattern: "u=<u>;").table
    var scratch = MatchScratch()
    let line: [UInt8] = Array("u=".utf8) + [0, 0xff, 0xc3, 10, 0x1b] + Array(";".utf8)
    #expect(table.match(scope: 0, bytes: line, &scratch) == 0)
    #expect(scratch.captures.map { [$0.start, $0.end] } == [[2, 7]])
    #expect(table.match(scope: 0, bytes: [], &scratch) == nil)
  }
}
