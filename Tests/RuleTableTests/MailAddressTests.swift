import RuleTable
import Testing

/// The types `addrspec` and `string`: what ends where its own grammar ends.
@Suite struct MailAddressTests {
  private static let bare = Result { try TableUnderTest(pattern: #"\<= <a:addrspec> H=<:text>"#) }
  private static let bracketed = Result { try TableUnderTest(pattern: #"F=\<<a:addrspec>> R=<:text>"#) }

  @Test(
    arguments: [
      "ann@example.org", "ann", #""a b"@c.example"#, #"x."a> b <c".y@c.example"#, #"x\ y@c.example"#,
      #"x\<y@c.example"#,
      #"x\"y@c.example"#,
      "zoë@exämple.org", "ann@[192.0.2.1]", "a..b@c.example", #""a\"> H=b"@c.example"#,
    ])
  func endsWithItsGrammar(address: String) throws {
    #expect(try Self.bare.get().match("<= \(address) H=z \" H=y")?.captures == ["a": address])
    #expect(try Self.bracketed.get().match("F=<\(address)> R=z \"> R=y")?.captures == ["a": address])
  }

  @Test func nobodyIsAnAddress() throws {
    #expect(try Self.bare.get().match("<= <> H=z")?.captures == ["a": "<>"])
    #expect(try Self.bracketed.get().match("F=<> R=z") != nil)
  }

  @Test(arguments: ["a b@c.example", #""a@c.example"#, "", "a@", "@c.example", #"a"b"@c.example"#])
  func otherTextIsNone(text: String) throws { #expect(try Self.bare.get().match("<= \(text) H=z") == nil) }

  @Test func aStringEndsAtTheQuoteThatNothingHides() throws {
    let table = try TableUnderTest(pattern: #"T="<a:string>" for <b>"#)
    #expect(table.match(#"T="x \" for y" for z" for w"#)?.captures == ["a": #"x \" for y"#, "b": #"z" for w"#])
    #expect(table.match(#"T="x\\" for z"#)?.captures == ["a": #"x\\"#, "b": "z"])
    #expect(table.match(#"T="x\" for z"#) == nil)
  }
}
