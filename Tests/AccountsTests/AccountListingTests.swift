import Accounts
import Configuration
import Testing

@Suite("Files that list accounts")
struct AccountListingTests {
  private func listing(_ text: String, _ format: Configuration.AccountFile.Format) -> Read {
    Read(AccountListing(Array(text.utf8), format, isMailbox: { $0 != [UInt8(ascii: "-")] }))
  }

  /// A listing as texts.
  private struct Read {
    var accounts: [String: [String: String]]
    var unreadLines: [Int]

    init(_ listing: AccountListing) {
      accounts = Dictionary(
        uniqueKeysWithValues: listing.accounts.map { name, attributes in
          (String(decoding: name, as: UTF8.self), attributes.mapValues { String(decoding: $0, as: UTF8.self) })
        })
      unreadLines = listing.unreadLines
    }
  }

  @Test("a passwd-file of Dovecot: fields and the words of the eighth")
  func passwd() {
    let text = """
      # users
      ann@example.org:{SHA512-CRYPT}$6$x:1001:1001::/var/mail/ann::userdb_quota_rule=*:storage=1G nopassword

      bob:{PLAIN}secret\r
      carl@example.org:!{PLAIN}x:::::: nologin=y
      """
    let found = listing(text, .passwd)
    #expect(
      found.accounts == [
        "ann@example.org": [
          "password": "{SHA512-CRYPT}$6$x", "uid": "1001", "gid": "1001", "home": "/var/mail/ann",
          "field userdb_quota_rule": "*:storage=1G", "field nopassword": "yes",
        ],
        "bob": ["password": "{PLAIN}secret"],
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
      sales: ann, "|/bin/x"
      john.doe : ann
      all: :include:/etc/mail/all
      broken
      """
    let found = listing(text, .virtual)
    #expect(
      found.accounts == [
        "@example.org": ["targets": "catch@example.org"],
        "info@example.org": ["targets": "ann@example.org, bob@example.org, carl@example.com"],
        "sales": ["targets": "ann, \"|/bin/x\""], "john.doe": ["targets": "ann"],
        "all": ["targets": ":include:/etc/mail/all"],
      ])
    #expect(found.unreadLines == [8])
  }

  @Test(
    "a file of another format lists nothing of what it has",
    arguments: [
      ("root:$6$abc$hash:19000:0:99999:7:::", Configuration.AccountFile.Format.list),
      ("ann@example.org:{PLAIN}secret:1000:1000::/home/ann", .list), ("ann@example.org extra", .list),
      ("ann:{PLAIN}secret:1000:1000::/home/ann", .virtual), ("ann:$6$x", .virtual), ("ann:!$6$x", .virtual),
      ("ann:x:1000:1000:Ann Smith:/home/ann:/bin/sh", .virtual), ("ann", .passwd), ("a b:x", .passwd),
    ])
  func refusesOtherFormats(line: String, format: Configuration.AccountFile.Format) {
    #expect(listing(line, format).accounts.isEmpty)
    #expect(listing(line, format).unreadLines == [1])
  }

  @Test("a combining character hides no separator, and two spellings of a name are two names")
  func comparesBytes() {
    let found = listing("ann:x:1:1:\u{301}Bob:/home::nologin", .passwd)
    #expect(found.accounts["ann"]?["locked"] == "yes")
    let names = AccountListing(Array("e\u{301}:x\n\u{E9}:y".utf8), .passwd, isMailbox: { _ in true }).accounts
    #expect(names.count == 2)
  }

  @Test("of two lines with one name the first counts")
  func firstLineCounts() {
    #expect(listing("ann:x\nann:y", .passwd).accounts == ["ann": ["password": "x"]])
  }

  @Test("lists, and lines that are none")
  func lists() {
    let text = "ann@example.org\n  bob@example.org \n\n# x\n@example.org\n-\n" + String(repeating: "x", count: 321)
    let found = listing(text, .list)
    #expect(found.accounts.keys.sorted() == ["ann@example.org", "bob@example.org"])
    #expect(found.unreadLines == [5, 6, 7])
  }
}
