/// What Exim's configuration says about its local domains: Debian's update-exim4.conf.conf (update-exim4.conf(8)), or the
/// main section of a configuration of one file (Exim's specification, chapter 14).
struct EximSettings {
  private let qualifying: String?
  private let qualifyingOrigin: String
  private let others: [String]

  private static let debianPath = "/etc/exim4/update-exim4.conf.conf"
  private static let paths = ["/etc/exim4/exim4.conf", "/etc/exim/exim.conf", "/etc/exim.conf"]

  /// Nil without a configuration that may be read.
  init?(_ files: SettingFiles) {
    for path in Self.paths {
      guard let lines = files.lines(of: path) else { continue }
      qualifying = Self.setting("qualify_domain", in: lines)
      qualifyingOrigin = "qualify_domain in \(path)"
      others = []
      return
    }
    guard let lines = files.lines(of: Self.debianPath) else { return nil }
    qualifying = files.mailName
    qualifyingOrigin = "/etc/mailname"
    others = Self.shellValue("dc_other_hostnames", in: lines).split { $0 == ":" || $0 == ";" || $0.isWhitespace }
      .map { $0.lowercased() }.filter(LocalDomains.isName)
  }

  /// The value of a setting of the main section; nil when it is expanded at run time.
  private static func setting(_ name: String, in lines: [Substring]) -> String? {
    for line in lines.prefix(while: { !$0.hasPrefix("begin ") }) {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].filter({ !$0.isWhitespace }) == name else { continue }
      let value = parts[1].filter { !$0.isWhitespace }.lowercased()
      return LocalDomains.isName(value) ? value : nil
    }
    return nil
  }

  private static func shellValue(_ name: String, in lines: [Substring]) -> String {
    guard let line = lines.last(where: { $0.hasPrefix(name + "=") }) else { return "" }
    return line.dropFirst(name.count + 1).filter { $0 != "'" && $0 != "\"" }
  }

  /// The domain of bare names, and what is equal to it; nil when nothing names a mail domain.
  ///
  /// Debian's local domains are the host name, `localhost` and those of dc_other_hostnames; users are the same in each.
  func domains(hostName: String) -> LocalDomains? {
    let local = others + [hostName.lowercased(), "localhost"].filter(LocalDomains.isName)
    let isLocal = qualifying.map(local.contains) ?? false
    // A host's own name is what people's addresses have last.
    let isOfHost = qualifying == hostName.lowercased() && others.contains(where: LocalDomains.isMailDomain)
    if let domain = qualifying, LocalDomains.isMailDomain(domain), !isOfHost {
      return LocalDomains(domain: domain, origin: qualifyingOrigin, equal: isLocal && !others.isEmpty ? local : [])
    }
    let domains = others.filter(LocalDomains.isMailDomain)
    let ofHost = HostName.mailDomain(of: hostName)
    guard let domain = domains.contains(ofHost) ? ofHost : domains.first else { return nil }
    return LocalDomains(domain: domain, origin: "dc_other_hostnames in \(Self.debianPath)", equal: local)
  }
}
