/// The domains whose users are those of this machine, and the one of them that a bare name gets.
///
/// A mail system calls one user `ann`, `ann@mx`, `ann@localhost` and `ann@example.org`: what its configuration makes
/// equal is one mailbox.
package struct LocalDomains: Sendable, Equatable {
  /// The domain of bare names.
  package var domain: String
  /// Where `domain` was taken from, for people: `myorigin in /etc/postfix/main.cf`.
  package var origin: String
  /// Domains that mean the same as `domain`; lower case, without it.
  package var equal: [String]
  /// Lists of local domains that only the mail system itself can read, such as `hash:/etc/postfix/domains`.
  package var unread: [String]

  /// Whether a file of a mail system says so, not the host name alone.
  package var isOfMailSystem: Bool { origin != Self.hostNameOrigin }

  static let hostNameOrigin = "the host name"

  package init(domain: String, origin: String, equal: [String] = [], unread: [String] = []) {
    (self.domain, self.origin, self.unread) = (domain, origin, unread)
    var names: Set<String> = [domain]
    self.equal = equal.filter { names.insert($0).inserted }
  }

  /// The names that are equal when bare names are in `domain`: none when the mail system does not know that domain as
  /// a local one, since nothing says then what it is equal to.
  package func aliases(of domain: String) -> [String] {
    let names = [self.domain] + equal
    return names.contains(domain.lowercased()) ? names.filter { $0 != domain.lowercased() } : []
  }

  /// What the mail system's files say, the first of these that names a domain: Dovecot, Postfix, Exim, /etc/mailname;
  /// else the domain part of the host name.
  ///
  /// - Parameters:
  ///   - root: `/`, or the directory of another system, as tests have one.
  ///   - hostName: what gethostname(2) says.
  package static func read(root: String = "", hostName: String = HostName.current()) -> LocalDomains {
    let files = SettingFiles(root: root)
    let dovecot = DovecotNames(files)
    let postfix = PostfixSettings(files, hostName: hostName)
    if let domain = dovecot.defaultDomain {
      return LocalDomains(
        domain: domain, origin: dovecot.origin,
        equal: postfix?.names(equalTo: domain, dropsDomains: dovecot.dropsDomains) ?? [])
    }
    if let postfix, let found = postfix.domains(dropsDomains: dovecot.dropsDomains) { return found }
    if let exim = EximSettings(files), let found = exim.domains(hostName: hostName) { return found }
    if let name = files.mailName, isMailDomain(name), name != hostName.lowercased() {
      return LocalDomains(domain: name, origin: "/etc/mailname")
    }
    return LocalDomains(domain: HostName.mailDomain(of: hostName), origin: hostNameOrigin)
  }

  /// Whether people have addresses in it: a name with a point that is not the machine's word for itself.
  package static func isMailDomain(_ name: String) -> Bool {
    isName(name) && name.contains(".") && !name.hasSuffix(".localdomain") && !name.hasSuffix(".local")
      && !name.hasPrefix("localhost.") && !name.hasSuffix(".invalid")
  }

  /// Whether it can stand behind an `@` at all, such as `localhost` or `mx`.
  static func isName(_ name: String) -> Bool {
    MailDomain.isValid(name) && !name.hasSuffix(".") && name.utf8.count <= 255
      && name.utf8.allSatisfy { isDomainByte($0) }
  }

  private static func isDomainByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
      UInt8(ascii: "-"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}
