import AuditModel
import Testing

@testable import Configuration

/// The configuration of a text, or the problems it has, as a person reads them.
func parse(_ text: String, _ overrides: [String] = []) throws(ConfigurationError) -> Configuration {
  try Configuration.parse(
    Array(text.utf8), file: "m.yaml", overrides: overrides, defaults: Configuration(hostName: "mx.example.org"))
}

func problems(_ text: String, _ overrides: [String] = []) -> [String] {
  do throws(ConfigurationError) {
    _ = try parse(text, overrides)
    return []
  } catch { return error.problems.map(\.description) }
}

@Suite struct ConfigurationTests {
  @Test(arguments: ["", "# nothing\n", "---\n", "audit:\nmailboxes:\n  folders:\nsources:\n  - journal:\n", "{}"])
  func whatIsNotSaidHasItsDefault(text: String) throws {
    let configuration = try parse(text)
    #expect(configuration == Configuration(hostName: "mx.example.org"))
    #expect(configuration.mailboxes.defaultDomain == "example.org")
    #expect(configuration.sources == [.journal(.init())])
    #expect(configuration.audit.retention.microseconds == 5 * 86_400 * 1_000_000)
  }

  @Test func readsEveryKey() throws {
    let text = """
      audit:
        enabled: false
        directory: /srv/audit
        level: 10
        abuse-detection: no
        mailbox-changes: off
        retention: 7200
        user-view: { enabled: true, period: 2w }
        time-zone: UTC
        tamper-evidence: true
        seal-period: 30min
        subjects: yes
        kinds: { logout: off, message.copied: 5, message: 10 }
        system-messages: off
        max-sent-per-hour: 0
        strangers-per-hour: 1000
      mailboxes:
        default-domain: example.com
        fold-case: false
        extension-delimiter: ""
        domain-aliases: [{ mail.example.com: example.com, M.example: n.example }, /etc/mailtrail/domains]
        known: [/etc/postfix/vmailbox, "/etc/dovecot/users"]
        webmail-hosts: [192.0.2.7, "2001:DB8:0::7"]
        aliases: [/etc/aliases]
        new-per-hour: 7
        folders: { trash: [Müll], junk: [J], sent: [S], archive: [A], drafts: [] }
      sources:
        - journal: { namespaces: [mail], directories: [/srv/journal] }
        - text: { path: /var/log/exim/mainlog, format: exim }
      accounts: [{ path: /srv/users, format: passwd, domain: example.org }, { path: /srv/map, format: virtual }]
      state: { directory: /srv/state }
      rules: { trusted-senders: false, trusted-uids: [5000, vmail], system-uid-max: 499, directory: /srv/rules, off: [dovecot.login], tables: { on: [horde], off: [james] } }
      """
    let read = try parse(text)
    var wanted = Configuration(hostName: "mx.example.org")
    wanted.accounts = [
      Configuration.AccountFile(path: "/srv/users", format: .passwd, domain: "example.org"),
      Configuration.AccountFile(path: "/srv/map", format: .virtual),
    ]
    wanted.audit.isEnabled = false
    wanted.audit.directory = "/srv/audit"
    wanted.audit.level = .high
    wanted.audit.detectsAbuse = false
    wanted.audit.recordsMailboxChanges = false
    wanted.audit.userView.isEnabled = true
    wanted.audit.userView.period = RetentionPeriod(microseconds: 14 * 86_400_000_000)
    wanted.audit.timeZone = .utc
    wanted.audit.hasTamperEvidence = true
    wanted.audit.sealPeriod = RetentionPeriod(microseconds: 1_800_000_000)
    wanted.audit.recordsSubjects = true
    for kind in EventKind.allCases where kind.name.description.hasPrefix("message.") {
      wanted.audit.kinds[kind] = .level(.high)
    }
    wanted.audit.kinds[.messageCopied] = .level(.normal)
    wanted.audit.kinds[.logout] = .off
    wanted.audit.systemMessages = nil
    wanted.audit.maximumSentPerHour = 0
    wanted.audit.maximumStrangersPerHour = 1000
    wanted.mailboxes.defaultDomain = "example.com"
    wanted.mailboxes.foldsCase = false
    wanted.mailboxes.extensionDelimiters = ""
    try wanted.mailboxes.domainAliases.named.add("mail.example.com", of: "example.com")
    try wanted.mailboxes.domainAliases.named.add("m.example", of: "n.example")
    wanted.mailboxes.domainAliases.files = ["/etc/mailtrail/domains"]
    wanted.mailboxes.known = ["/etc/postfix/vmailbox", "/etc/dovecot/users"]
    wanted.mailboxes.webmailHosts = ["192.0.2.7", "2001:db8::7"]
    wanted.mailboxes.aliases = ["/etc/aliases"]
    wanted.mailboxes.maximumNewPerHour = 7
    wanted.mailboxes.folders.trash = ["Müll"]
    wanted.mailboxes.folders.junk = ["J"]
    wanted.mailboxes.folders.sent = ["S"]
    wanted.mailboxes.folders.archive = ["A"]
    wanted.mailboxes.folders.drafts = []
    wanted.sources = [
      .journal(.init(namespaces: ["mail"], directories: ["/srv/journal"])),
      .text(.init(path: "/var/log/exim/mainlog", format: .exim)),
    ]
    wanted.state.directory = "/srv/state"
    wanted.rules.requiresTrustedSenders = false
    wanted.rules.trustedUsers = ["5000", "vmail"]
    wanted.rules.systemUIDMaximum = 499
    wanted.rules.directory = "/srv/rules"
    wanted.rules.off = ["dovecot.login"]
    wanted.rules.tables.on = ["horde"]
    wanted.rules.tables.off = ["james"]
    #expect(read.audit == wanted.audit)
    #expect(read.mailboxes == wanted.mailboxes)
    #expect(read == wanted)
  }

  /// The place of each problem is marked in the text by `▷`, which is taken out before it is read.
  @Test(
    arguments: [
      ("audit:\n  ▷levle: 5", "unknown key `levle` in `audit`; did you mean `level`?"),
      ("▷adit: {}", "unknown key `adit`; did you mean `audit`?"),
      (
        "rules: {▷quantum: 1}",
        "unknown key `quantum` in `rules`; allowed: trusted-senders, trusted-uids, containers, system-uid-max, directory, off, "
          + "tables"
      ),
      ("rules: {system-uid-max: ▷many}", "`rules.system-uid-max` is `many`; allowed: the number of a user, as in 999"),
      ("audit:\n  ▷Abuse_Detection: on", "unknown key `Abuse_Detection` in `audit`; did you mean `abuse-detection`?"),
      ("audit: {level: ▷4}", "`audit.level` is `4`; allowed: 1, 3, 5 or 10"),
      ("audit: {level: ▷'5'}", "`audit.level` is `5`; allowed: 1, 3, 5 or 10"),
      ("audit: {enabled: ▷ture}", "`audit.enabled` is `ture`; allowed: true or false; did you mean `true`?"),
      ("audit: {enabled: ▷[true]}", "`audit.enabled` is a list; allowed: true or false"),
      ("audit:\n  enabled:▷\n", "`audit.enabled` is nothing; allowed: true or false"),
      ("audit: {directory: ▷Audit}", "`audit.directory` is `Audit`; allowed: a path that begins with /"),
      ("▷- audit", "the file is a list; allowed: a mapping of `key: value`"),
      ("audit: ▷5", "`audit` is `5`; allowed: a mapping of `key: value`"),
      ("audit: {kinds: {▷logotu: off}}", "unknown kind `logotu` in `audit.kinds`; did you mean `logout`?"),
      (
        "audit: {kinds: {logout: ▷of}}",
        "`audit.kinds.logout` is `of`; allowed: 1, 3, 5, 10 or off; did you mean `off`?"
      ),
      (
        "audit: {max-sent-per-hour: ▷-1}",
        "`audit.max-sent-per-hour` is `-1`; allowed: a whole number from 1 to 1000000000, or 0 or off for none"
      ),
      (
        "audit: {time-zone: ▷../passwd}",
        "`audit.time-zone` is `../passwd`; allowed: local, UTC, or a zone under /usr/share/zoneinfo, as in "
          + "Europe/Berlin"
      ),
      (
        "mailboxes: {webmail-hosts: [127.0.0.1, ▷localhost]}",
        "`mailboxes.webmail-hosts[1]` is `localhost`; allowed: an IP address, as in 192.0.2.7 or \"2001:db8::7\""
      ),
      (
        "mailboxes: {default-domain: ▷ann@example.org}",
        "`mailboxes.default-domain` is `ann@example.org`; allowed: a domain, as in example.org"
      ),
      (
        "mailboxes: {domain-aliases: ▷x}",
        "`mailboxes.domain-aliases` is `x`; allowed: a mapping as in `mail.example.org: example.org`, or a list of files "
          + "with such pairs, as in [/etc/mailtrail/domain-aliases]"
      ),
      (
        "mailboxes: {domain-aliases: {▷ann@example.org: example.org}}",
        "`ann@example.org` in `mailboxes.domain-aliases` is no domain; allowed: a domain, as in mail.example.org"
      ),
      (
        "mailboxes: {domain-aliases: {mail.example.org: ▷[example.org]}}",
        "`mailboxes.domain-aliases.mail.example.org` is a list; allowed: a domain, as in example.org"
      ),
      (
        "mailboxes: {domain-aliases: {a.example: b.example, c.example: ▷A.example}}",
        "`mailboxes.domain-aliases.c.example`: `A.example` is an alias itself, of `b.example`; let `c.example` stand for "
          + "that"
      ),
      (
        "mailboxes: {domain-aliases: {a.example: b.example, b.example: ▷a.example}}",
        "`mailboxes.domain-aliases.b.example`: `a.example` is an alias itself, of `b.example`; let `b.example` stand for "
          + "that"
      ),
      (
        "mailboxes: {domain-aliases: {a.example: ▷A.example}}",
        "`mailboxes.domain-aliases.a.example`: `a.example` stands for itself; leave it out"
      ),
      (
        "mailboxes: {domain-aliases: {▷mail: {example.org: example.com}}}",
        "`mailboxes.domain-aliases.mail` is a mapping; a domain is one key with dots in it: `mail.example.org` (for --set "
          + "in quotes: mailboxes.domain-aliases.\"mail.example.org\"=…)"
      ),
      ("mailboxes: {known: ▷/etc/passwd}", "`mailboxes.known` is `/etc/passwd`; allowed: a list, as in `[one, two]`"),
      ("sources: ▷[]", "`sources` names no source; allowed: at least one, as in `- journal: {}`, or leave the key out"),
      (
        "sources:\n  - ▷journal: {}\n    text: {path: /x, format: exim}",
        "`sources[0]` must have exactly one of `journal` and `text`; begin each source with its own `-`"
      ),
      ("sources:\n  - text: ▷{path: /x}", "`sources[0].text` has no `format`"),
      (
        "sources:\n  - text: {path: /x, format: ▷exmi}",
        "`sources[0].text.format` is `exmi`; allowed: cpanel-access, cpanel-login, cpanel-session, docker-json, dovecot, exim, horde, journal-export, journal-json, maddy, mailman, roundcube, rspamd, stalwart, syslog, zimbra-audit, zimbra-mailbox; did you mean `exim`?"
      ),
      (
        "accounts: ▷[{path: /x, format: list}, {path: /x, format: list, domain: a.example}]",
        "`accounts` names /x twice; a file is compared once"
      ),
      ("accounts:\n  - ▷{path: /x}", "`accounts[0]` has no `format`"),
      (
        "accounts:\n  - {path: /x, format: ▷pass}",
        "`accounts[0].format` is `pass`; allowed: list, passwd, shadow, virtual; did you mean `passwd`?"
      ),
      ("state: {directory: ▷\"/x\\e[2J\"}", "`state.directory` is `/x\\u{1B}[2J`; allowed: a path that begins with /"),
    ])
  func saysWhereAndWhatIsAllowed(marked: String, message: String) throws {
    let parts = marked.split(separator: "▷", omittingEmptySubsequences: false)
    try #require(parts.count == 2)
    let line = parts[0].count { $0 == "\n" } + 1
    let column = parts[0].reversed().prefix { $0 != "\n" }.count + 1
    #expect(problems(parts.joined()) == ["m.yaml:\(line):\(column): \(message)"])
  }

  @Test func reportsEveryProblem() {
    let text = "audit:\n  level: 2\n  retention: 5 parsecs\nstate:\n  directory: x\nextra: 1\n"
    #expect(
      problems(text, ["rules.off=1"]).map { String($0.prefix { $0 != " " }) }
        == ["m.yaml:2:10:", "m.yaml:3:14:", "m.yaml:5:14:", "--set", "m.yaml:6:1:"])
  }

  @Test func aKindWinsOverItsFamilyAndTheGatesOverBoth() throws {
    let audit = try parse("audit: {abuse-detection: off, kinds: {login.succeeded: 5, login: off}}").audit
    #expect(audit.level(of: .loginSucceeded) == .normal)
    #expect(audit.level(of: .loginDeniedRegion) == nil)
    #expect(audit.level(of: .loginFailed) == nil)
    #expect(audit.level(of: .messageCopied) == .low)
  }

  @Test(
    arguments: [
      ("7200", 432_000), ("5d", 432_000), ("90s", 90), ("1 h", 3_600), ("2w", 1_209_600), ("10min", 600), ("5m", 300),
      ("1.5d", 129_600), ("1h 30min", 5_400),
    ])
  func retentionUnits(text: String, seconds: UInt64) throws {
    #expect(try parse("audit: {retention: \(text)}").audit.retention.microseconds == seconds * 1_000_000)
  }

  @Test(arguments: ["0", "59s", "d", "-5d", "1..5d", "5dd", "99999999999999999999d", "213503982334602d"])
  func retentionRefused(text: String) {
    #expect(problems("audit: {retention: \(text)}").first?.contains("5d; from 1min to 36525d") == true)
  }

  @Test(
    arguments: [
      ("mx.example.org", "example.org"), ("MX.Example.ORG.", "example.org"), ("mx", "mx"), ("", "localhost"),
    ])
  func defaultDomain(host: String, domain: String) { #expect(HostName.mailDomain(of: host) == domain) }

  @Test(
    arguments: [
      "domain-aliases: /etc/a", "domain-aliases: [/etc/a]", "domain-aliases:\n    - /etc/a",
    ])
  func domainAliasesMayBeAFile(text: String) throws {
    #expect(try parse("mailboxes:\n  \(text)\n").mailboxes.domainAliases.files == ["/etc/a"])
  }

  @Test func domainAliasesAreSetOneByOne() throws {
    let set = try parse("", ["mailboxes.domain-aliases.\"mail.example.org\"=example.org"])
    #expect(set == (try parse("mailboxes: {domain-aliases: {mail.example.org: example.org}}")))
    #expect(set == (try parse("", ["mailboxes.domain-aliases={mail.example.org: example.org}"])))
  }

  @Test func specialFoldersAreNamedOnceOnly() {
    let folders = SpecialFolders()
    let all = folders.trash + folders.junk + folders.sent + folders.archive + folders.drafts
    #expect(Set(all.map { $0.lowercased() }).count == all.count)
    for name in ["Deleted Items", "Papierkorb", "Éléments supprimés", "Lixeira", "Kosz"] {
      #expect(folders.trash.contains(name))
    }
  }
}
