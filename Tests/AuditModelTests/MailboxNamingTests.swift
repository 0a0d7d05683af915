import AuditModel
import Testing

@Suite struct MailboxNamingTests {
  let naming = MailboxNaming(defaultDomain: "Example.org")

  /// An account, and the mailbox that the same text means as an address, where that is another.
  @Test(
    arguments: [
      ("ann", "ann@example.org", nil), ("Ann@EXAMPLE.com", "ann@example.com", nil), ("ann@", "ann@example.org", nil),
      ("ulla+kasse@example.com", "ulla+kasse@example.com", "ulla@example.com"),
      ("Ulla+Kasse", "ulla+kasse@example.org", "ulla@example.org"),
      ("ulla+@x.example", "ulla+@x.example", "ulla@x.example"),
      ("a+b+c@x.example", "a+b+c@x.example", "a@x.example"), ("+odd@example.com", "+odd@example.com", nil),
      ("a@b@example.com", "a@b@example.com", nil), ("odd name@example.com", "odd name@example.com", nil),
      ("\"Ann.Lee\"@example.com", "ann.lee@example.com", nil), ("\"liu\"", "liu@example.org", nil),
      ("\"Odd Name\"@example.com", "odd name@example.com", nil), ("\"a..b\"@example.com", "a..b@example.com", nil),
      ("a.\"b c\".d@example.com", "a.b c.d@example.com", nil), ("\"a@b\"@x.example", "a@b@x.example", nil),
      ("\"a+b c\"@x.example", "a+b c@x.example", "a@x.example"), ("\"a\\\"b\"@x.example", "\"a\\\"b\"@x.example", nil),
      ("\"\\\"+x\"@x.example", "\"\\\"+x\"@x.example", "\"\\\"\"@x.example"),
      ("\"ann@x.example", "\"ann@x.example", nil), ("\"a\"b\"@x.example", "\"a\"b\"@x.example", nil),
      (" ida@shop.example ", "ida@shop.example", nil), ("\tbob\r\n", "bob@example.org", nil),
      ("zoe\u{308}@x.example", "zo\u{EB}@x.example", nil), ("\u{212B}sa@x.example", "\u{C5}sa@x.example", nil),
      ("H\u{331}@x.example", "\u{1E96}@x.example", nil),
      ("\u{E9}va+x@x.example", "\u{E9}va+x@x.example", "\u{E9}va@x.example"),
    ] as [(String, String, String?)])
  func canonicalForm(name: String, account: String, address: String?) {
    #expect(naming.account(name) == Array(account.utf8))
    #expect(naming.address(name) == Array((address ?? account).utf8))
  }

  @Test func noNameIsNoMailbox() {
    for name in ["", "@", "@@", "  ", " @ "] {
      #expect(naming.account(name) == nil)
      #expect(naming.address(name) == nil)
    }
  }

  @Test func bytesThatAreNotUTF8StayAsTheyAre() {
    let name = [0x65, 0xCC, 0x81, 0xFF] + Array("@x.example".utf8)
    #expect(naming.mailbox(of: AccountName(name))?.bytes == name)
  }

  @Test func keepsCaseWhenTold() {
    let naming = MailboxNaming(defaultDomain: "example.org", foldsCase: false)
    #expect(naming.account("Ann@Example.com") == Array("Ann@example.com".utf8))
  }

  @Test func severalDelimitersOrNone() {
    #expect(MailboxNaming(extensionDelimiters: "-+").address("list-owner+x@x.example") == Array("list@x.example".utf8))
    #expect(MailboxNaming(extensionDelimiters: "").address("ann+x@x.example") == Array("ann+x@x.example".utf8))
  }

  @Test func theAddressOfAKnownAccountKeepsItsExtension() {
    var asked: [[UInt8]] = []
    func mailbox(_ name: String) -> [UInt8]? {
      naming.mailbox(of: EnvelopeAddress(name.utf8)) {
        asked.append(Array($0))
        return $0.elementsEqual("ulla+kasse@x.example".utf8)
      }?.bytes
    }
    #expect(mailbox("Ulla+Kasse@x.example") == Array("ulla+kasse@x.example".utf8))
    #expect(mailbox("\"ulla+kasse\"@X.example") == Array("ulla+kasse@x.example".utf8))
    #expect(mailbox("ulla+kasse+y@x.example") == Array("ulla@x.example".utf8))
    #expect(asked.count == 3)
    // Without an extension nobody needs to be asked.
    #expect(mailbox("ulla@x.example") == Array("ulla@x.example".utf8))
    #expect(asked.count == 3)
  }

  @Test func domainAliasesLeadToTheDomain() throws {
    var aliases = DomainAliases()
    try aliases.add("Mail.Example.org", of: "Example.org")
    try aliases.add("m\u{FC}ller.example", of: "mueller-with-a-long-name.example")
    let naming = MailboxNaming(defaultDomain: "mail.example.org", domainAliases: aliases)
    #expect(naming.defaultDomain == Array("example.org".utf8))
    #expect(naming.account("ann") == Array("ann@example.org".utf8))
    #expect(naming.account("Ann@MAIL.example.org") == Array("ann@example.org".utf8))
    #expect(naming.account("a+b@mail.example.org") == Array("a+b@example.org".utf8))
    #expect(naming.address("a+b@mail.example.org") == Array("a@example.org".utf8))
    #expect(naming.account("x@Mu\u{308}ller.example") == Array("x@mueller-with-a-long-name.example".utf8))
    #expect(naming.account("ann@sub.mail.example.org") == Array("ann@sub.mail.example.org".utf8))
  }

  @Test func domainAliasesHaveNoChains() throws {
    var aliases = DomainAliases()
    try aliases.add("b.example", of: "c.example")
    try aliases.add("b.example", of: "C.example")
    #expect(throws: DomainAliases.Problem.itself) { try aliases.add("x.example", of: "X.example") }
    #expect(throws: DomainAliases.Problem.other("c.example")) { try aliases.add("b.example", of: "d.example") }
    #expect(throws: DomainAliases.Problem.chain("c.example")) { try aliases.add("a.example", of: "b.example") }
    #expect(throws: DomainAliases.Problem.target(of: "b.example")) { try aliases.add("c.example", of: "d.example") }
  }

  // MARK: - Properties

  /// Names of all sorts: what daemons write, and what strangers do.
  private static func names(_ count: Int) -> [[UInt8]] {
    let pieces: [String] = [
      "a", "Z", "ulla", "+", "+", "-", "@", "@", "\"", "\"", "\\", ".", " ", "\t", "e\u{301}", "H\u{331}", "\u{C4}",
      "\u{212A}",
      "\u{331}", "x.example", "alias.example", "@X.example", "\"a b\"", "\"+\"", "=", "\u{338}", "/",
    ]
    var generator = SplitMix(state: 20_260_302)
    return (0..<count).map { _ in
      var name: [UInt8] = []
      for _ in 0..<Int.random(in: 0...8, using: &generator) {
        name += Array(pieces.randomElement(using: &generator)!.utf8)
        if Int.random(in: 0..<40, using: &generator) == 0 { name.append(UInt8.random(in: 0...255, using: &generator)) }
      }
      return name
    }
  }

  private static func namings() throws -> [MailboxNaming] {
    var aliases = DomainAliases()
    try aliases.add("alias.example", of: "x.example")
    return [
      MailboxNaming(defaultDomain: "example.org"), MailboxNaming(foldsCase: false, extensionDelimiters: "+-="),
      MailboxNaming(defaultDomain: "alias.example", domainAliases: aliases),
    ]
  }

  @Test func canonicalFormsAreStable() throws {
    for naming in try Self.namings() {
      for name in Self.names(20_000) {
        guard let account = naming.mailbox(of: AccountName(name)) else {
          #expect(naming.mailbox(of: EnvelopeAddress(name)) { _ in false } == nil, "\(name)")
          continue
        }
        let text = String(decoding: name, as: UTF8.self).debugDescription
        #expect(naming.mailbox(of: AccountName(account.bytes)) == account, "\(text)")
        let address = try #require(naming.mailbox(of: EnvelopeAddress(name)) { _ in false })
        #expect(naming.mailbox(of: EnvelopeAddress(address.bytes)) { _ in false } == address, "\(text)")
        #expect(naming.mailbox(of: AccountName(address.bytes)) == address, "\(text)")
        // Only the whole is looked for, and whoever knows it keeps it.
        #expect(naming.mailbox(of: EnvelopeAddress(name)) { _ in true } == account, "\(text)")
        #expect(address.domain == account.domain, "\(text)")
      }
    }
  }

  @Test func anAccountNeverLosesItsExtension() throws {
    for naming in try Self.namings() {
      for name in Self.names(20_000) {
        guard let account = naming.mailbox(of: AccountName(name)) else { continue }
        let plus = UInt8(ascii: "+")
        #expect(account.bytes.count { $0 == plus } == name.count { $0 == plus })
      }
    }
  }
}

extension MailboxNaming {
  fileprivate func account(_ name: String) -> [UInt8]? { mailbox(of: AccountName(name.utf8))?.bytes }

  fileprivate func address(_ name: String) -> [UInt8]? {
    mailbox(of: EnvelopeAddress(name.utf8)) { _ in false }?.bytes
  }
}

/// The same numbers in every run.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
