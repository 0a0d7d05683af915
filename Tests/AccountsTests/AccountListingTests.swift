import Accounts
import Configuration
import Testing

@Suite("Files that list accounts")
struct AccountListingTests {
  private func listing(
    _ text: String, _ format: Configuration.AccountFile.Format, domain: String? = nil
  ) -> AccountListing {
    AccountListing(Array(text.utf8), Configuration.AccountFile(path: "/f", format: format, domain: domain))
  }

  @Test("a passwd-file of Dovecot: fields and the words of the eighth")
  func passwd() {
    let text = """
      # users
      ann@example.org:{SHA512-CRYPT}$6$x:1001:1001::/var/mail/ann::userdb_quota_rule=*:storage=1G nopassword

      bob:{PLAIN}secret\r
      carl@example.org:!{PLAIN}x:::::: nologin=y
      """
    let found = listing(text, .passwd, domain: "example.org")
    #expect(
      found.accounts == [
        "ann@example.org": [
          "password": "{SHA512-CRYPT}$6$x", "uid": "1001", "gid": "1001", "home": "/var/mail/ann",
          "field userdb_quota_rule": "*:storage=1G", "field nopassword": "yes",
        ],
        "bob@example.org": ["password": "{PLAIN}secret"],
        "carl@example.org": ["password": "{PLAIN}x", "locked": "yes"],
      ])
    #expect(found.unreadLines.isEmpty)
  }

  @Test(
    "what locks a password is no part of it",
    arguments: [
      ("!$6$x", "$6$x", true), ("!!$6$x", "$6$x", true), ("*LOCKED*$6$x", "$6$x", true), ("*", "", true),
      ("$6$x", "$6$x", false),
    ])
  func locked(field: String, password: String, isLocked: Bool) {
    let found = listing("ann:\(field):19000:0:99999:7:::", .shadow).accounts["ann"]
    #expect(found?["password"] == password)
    #expect((found?["locked"] != nil) == isLocked)
    #expect(found?["uid"] == nil)
  }

  @Test("maps of forwarders: continuation lines, whole domains and catch-alls")
  func virtual() {
    let text = """
      example.org  anything
      @example.org catch@example.org
      info@example.org ann@example.org,
        bob@example.org   carl@example.com
      sales: ann, "|/bin/x y"
      broken
      """
    let found = listing(text, .virtual)
    #expect(found.accounts["info@example.org"] == ["targets": "ann@example.org, bob@example.org, carl@example.com"])
    #expect(found.accounts["sales"] != nil)
    #expect(found.accounts.count == 2)
    #expect(found.unreadLines == [1, 2, 6])
  }

  @Test("lists, and lines that are none")
  func lists() {
    let bytes =
      Array("ann@example.org\n  bob@example.org \n\n# x\n".utf8) + [0xFF, 0x0A] + Array("@example.org\n".utf8)
    let found = AccountListing(bytes, Configuration.AccountFile(path: "/f", format: .list))
    #expect(found.accounts.keys.sorted() == ["ann@example.org", "bob@example.org"])
    #expect(found.unreadLines == [5, 6])
  }
}
