import AuditFiles
import AuditModel
import Bridge
import Configuration
import Correlation
import Platform
import RuleTable
import TestSupport
import Testing

/// What the configuration makes of names, with its files.
@Suite struct NamingTests {
  private static func naming(_ files: [String]) throws -> MailboxNaming {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let site = temporary.path
    var configuration = Configuration(hostName: "mx.example.org")
    try configuration.mailboxes.domainAliases.named.add("named.example", of: "example.org")
    for (number, text) in files.enumerated() {
      let path = site + "/domains\(number)"
      try TestFiles.write(Array(text.utf8), to: path)
      configuration.mailboxes.domainAliases.files.append(path)
    }
    return try MailboxNaming(configuration.mailboxes)
  }

  @Test func filesHaveAnAliasAndItsDomainOnEachLine() throws {
    let naming = try Self.naming([
      "# ours\n\nmail.example.org example.org\n  IMAP.example.org:\tExample.org  # old\n", "b.example a.example",
    ])
    for (name, mailbox) in [
      ("ann@mail.example.org", "ann@example.org"), ("ann@imap.example.org", "ann@example.org"),
      ("ann@b.example", "ann@a.example"), ("ann@named.example", "ann@example.org"), ("ann@c.example", "ann@c.example"),
    ] { #expect(naming.mailbox(of: AccountName(name.utf8))?.bytes == Array(mailbox.utf8)) }
  }

  @Test func whatTheMailSystemMakesEqualIsOneMailboxUnlessTheConfigurationSaysOtherwise() throws {
    var mailboxes = Configuration.Mailboxes(
      LocalDomains(domain: "example.org", origin: "x", equal: ["mx", "localhost", "b.example", "c.example"]))
    try mailboxes.domainAliases.named.add("b.example", of: "a.example")
    try mailboxes.domainAliases.named.add("d.example", of: "c.example")
    let naming = try MailboxNaming(mailboxes)
    for (name, mailbox) in [
      ("ann", "ann@example.org"), ("ann@MX", "ann@example.org"), ("ann@localhost", "ann@example.org"),
      ("ann@b.example", "ann@a.example"), ("ann@c.example", "ann@c.example"), ("ann@d.example", "ann@c.example"),
    ] {
      #expect(naming.mailbox(of: AccountName(name.utf8))?.bytes == Array(mailbox.utf8))
      #expect(naming.mailbox(of: EnvelopeAddress(Array(name.utf8))) { _ in false }?.bytes == Array(mailbox.utf8))
    }
    mailboxes.defaultDomain = "other.example"
    #expect(try MailboxNaming(mailboxes).mailbox(of: AccountName("ann@mx".utf8))?.bytes == Array("ann@mx".utf8))
  }

  @Test(
    arguments: [
      (["a.example\n"], "domains0:1: no pair of domains; write: mail.example.org example.org"),
      (["#\na.example b.example c.example"], "domains0:2: no pair of domains"),
      (["a@b c.example"], "domains0:1: no pair"),
      (["a.example a.example"], "domains0:1: `a.example` stands for itself"),
      (["a.example b.example", "\nb.example a.example"], "domains1:2: `a.example` is an alias itself, of `b.example`"),
      (["x.example named.example"], "domains0:1: `named.example` is an alias itself, of `example.org`"),
      (["example.org x.example"], "domains0:1: `named.example` stands for `example.org`, which is an alias here"),
      (["named.example x.example"], "domains0:1: `named.example` stands for `example.org` already"),
    ])
  func linesThatCannotBeAreNamed(files: [String], message: String) {
    let error = #expect(throws: DomainAliasFileError.self) { try Self.naming(files) }
    #expect(error.map { "\($0)".contains("/" + message) } == true, "\(String(describing: error))")
  }

  @Test func aFileThatIsMissingIsNamed() {
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.mailboxes.domainAliases.files = ["/nonexistent/domains"]
    let error = #expect(throws: FileError.self) { try MailboxNaming(configuration.mailboxes) }
    #expect(error?.path == "/nonexistent/domains")
  }

  /// A list of mailboxes names accounts, a list of aliases addresses, each with its extension.
  @Test func listsKeepExtensions() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let site = temporary.path
    try TestFiles.write("Ulla+Kasse@example.org:x:1\nbob\n", to: site + "/known")
    try TestFiles.write("sales+eu@example.org ulla@example.org\n", to: site + "/aliases")
    var configuration = Configuration(hostName: "mx.example.org")
    configuration.mailboxes.known = [site + "/known"]
    configuration.mailboxes.aliases = [site + "/aliases"]
    let policy = try CorrelationPolicy(configuration, calendar: .utc)
    let known = policy.knownMailboxes.map { String(decoding: $0.bytes, as: UTF8.self) }
    #expect(known == ["ulla+kasse@example.org", "bob@example.org"])
    #expect(policy.aliases == [Array("sales+eu@example.org".utf8)])
  }

  /// What a checkpoint knows is read as the configuration now names it.
  @Test func aCheckpointsMailboxesAreNamedAnew() throws {
    let table = try RuleCompiler.compile([])
    var policy = CorrelationPolicy()
    policy.knownMailboxes = ["Ann@alias.example", "bob@x.example"].compactMap { MailboxAddress(Array($0.utf8)) }
    let before = Correlator(table: table, policy: policy)
    var aliases = DomainAliases()
    try aliases.add("alias.example", of: "x.example")
    var renamed = CorrelationPolicy()
    renamed.naming = MailboxNaming(domainAliases: aliases)
    let after = Correlator(table: table, policy: renamed)
    #expect(after.restore(before.encodeState()))
    #expect(
      Set(after.knownAddresses.map { String(decoding: $0.bytes, as: UTF8.self) }) == ["ann@x.example", "bob@x.example"])
  }
}
