import AuditModel
import Testing

@Suite struct MailboxNamingTests {
  let naming = MailboxNaming(defaultDomain: "Example.org")

  @Test(
    arguments: [
      ("ann", "ann@example.org"), ("Ann@EXAMPLE.com", "ann@example.com"), ("ann+lists@example.com", "ann@example.com"),
      ("+odd@example.com", "+odd@example.com"), ("a@b@example.com", "a@b@example.com"), ("ann@", "ann@example.org"),
      ("\"Odd Name\"@example.com", "\"odd name\"@example.com"), ("\"Ann.Lee\"@example.com", "ann.lee@example.com"),
      ("odd name@example.com", "odd name@example.com"), ("\"a..b\"@example.com", "\"a..b\"@example.com"),
    ])
  func canonicalForm(name: String, address: String) {
    #expect(naming.address(of: Array(name.utf8))?.bytes == Array(address.utf8))
  }

  @Test func noNameIsNoAddress() {
    #expect(naming.address(of: []) == nil)
    #expect(naming.address(of: Array("@".utf8)) == nil)
  }

  @Test func keepsCaseWhenTold() {
    let naming = MailboxNaming(defaultDomain: "example.org", foldsCase: false)
    #expect(naming.address(of: Array("Ann@Example.com".utf8))?.bytes == Array("Ann@example.com".utf8))
  }
}
