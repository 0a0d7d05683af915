import Configuration

/// Is a user without a domain the same mailbox as with one? By what the mail system's files say.
struct LocalDomainCheck {
  let mailboxes: Configuration.Mailboxes
  /// The audit directory.
  let tree: String
  let machine: Machine

  func findings() -> [Finding] {
    let said = LocalDomains.read(root: machine.root)
    return [domain(said)] + split(said) + unread(said)
  }

  private func domain(_ said: LocalDomains) -> Finding {
    let domain = mailboxes.defaultDomain
    if said.isOfMailSystem, domain != said.domain, !said.equal.contains(domain) {
      return Finding(
        .advice, "mailtrail",
        "bare user names are in \(domain), but \(said.origin) says \(said.domain): one person's mail and logins may go "
          + "into two files",
        remedy: Self.setting(said.domain) + [
          "or leave default-domain out: the mail system's own files are read;",
          "afterwards ‘mailtrail merge USER@\(domain) USER@\(said.domain)’ makes one file of two",
        ])
    }
    guard LocalDomains.isMailDomain(domain) else {
      return Finding(
        .advice, "mailtrail", "bare user names are filed under the domain ‘\(domain)’, which looks like a host name",
        remedy: Self.setting("example.org"))
    }
    let origin = domain == said.domain ? " (\(said.origin))" : ""
    let equal = said.aliases(of: domain)
    let others = equal.isEmpty ? "" : "; the same users are in \(equal.joined(separator: ", "))"
    return Finding(.good, "mailtrail", "bare user names are in \(domain)\(origin)\(others)")
  }

  /// What was written before two names of a domain were known to be one.
  private func split(_ said: LocalDomains) -> [Finding] {
    let domain = mailboxes.defaultDomain
    let others = Set(said.aliases(of: domain) + mailboxes.domainAliases.names(of: domain)).subtracting([domain])
    return others.sorted().compactMap { other in
      // Names that are encoded in the tree are left to mailtrail mailboxes.
      let users = machine.names(in: tree + "/" + other).filter { !$0.contains("%") && !$0.contains("~") }
      guard let first = users.first else { return nil }
      let commands = users.prefix(Self.examples).map { "mailtrail merge \($0)@\(other) \($0)@\(domain)" }
      let trails = users.count == 1 ? "the trail of \(first) is" : "\(users.count) trails are"
      return Finding(
        .advice, "mailtrail",
        "\(trails) in \(other), which is the same as \(domain): one person's events are in two files",
        remedy: ["systemctl stop mailtrail"] + commands
          + (users.count > Self.examples ? ["and so on for what ‘mailtrail mailboxes’ lists in \(other)"] : [])
          + ["systemctl start mailtrail"])
    }
  }

  /// Commands that are written out.
  private static let examples = 3

  private static func setting(_ domain: String) -> [String] {
    ["/etc/mailtrail/mailtrail.yaml:", "  mailboxes:", "    default-domain: \(domain)"]
  }

  /// Lists that only the mail system can read: their domains' users may be the same people.
  private func unread(_ said: LocalDomains) -> [Finding] {
    if said.unread.isEmpty { return [] }
    return [
      Finding(
        .advice, "mailtrail",
        "\(said.unread.joined(separator: ", ")) in Postfix's mydestination cannot be read here: users of its domains may "
          + "be the same as those of \(said.domain)",
        remedy: [
          "/etc/mailtrail/mailtrail.yaml:", "  mailboxes:", "    domain-aliases:",
          "      other.example: \(said.domain)",
        ])
    ]
  }
}
