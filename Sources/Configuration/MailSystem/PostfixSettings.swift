/// What Postfix's main.cf (postconf(5)) says about its local domains.
struct PostfixSettings {
  private static let path = "/etc/postfix/main.cf"
  private let files: SettingFiles
  private let settings: [String: String]
  private let hostName: String

  /// Nil without a main.cf that may be read, and where Exim is installed and Postfix, whose main.cf stays, is not.
  init?(_ files: SettingFiles, hostName: String) {
    if files.exist("/usr/sbin/exim4"), !files.exist("/usr/sbin/postfix") { return nil }
    guard let lines = files.lines(of: Self.path) else { return nil }
    (self.files, self.hostName) = (files, hostName.lowercased())
    settings = Self.settings(of: lines)
  }

  /// A line that begins with a blank continues the one before; the last value of a name counts.
  private static func settings(of lines: [Substring]) -> [String: String] {
    var settings: [String: String] = [:]
    var name: String?
    for line in lines {
      guard let first = line.first(where: { !$0.isWhitespace }), first != "#" else { continue }
      if line.first?.isWhitespace == true {
        if let name { settings[name]? += " " + line }
        continue
      }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      name = parts.count == 2 ? parts[0].filter { !$0.isWhitespace } : nil
      if let name { settings[name] = String(parts[1]) }
    }
    return settings
  }

  // MARK: - Values

  /// How many `$name` one value may lead to: Postfix's own defaults need four.
  private static let maximumExpansions = 1000

  /// A setting's value with `$name`, `${name}` and `$(name)` put in; empty for an unknown name.
  private func value(_ name: String) -> String {
    var expansions = 0
    return value(name, within: [], &expansions)
  }

  /// - Parameter outer: the names that lead here; one of them again is empty, as in a circle.
  private func value(_ name: String, within outer: [String], _ expansions: inout Int) -> String {
    expansions += 1
    guard expansions < Self.maximumExpansions, !outer.contains(name) else { return "" }
    if name == "mydomain", settings[name] == nil {
      let host = value("myhostname", within: outer + [name], &expansions)
      return host.split(separator: ".").dropFirst().joined(separator: ".")
    }
    var result = ""
    var rest = (settings[name] ?? builtIn(name) ?? "")[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      let isBracketed = rest.first == "{" || rest.first == "("
      if isBracketed { rest.removeFirst() }
      let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      rest = rest[word.endIndex...]
      if isBracketed, rest.first == "}" || rest.first == ")" { rest.removeFirst() }
      result += value(String(word), within: outer + [name], &expansions)
    }
    return result + rest
  }

  /// What holds for names that main.cf does not set (postconf(5)).
  private func builtIn(_ name: String) -> String? {
    switch name {
    case "myhostname": hostName.contains(".") ? hostName : hostName + ".localdomain"
    case "myorigin": "$myhostname"
    case "mydestination": "$myhostname, localhost.$mydomain, localhost"
    default: nil
    }
  }

  /// The words of a list, lower case; the words of a file in the place of its name.
  private func list(_ name: String) -> (names: [String], unread: [String]) {
    var names: [String] = []
    var unread: [String] = []
    for word in words(value(name)) {
      if word.hasPrefix("/"), let lines = files.lines(of: word) {
        names += lines.filter { !$0.hasPrefix("#") }.flatMap { words(String($0)) }.filter(LocalDomains.isName)
      } else if LocalDomains.isName(word.lowercased()) {
        names.append(word.lowercased())
      } else {
        unread.append(word)
      }
    }
    return (names, unread)
  }

  private func words(_ text: String) -> [String] {
    text.split { $0 == "," || $0.isWhitespace }.map { $0.hasPrefix("/") ? String($0) : $0.lowercased() }
  }

  /// A single name; `/file` is the name that stands in it, as Debian's myorigin.
  private func name(_ setting: String) -> String? {
    guard let word = words(value(setting)).first else { return nil }
    let name = word.hasPrefix("/") ? files.firstWord(of: word) : word
    return name.flatMap { LocalDomains.isName($0) ? $0 : nil }
  }

  // MARK: - Domains

  /// The local domains whose users are those of a domain; none where it is not local itself.
  func names(equalTo domain: String, dropsDomains: Bool) -> [String] {
    let names = list("mydestination").names
    guard names.contains(domain) else { return [] }
    return isNameAlone(dropsDomains: dropsDomains) ? names : names.filter { !LocalDomains.isMailDomain($0) }
  }

  /// Whether a user is the same in all local domains: local(8) looks at the name alone, another agent at what it likes,
  /// unless Dovecot behind it cuts the domain off.
  private func isNameAlone(dropsDomains: Bool) -> Bool {
    if dropsDomains { return true }
    let agents = ["mailbox_transport", "mailbox_transport_maps", "local_transport", "fallback_transport"].map(value)
    return agents.allSatisfy { $0.allSatisfy(\.isWhitespace) || $0.filter { !$0.isWhitespace }.hasPrefix("local:") }
  }

  /// The domain of bare names, and what is equal to it; nil when no name of main.cf is a mail domain.
  ///
  /// Postfix puts myorigin behind a bare name (append_at_myorigin). Where that is the name of the host, people's
  /// addresses are in the domain that is local besides.
  ///
  /// - Parameter dropsDomains: whether Dovecot cuts the domains off its names: a bare one is then of the domain whose
  ///   mailboxes it serves.
  func domains(dropsDomains: Bool) -> LocalDomains? {
    let local = list("mydestination")
    let hosted = list("virtual_mailbox_domains").names.filter(LocalDomains.isMailDomain)
    if dropsDomains, hosted.count == 1, !local.names.contains(where: LocalDomains.isMailDomain) {
      return LocalDomains(domain: hosted[0], origin: "virtual_mailbox_domains in \(Self.path)")
    }
    let mailDomains = local.names.filter(LocalDomains.isMailDomain)
    func found(_ domain: String, _ setting: String) -> LocalDomains {
      LocalDomains(
        domain: domain, origin: "\(setting) in \(Self.path)", equal: names(equalTo: domain, dropsDomains: dropsDomains),
        unread: local.unread)
    }
    let origin = name("myorigin").flatMap { LocalDomains.isMailDomain($0) ? $0 : nil }
    if let origin, !isHost(origin) { return found(origin, "myorigin") }
    if let domain = name("mydomain"), mailDomains.contains(domain) { return found(domain, "mydomain") }
    if let domain = mailDomains.first(where: { !isHost($0) }) { return found(domain, "mydestination") }
    // A host's name that is not local says no more than the host name does.
    return origin.flatMap { mailDomains.contains($0) ? found($0, "myorigin") : nil }
  }

  /// Whether it is the name of the host and not of a domain, as mx.example.org.
  private func isHost(_ domain: String) -> Bool {
    domain == name("myhostname") && HostName.mailDomain(of: domain).contains(".")
  }
}
