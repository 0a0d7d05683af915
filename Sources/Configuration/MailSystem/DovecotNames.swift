/// What Dovecot's configuration says about names without a domain: auth_default_domain (2.4), auth_default_realm (before)
/// and auth_username_format.
struct DovecotNames {
  /// The domain that Dovecot itself puts behind a bare name.
  private(set) var defaultDomain: String?
  private(set) var origin = ""
  /// Whether Dovecot cuts the domain off a name, as with `%n`.
  private(set) var dropsDomains = false

  init(_ files: SettingFiles) {
    let main = ["/etc/dovecot/dovecot.conf", "/etc/dovecot/local.conf"]
    for path in files.names(in: "/etc/dovecot/conf.d", ending: ".conf") + main {
      for line in files.lines(of: path) ?? [] { read(line, of: path) }
    }
  }

  private mutating func read(_ line: Substring, of path: String) {
    let parts = line.prefix { $0 != "#" }.split(separator: "=", maxSplits: 1)
    guard parts.count == 2 else { return }
    let name = parts[0].filter { !$0.isWhitespace }
    let value = parts[1].filter { !$0.isWhitespace && $0 != "\"" }.lowercased()
    switch name {
    case "auth_default_domain", "auth_default_realm":
      defaultDomain = LocalDomains.isMailDomain(value) ? value : nil
      origin = "\(name) in \(path)"
    case "auth_username_format":
      dropsDomains = ["%n", "%ln", "%{user|username}", "%{user|username|lower}"].contains(value)
    default: break
    }
  }
}
