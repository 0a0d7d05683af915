import AuditModel

extension Configuration {
  /// `mailboxes.domain-aliases`: domains that are other names of a domain.
  package struct DomainAliasSetting: Sendable, Equatable {
    /// Those that stand in the configuration itself.
    package var named = DomainAliases()
    /// Files with an alias and its domain on each line; absolute.
    package var files: [String] = []

    package init() {}

    /// The aliases that the configuration itself has of a domain, sorted.
    package func names(of domain: String) -> [String] { named.names(of: domain) }
  }
}

/// Domains as the configuration writes them.
package enum MailDomain {
  package static func isValid(_ domain: some StringProtocol) -> Bool {
    !domain.isEmpty && !domain.hasPrefix(".") && !domain.contains { $0 == "@" || $0 == "/" || $0.isWhitespace }
  }
}

extension ValueShape where Value == Configuration.DomainAliasSetting {
  /// A mapping `alias: domain`, or a list of files, which may hold such mappings too.
  static var domainAliases: ValueShape {
    ValueShape { node, path, problems in
      var setting = Configuration.DomainAliasSetting()
      let before = problems.problems.count
      switch node.content {
      case .sequence(let nodes):
        for (index, node) in nodes.enumerated() { add(node, "\(path)[\(index)]", to: &setting, problems) }
      default: if !node.isNull { add(node, path, to: &setting, problems) }
      }
      return problems.problems.count == before ? setting : nil
    }
  }

  private static func add(
    _ node: YamlNode, _ path: String, to setting: inout Configuration.DomainAliasSetting, _ problems: ProblemList
  ) {
    switch node.content {
    case .mapping(let entries): for entry in entries { add(entry, path, to: &setting.named, problems) }
    case .scalar(let text, _) where text.hasPrefix("/"):
      if let file = ValueShape<String>.absolutePath.read(node, path, problems) { setting.files.append(file) }
    default:
      problems.report(
        "`\(path)` is \(node.summary); allowed: a mapping as in `mail.example.org: example.org`, or a list of files "
          + "with such pairs, as in [/etc/mailtrail/domain-aliases]", at: node.location)
    }
  }

  private static func add(
    _ entry: YamlNode.Entry, _ path: String, to aliases: inout DomainAliases, _ problems: ProblemList
  ) {
    if case .mapping(let inner) = entry.value.content, let below = inner.first?.key {
      // `--set mailboxes.domain-aliases.mail.example.org=…` reads so.
      let name = YamlNode.printable("\(entry.key).\(below)")
      problems.report(
        "`\(path).\(YamlNode.printable(entry.key))` is a mapping; a domain is one key with dots in it: `\(name)` "
          + "(for --set in quotes: \(path).\"\(name)\"=…)", at: entry.keyLocation)
      return
    }
    guard MailDomain.isValid(entry.key) else {
      problems.report(
        "`\(YamlNode.printable(entry.key))` in `\(path)` is no domain; allowed: a domain, as in mail.example.org",
        at: entry.keyLocation)
      return
    }
    let key = "\(path).\(YamlNode.printable(entry.key))"
    guard let domain = ValueShape<String>.mailDomain.read(entry.value, key, problems) else { return }
    do throws(DomainAliases.Problem) { try aliases.add(entry.key, of: domain) } catch {
      problems.report("`\(key)`: \(error.text(of: entry.key, domain))", at: entry.value.location)
    }
  }
}
