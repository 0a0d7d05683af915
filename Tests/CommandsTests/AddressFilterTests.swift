import Testing

@testable import Commands

@Suite struct AddressFilterTests {
  @Test(
    "one address is found in any spelling, a network finds what is in it",
    arguments: [
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.77", false), ("192.0.2.7", "::ffff:192.0.2.7", true),
      ("::ffff:192.0.2.7", "192.0.2.7", true), ("2001:DB8::7", "2001:db8::7", true),
      ("2001:db8:0:0::7", "2001:db8::7", true), ("2001:db8::7", "2001:db8::8", false),
      ("203.0.113.0/24", "203.0.113.255", true), ("203.0.113.0/24", "203.0.114.0", false),
      ("203.0.113.77/24", "203.0.113.1", true), ("203.0.113.0/24", "::ffff:203.0.113.9", true),
      ("0.0.0.0/0", "198.51.100.1", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "198.51.100.1", true),
      ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
      ("192.0.2.7", "", false), ("192.0.2.7", "unknown", false),
    ])
  func accepts(filter: String, value: String, isAccepted: Bool) throws {
    #expect(try #require(AddressFilter(filter)).accepts(Array(value.utf8)) == isAccepted)
  }

  @Test(
    "what is neither is refused",
    arguments: ["", "192.0.2", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/-1", "192.0.2.0/", "host", "192.0.2.0/8/8"])
  func refuses(text: String) { #expect(AddressFilter(text) == nil) }

  @Test(
    "the word that was meant",
    arguments: [
      ("imaap", "imap"), ("shwo", nil), ("submision", "submission"), ("pop", "pop3"), ("", nil), ("xxxxxxxx", nil),
    ])
  func suggestions(word: String, expected: String?) {
    #expect(Suggestion.nearest(to: word, among: ["imap", "pop3", "submission", "smtp"]) == expected)
  }
}
