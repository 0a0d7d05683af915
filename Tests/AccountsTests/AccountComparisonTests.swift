import AuditModel
import Configuration
import Testing

@testable import Accounts

/// A journal that may fail before or after it keeps a message.
private final class FaultyJournal: ReportChannel {
  struct Fault: Error {}
  var kept: [String] = []
  var failsBefore: Int?
  var failsAfter: Int?

  func send(_ messages: [String]) throws {
    for message in messages {
      if kept.count == failsBefore { throw Fault() }
      kept.append(message)
      if kept.count == failsAfter { throw Fault() }
    }
  }

  func sent(since: UInt64) throws -> Set<String> { Set(kept) }
}

@Suite("Comparing accounts from run to run")
struct AccountComparisonTests {
  private static let users = Configuration.AccountFile(path: "/etc/dovecot/users", format: .passwd)
  private static let map = Configuration.AccountFile(path: "/etc/postfix/virtual", format: .virtual)
  private struct Gone: Error {}

  /// What is saved, and what fails; a run of the program is one call of `run`.
  private final class Site {
    let journal = FaultyJournal()
    var state = AccountState(key: String(repeating: "0", count: 64))
    var failsAtSave: Int?
    /// As the naming does it, in short.
    var mailbox: ([UInt8]) -> [UInt8]? = { name in Array(String(decoding: name, as: UTF8.self).lowercased().utf8) }
    private var saves = 0

    func run(
      _ files: [(Configuration.AccountFile, String?)], acceptsEmpty: Bool = false
    ) throws -> AccountComparison<FaultyJournal>.Result {
      let comparison = AccountComparison(
        channel: journal, now: 1, mailbox: mailbox,
        save: { state in
          self.saves += 1
          if self.saves == self.failsAtSave { throw FaultyJournal.Fault() }
          // What is read again is the text.
          self.state = try #require(AccountState(text: state.text))
        },
        message: { change, _, identity in
          "\(change.kind.name) \(String(decoding: change.account, as: UTF8.self)) \(change.change ?? "-") \(identity)"
        })
      return try comparison.run(
        state, files: files.map { file, text in (file, text.map { .success(Array($0.utf8)) } ?? .failure(Gone())) },
        acceptsEmpty: acceptsEmpty)
    }

    /// The reports without what makes them unlike each other.
    var reports: [String] { journal.kept.map { $0.split(separator: " ").dropLast().joined(separator: " ") } }
  }

  private static let before = "ann:x:1:1\nbob:y\ncarl:!z\n"
  private static let after = "ann:x2:1:2\ncarl:z\ndora:d\n"
  private static let changes = [
    "account.password-changed ann -", "account.changed ann gid", "account.deleted bob -", "account.resumed carl -",
    "account.created dora -",
  ]

  @Test("the first run reports nothing, the next ones what changed, once")
  func reportsChangesOnce() throws {
    let site = Site()
    #expect(try site.run([(Self.users, Self.before)]).firstSeen.first?.count == 3)
    #expect(try site.run([(Self.users, Self.before)]).reported == 0)
    #expect(try site.run([(Self.users, Self.after)]).reported == 5)
    #expect(try site.run([(Self.users, Self.after)]).reported == 0)
    #expect(site.reports == Self.changes)
  }

  @Test("the same change again is another event")
  func repeatedChangeIsReportedAgain() throws {
    let site = Site()
    for password in ["a", "b", "a", "b"] { _ = try site.run([(Self.users, "ann:\(password)")]) }
    #expect(site.reports == [String](repeating: "account.password-changed ann -", count: 3))
    #expect(Set(site.journal.kept).count == 3)
  }

  @Test("a run that is cut off anywhere loses and repeats nothing")
  func isExactlyOnce() throws {
    for step in 0..<5 {
      for kind in 0..<3 where kind < 2 || step < 2 {
        let site = Site()
        _ = try site.run([(Self.users, Self.before)])
        switch kind {
        case 0: site.journal.failsBefore = step
        case 1: site.journal.failsAfter = step + 1
        default: site.failsAtSave = step + 2
        }
        #expect(throws: FaultyJournal.Fault.self) { _ = try site.run([(Self.users, Self.after)]) }
        (site.journal.failsBefore, site.journal.failsAfter, site.failsAtSave) = (nil, nil, nil)
        _ = try site.run([(Self.users, Self.after)])
        _ = try site.run([(Self.users, Self.after)])
        #expect(site.reports == Self.changes)
      }
    }
  }

  @Test("a file that is gone, or empty while it is written, deletes nobody")
  func keepsAccountsOfLostFiles() throws {
    let site = Site()
    _ = try site.run([(Self.users, Self.before)])
    #expect(try site.run([(Self.users, nil)]).problems.count == 1)
    #expect(try site.run([(Self.users, "")]).problems.count == 1)
    #expect(try site.run([(Self.users, Self.before)]).problems.isEmpty)
    #expect(site.reports.isEmpty)
    #expect(try site.run([(Self.users, "")], acceptsEmpty: true).reported == 3)
  }

  @Test("a file that is no longer compared is forgotten")
  func forgetsFiles() throws {
    let site = Site()
    _ = try site.run([(Self.users, Self.before), (Self.map, "a@example.org b@example.org")])
    _ = try site.run([(Self.users, Self.before)])
    #expect(site.state.snapshots.keys.sorted() == [Self.users.path])
    #expect(try site.run([(Self.users, Self.before), (Self.map, "c@example.org d@example.org")]).reported == 0)
  }

  @Test("another format begins anew; another domain, or a mailbox that is called differently, is no change")
  func beginsAnew() throws {
    let site = Site()
    _ = try site.run([(Self.users, Self.before)])
    var other = Self.users
    other.domain = "example.net"
    #expect(try site.run([(other, Self.before)]).reported == 0)
    site.mailbox = { $0 + Array(".example.com".utf8) }
    #expect(try site.run([(other, Self.before)]).reported == 0)
    other.format = .shadow
    #expect(try site.run([(other, Self.before)]).firstSeen.count == 1)
    #expect(site.reports.isEmpty)
  }

  @Test("a mailbox has one account, however it is spelled")
  func spellingsAreOneAccount() throws {
    let site = Site()
    _ = try site.run([(Self.users, "Ann:x\nann:x\nbob:y")])
    #expect(try site.run([(Self.users, "ann:x\nBOB:y")]).reported == 0)
    #expect(try site.run([(Self.users, "Ann:z")]).reported == 2)
    #expect(site.reports == ["account.password-changed ann -", "account.deleted bob -"])
  }

  @Test("nothing is kept of a file that is of another format")
  func keepsNothingOfOtherFormats() throws {
    let site = Site()
    var list = Self.users
    list.format = .list
    #expect(try site.run([(list, "root:$6$abc$hash:19000:0\nann:x")]).problems.count == 1)
    #expect(site.state.snapshots.isEmpty)
  }

  @Test("a report is short, whatever a map has")
  func reportsAreShort() throws {
    let site = Site()
    let targets = (0..<6_000).map { "user\($0)@example.org" }.joined(separator: ",")
    _ = try site.run([(Self.map, "a@example.org b@example.org\nb@example.org c@example.com")])
    _ = try site.run([(Self.map, "a@example.org \(targets)\nb@example.org d@example.net")])
    #expect(site.journal.kept.count == 2)
    #expect(site.journal.kept.allSatisfy { $0.utf8.count < 1_200 })
  }

  @Test("forwarders")
  func forwarders() throws {
    let site = Site()
    _ = try site.run([(Self.map, "a@example.org x@example.com\nb@example.org y@example.com")])
    _ = try site.run([(Self.map, "a@example.org eve@example.net, x@example.com\nc@example.org z@example.com")])
    #expect(
      site.reports == [
        "forwarder.changed a@example.org changed, to eve@example.net, x@example.com",
        "forwarder.changed b@example.org removed", "forwarder.changed c@example.org added, to z@example.com",
      ])
    // What catches the rest of a domain, too.
    _ = try site.run([(Self.map, "@example.org eve@example.net")])
    #expect(site.reports.contains("forwarder.changed @example.org added, to eve@example.net"))
  }

  @Test("no value is kept, of a password least of all")
  func keepsNoValues() throws {
    let site = Site()
    _ = try site.run([(Self.users, "ann:{PLAIN}secret:1001:1001::/home/of-ann::userdb_pass=hidden")])
    for value in ["secret", "1001", "of-ann", "hidden"] { #expect(!site.state.text.contains(value)) }
    // Another machine's digests are others.
    #expect(AccountState.new().key != AccountState.new().key)
    var other = site
    other = Site()
    other.state = AccountState(key: String(repeating: "1", count: 64))
    _ = try other.run([(Self.users, "ann:{PLAIN}secret:1001:1001::/home/of-ann::userdb_pass=hidden")])
    #expect(other.state.snapshots != site.state.snapshots)
  }

  @Test("the file of the state")
  func goldenState() throws {
    let site = Site()
    _ = try site.run([(Self.users, "a%b\u{E9}@example.org:x")])
    site.state.pending = ["account.created {\"mailbox\":\"a b\"} 1"]
    site.state.pendingSince = 1_772_560_800_000_000
    #expect(
      site.state.text == """
        mailtrail-accounts 1
        key \(String(repeating: "0", count: 64))
        file /etc/dovecot/users passwd
        account a%25b%c3%a9@example.org password=db3985d63173b04d
        pending 1772560800000000
        report account.created%20%7b%22mailbox%22%3a%22a%20b%22%7d%201
        end

        """)
    #expect(AccountState(text: site.state.text) == site.state)
    for end in site.state.text.indices where end != site.state.text.startIndex {
      let cut = String(site.state.text[..<end])
      if cut != site.state.text.dropLast() { #expect(AccountState(text: cut) == nil) }
    }
    #expect(AccountState(text: site.state.text.replacing("mailtrail-accounts 1", with: "mailtrail-accounts 2")) == nil)
  }
}
