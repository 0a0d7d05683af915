import Configuration

/// Is a user without a domain the same mailbox as with one? By what the mail system's files say.
struct LocalDomainCheck {
  let mailboxes: Configuration.Mailboxes
  let machine: Machine

  func findings() -> [Finding] {
    let said = LocalDomains.read(root: machine.root)
    return [domain(said)] + unread(said)
  }

  private func domain(_ said: LocalDomains) -> Finding {
    let domain = mailboxes.defaultDomain
    if said.isOfMailSystem, domain != said.domain, !said.equal.contains(domain) {
      return Finding(
        .advice, "mailtrail",
        "bare user names are in \(domain), but \(said.origin) says \(said.domain): one person's mail and logins may go "
          + "into two files",
        remedy: Self.setting(said.domain) + ["or leave default-domain out: the mail system's own files are read"])
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
