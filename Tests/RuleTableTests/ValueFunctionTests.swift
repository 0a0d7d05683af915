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
    ("user.ann.Work", ".", "user", "ann.Work"), ("ann", ".", "ann", ""), (".ann", ".", "", "ann"), ("a", "ab", "a", ""),
    ("a->b->c", "->", "a", "b->c"), ("", ".", "", ""), ("ann.", ".", "ann", ""),
  ])
  func cutsATextAtTheFirst(value: String, text: String, before: String, after: String) {
    #expect(self.text(.before(Array(text.utf8)), value) == before)
    #expect(self.text(.after(Array(text.utf8)), value) == after)
  }

  /// Lists as Cyrus writes them, with blanks for the tabs: what the second gives more than the first, and less.
  @Test(arguments: [
    ("ann lrswip ", "ann lrswip bob lrs ", "bob lrs", ""), ("ann a bob lrs ", "ann a ", "", "bob lrs"),
    ("bob lrs ", "bob lrw ", "bob w", "bob s"), ("ann a ", "ann a ", "", ""),
    ("", "anyone lr group:staff p ", "anyone lr, group:staff p", ""),
    ("ann a ", "ann a -bob w ", "", "-bob w"), ("-bob wt ", "-bob t bob l ", "bob l, -bob w", ""),
    ("ann a bob", "ann a bob lr ", "bob lr", ""), ("ann a ", "", "", "ann a"), ("ann", "bob", "", ""),
    ("x lr x a ", "x lra ", "x a", ""),
  ])
  func saysWhoseRightsChanged(old: String, new: String, given: String, taken: String) {
    let lists = [old, new].map { $0.replacing(" ", with: "\t") }
    #expect(text(.rightsGiven, lists[0] + "\0" + lists[1]) == given)
    #expect(text(.rightsGiven, lists[1] + "\0" + lists[0]) == taken)
  }

  /// Nobody's name reads as somebody else's rights.
  @Test func quotesNamesThatLookLikeMore() {
    #expect(text(.rightsGiven, "\0bob lrs, anyone\ta\t") == #""bob lrs, anyone" a"#)
    #expect(text(.rightsGiven, "\0a\"b\\\ta\t\tl\t") == #""a\"b\\" a, "" l"#)
    #expect(text(.rightsGiven, "ann\ta\t") == "" && text(.rightsGiven, "\0\0ann\ta\t") == "")
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
