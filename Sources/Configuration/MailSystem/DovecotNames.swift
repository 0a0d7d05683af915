/// What Dovecot's configuration says about names without a domain: auth_default_domain (2.4), auth_default_realm (before)
/// and auth_username_format.
struct DovecotNames {
  /// The domain that Dovecot itself puts behind a bare name.
  private(set) var defaultDomain: String?
  private(set) var origin = ""
  /// Whether Dovecot cuts the domain off a name, as with `%n`.
  private(set) var dropsDomains = false

  init(_ files: SettingFiles) {
    // As Debian's dovecot.conf includes them: the last value counts.
    let included = files.names(in: "/etc/dovecot/conf.d", ending: ".conf")
    for path in ["/etc/dovecot/dovecot.conf"] + included + ["/etc/dovecot/local.conf"] {
      // What stands in a block holds for a protocol, an address or a name only.
      var depth = 0
      for line in files.lines(of: path) ?? [] {
        let text = line.prefix { $0 != "#" }
        let opens = text.count { $0 == "{" } - text.count { $0 == "}" }
        if depth == 0, opens == 0 { read(text, of: path) }
        depth = max(0, depth + opens)
      }
    }
  }

  private mutating func read(_ line: Substring, of path: String) {
    let parts = line.split(separator: "=", maxSplits: 1)
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
