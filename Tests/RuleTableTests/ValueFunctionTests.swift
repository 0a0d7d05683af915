import RuleTable
import Testing

@Suite struct ValueFunctionTests {
  private func text(_ function: ValueFunction, _ value: String) -> String {
    String(decoding: function(Array(value.utf8)), as: UTF8.self)
  }

  @Test(
    arguments: [
      ("Work.2026", "Work/2026"), ("to=max@gamma^test", "to=max@gamma.test"), ("a.^.b", "a/./b"), ("", ""),
    ])
  func replacesInOnePass(value: String, result: String) {
    let pairs = [(".", "/"), ("^", ".")].map {
      ValueFunction.Replacement(old: Array($0.0.utf8), new: Array($0.1.utf8))
    }
    #expect(text(.replaced(pairs), value) == result)
  }

  @Test(
    arguments: [
      ("Gel&APY-scht", "Gelöscht"), ("Tom &- Jerry", "Tom & Jerry"), ("&U,BTFw-", "台北"), ("&2D3cqQ-", "💩"),
      ("INBOX", "INBOX"), ("", ""), ("A&B", "A&B"), ("&!-", "&!-"), ("Caf&AOk-/&ZeVnLIqe-", "Café/日本語"),
    ])
  func readsModifiedUTF7(value: String, result: String) { #expect(text(.folderName, value) == result) }

  @Test func makesAListOfWords() { #expect(text(.words, " a@b  c@d ") == "a@b\0c@d") }

  @Test(
    arguments: [
      (#"j\303\266rg@example.org"#, "jörg@example.org"), (#"a\\b"#, #"a\\b"#), (#"a\nb"#, #"a\nb"#), (#"a\"#, #"a\"#),
      (#"\9\400\012"#, #"\9\400\012"#), ("ann", "ann"),
    ])
  func undoesTheEscapesOfALogLine(value: String, result: String) { #expect(text(.unescaped, value) == result) }

  @Test(arguments: [
    ("mx.example.org[192.0.2.1]:25", "192.0.2.1"), ("a[x][2001:db8::1]:24", "2001:db8::1"), ("none", ""), ("]x[", ""),
    ("[]", ""),
  ])
  func takesWhatStandsInTheLastBrackets(value: String, result: String) { #expect(text(.inBrackets, value) == result) }

  @Test(arguments: [
    ("ann@example.org", "ann", "example.org"), (#""a@b"@example.org"#, #""a@b""#, "example.org"), ("ann", "ann", ""),
    ("", "", ""),
  ])
  func cutsAnAddressAtItsLastAt(value: String, local: String, domain: String) {
    #expect(text(.localPart, value) == local)
    #expect(text(.domainPart, value) == domain)
  }

  @Test(arguments: [
    ("/SOGo/dav/ann@example.org/Calendar", 3, "ann@example.org"),
    ("/SOGo//dav/%61nn%40example.org/", 3, "ann@example.org"),
    ("/SOGo/dav/ann?x=/a/b", 3, "ann"), ("/a/b#c/d", -1, "b"), ("/a/b/", -1, "b"), ("/a%2Fb/c", 1, "a/b"),
    ("/a%2/%zz", 1, "a%2"),
    ("/a%2/%zz", 2, "%zz"), ("HTTP://host/a/b", 1, "a"), ("https://host", 1, ""), ("/a", 2, ""), ("", -1, ""),
    ("/%", 1, "%"),
  ])
  func readsAPathAsItsServerDoes(url: String, index: Int, segment: String) {
    #expect(text(.segment(index), url) == segment)
  }
}
