import RuleTable

/// Tables of different sizes: fewer and more rules than are shipped.
enum RuleSets {
  /// About how many rules there are in each set.
  static let sizes = [100, 500, 1500]

  /// The files of the set of a size.
  static func files(ofSize size: Int) throws -> [RuleFile] {
    switch size {
    case ..<500: small
    case 500: shipped
    default: try grown(to: size)
    }
  }

  /// The tables of Dovecot and Postfix alone: about a hundred rules.
  static var small: [RuleFile] {
    ShippedRules.embedded.filter { ["dovecot.rules", "postfix.rules"].contains($0.name) }
  }

  /// All that is shipped.
  static var shipped: [RuleFile] { ShippedRules.embedded }

  /// All that is shipped and so many rules of a site, in scopes of the busiest daemons, where they stand in the way.
  static func grown(to count: Int) throws -> [RuleFile] {
    let known = try RuleCompiler.compile(shipped).rules.count
    var text = "table site\n  seen nothing: made for the benchmark\n  account site_user\n"
    for number in 0..<max(0, count - known) {
      let scope = ["dovecot", "postfix.smtpd", "postfix.qmgr", "postfix.smtp"][number % 4]
      let head = "site-\(words[number % words.count]) \(number) \(words[number / words.count % words.count])"
      text += """
        rule site.r\(number)
          in \(scope)
          match \(head): <site_user!:text> from <ip:ip>, <service:word>=<site_code:int>
          event login.failed mailbox=<site_user>
          example \(head): ann@example.org from 192.0.2.7, imap=3
            expect site_user=ann@example.org ip=192.0.2.7 service=imap site_code=3

        """
    }
    return shipped + [RuleFile(name: "site.rules", text: Array(text.utf8))]
  }

  private static let words = [
    "queue", "user", "mailbox", "session", "folder", "login", "quota", "sender", "relay", "status", "client", "filter",
  ]
}
