import AuditModel

/// Decodes the tree of mailtrail.yaml into a `Configuration`: one function a section, one line a key.
struct ConfigurationDecoder {
  let problems: ProblemList

  /// What the tree says over the defaults; what is wrong is reported and keeps its default.
  func configuration(from root: YamlNode, defaults: Configuration) -> Configuration {
    var result = defaults
    guard var file = MappingDecoder(root, path: "", problems: problems) else { return result }
    file.decode("audit") { audit(&$0, into: &result.audit) }
    file.decode("mailboxes") { mailboxes(&$0, into: &result.mailboxes) }
    file.decode("sources", into: &result.sources, as: sources)
    file.decode("accounts", into: &result.accounts, as: accountFiles)
    file.decode("state") { $0.decode("directory", into: &result.state.directory, as: .absolutePath) }
    file.decode("rules") { rules in
      rules.decode("trusted-senders", into: &result.rules.requiresTrustedSenders, as: .flag)
      rules.decode("trusted-uids", into: &result.rules.trustedUsers, as: .list(of: .name))
      rules.decode("containers", into: &result.rules.containers, as: .list(of: .name))
      rules.decode("system-uid-max", into: &result.rules.systemUIDMaximum, as: .uid)
      rules.decode("directory", into: &result.rules.directory, as: .absolutePath)
      rules.decode("off", into: &result.rules.off, as: .list(of: .name))
      rules.decode("tables") { tables in
        tables.decode("on", into: &result.rules.tables.on, as: .list(of: .name))
        tables.decode("off", into: &result.rules.tables.off, as: .list(of: .name))
      }
    }
    file.finish()
    return result
  }

  private func audit(_ keys: inout MappingDecoder, into audit: inout Configuration.Audit) {
    keys.decode("enabled", into: &audit.isEnabled, as: .flag)
    keys.decode("directory", into: &audit.directory, as: .absolutePath)
    keys.decode("level", into: &audit.level, as: .level)
    keys.decode("abuse-detection", into: &audit.detectsAbuse, as: .flag)
    keys.decode("mailbox-changes", into: &audit.recordsMailboxChanges, as: .flag)
    keys.decode("retention", into: &audit.retention, as: .period)
    keys.decode("user-view") { view in
      view.decode("enabled", into: &audit.userView.isEnabled, as: .flag)
      view.decode("period", into: &audit.userView.period, as: .period)
    }
    keys.decode("time-zone", into: &audit.timeZone, as: .timeZone)
    keys.decode("tamper-evidence", into: &audit.hasTamperEvidence, as: .flag)
    keys.decode("seal-period", into: &audit.sealPeriod, as: .period)
    keys.decode("subjects", into: &audit.recordsSubjects, as: .flag)
    keys.decode("kinds") { audit.kinds = kinds(&$0) }
    keys.decode("system-messages", into: &audit.systemMessages, as: .levelOrOff)
    keys.decode("max-sent-per-hour", into: &audit.maximumSentPerHour, as: .countOrOff(upTo: 1_000_000_000))
    keys.decode("strangers-per-hour", into: &audit.maximumStrangersPerHour, as: .countOrOff(upTo: 1_000_000_000))
  }

  /// A kind's own line wins over its family's, whichever comes first.
  private func kinds(_ keys: inout MappingDecoder) -> [EventKind: Configuration.KindSetting] {
    var ofFamilies: [EventKind: Configuration.KindSetting] = [:]
    var ofKinds: [EventKind: Configuration.KindSetting] = [:]
    for entry in keys.takeEntries() {
      let kind = EventKind(name: entry.key)
      let family = EventKind.allCases.filter { $0.name.description.hasPrefix(entry.key + ".") }
      guard kind != nil || !family.isEmpty else {
        reportUnknownKind(entry)
        continue
      }
      if !family.isEmpty, case .mapping = entry.value.content {
        reportUnquotedKind(entry)
        continue
      }
      let shape = ValueShape<Configuration.KindSetting>.kindSetting
      guard let setting = shape.read(entry.value, "audit.kinds.\(entry.key)", problems) else { continue }
      if let kind { ofKinds[kind] = setting } else { for kind in family { ofFamilies[kind] = setting } }
    }
    return ofFamilies.merging(ofKinds) { _, own in own }
  }

  private func reportUnknownKind(_ entry: YamlNode.Entry) {
    let names = EventKind.allCases.map(\.name.description)
    let families = Set(names.compactMap { $0.split(separator: ".").first.map(String.init) })
    let hint =
      Spelling.suggestion(for: entry.key, among: families.union(names)).map { "did you mean `\($0)`?" }
      ?? "allowed: a kind as in message.copied, or a family as in message (mailtrail-events(7) lists them)"
    problems.report(
      "unknown kind `\(YamlNode.printable(entry.key))` in `audit.kinds`; \(hint)", at: entry.keyLocation)
  }

  /// `--set audit.kinds.message.copied=5` reads as a mapping under `message`.
  private func reportUnquotedKind(_ entry: YamlNode.Entry) {
    guard case .mapping(let inner) = entry.value.content, let below = inner.first?.key else { return }
    let name = YamlNode.printable("\(entry.key).\(below)")
    problems.report(
      "`audit.kinds.\(entry.key)` is a mapping; a kind is one key with a dot in it: `\(name)` "
        + "(for --set in quotes: audit.kinds.\"\(name)\"=…)", at: entry.keyLocation)
  }

  private func mailboxes(_ keys: inout MappingDecoder, into mailboxes: inout Configuration.Mailboxes) {
    keys.decode("default-domain", into: &mailboxes.defaultDomain, as: .mailDomain)
    keys.decode("fold-case", into: &mailboxes.foldsCase, as: .flag)
    keys.decode("extension-delimiter", into: &mailboxes.extensionDelimiters, as: .extensionDelimiters)
    keys.decode("domain-aliases", into: &mailboxes.domainAliases, as: .domainAliases)
    keys.decode("known", into: &mailboxes.known, as: .list(of: .absolutePath))
    keys.decode("webmail-hosts", into: &mailboxes.webmailHosts, as: .list(of: .ipAddress))
    keys.decode("mail-hosts", into: &mailboxes.mailHosts, as: .list(of: .ipAddress))
    keys.decode("aliases", into: &mailboxes.aliases, as: .list(of: .absolutePath))
    keys.decode("shard", into: &mailboxes.shard, as: .shard)
    keys.decode("new-per-hour", into: &mailboxes.maximumNewPerHour, as: .countOrOff(upTo: 1_000_000_000))
    keys.decode("folders") { folders in
      folders.decode("trash", into: &mailboxes.folders.trash, as: .list(of: .name))
      folders.decode("junk", into: &mailboxes.folders.junk, as: .list(of: .name))
      folders.decode("sent", into: &mailboxes.folders.sent, as: .list(of: .name))
      folders.decode("archive", into: &mailboxes.folders.archive, as: .list(of: .name))
      folders.decode("drafts", into: &mailboxes.folders.drafts, as: .list(of: .name))
    }
  }

  private var sources: ValueShape<[Configuration.Source]> {
    ValueShape { node, path, problems in
      let shape = ValueShape.list(of: source)
      guard let sources = shape.read(node, path, problems) else { return nil }
      if sources.isEmpty {
        problems.report(
          "`\(path)` names no source; allowed: at least one, as in `- journal: {}`, or leave the key out",
          at: node.location)
        return nil
      }
      return sources
    }
  }

  /// One element: a mapping with the one key `journal` or `text`.
  private var source: ValueShape<Configuration.Source> {
    ValueShape { node, path, problems in
      if case .scalar(text: "journal", isQuoted: false) = node.content { return .journal(.init()) }
      guard var keys = MappingDecoder(node, path: path, problems: problems) else { return nil }
      var found: [Configuration.Source] = []
      let before = problems.problems.count
      keys.decode("journal") { found.append(.journal(journal(&$0))) }
      keys.decode("text", into: &found, as: text)
      keys.finish()
      guard problems.problems.count == before else { return nil }
      guard let source = found.first, case .mapping(let entries) = node.content, entries.count == 1 else {
        problems.report(
          "`\(path)` must have exactly one of `journal` and `text`; begin each source with its own `-`",
          at: node.location)
        return nil
      }
      return source
    }
  }

  private func journal(_ keys: inout MappingDecoder) -> Configuration.JournalSource {
    var source = Configuration.JournalSource()
    keys.decode("namespaces", into: &source.namespaces, as: .list(of: .journalNamespace))
    keys.decode("directories", into: &source.directories, as: .list(of: .absolutePath))
    return source
  }

  /// Appended to a list, because a source that is wrong has no default to keep.
  private var text: ValueShape<[Configuration.Source]> {
    ValueShape { node, path, problems in
      guard var keys = MappingDecoder(node, path: path, problems: problems) else { return nil }
      var file: String?
      var format: Configuration.TextSource.Format?
      keys.decode("path", into: &file, as: .some(.absolutePath))
      keys.decode("format", into: &format, as: .some(.textFormat))
      keys.finish()
      guard let file, let format else {
        let missing = file == nil ? "path" : "format"
        if !keys.has(missing) { problems.report("`\(path)` has no `\(missing)`", at: node.location) }
        return nil
      }
      return [.text(Configuration.TextSource(path: file, format: format))]
    }
  }

  private var accountFiles: ValueShape<[Configuration.AccountFile]> {
    ValueShape { node, path, problems in
      guard let files = ValueShape.list(of: accountFile).read(node, path, problems) else { return nil }
      let paths = files.map(\.path)
      if let twice = paths.indices.first(where: { paths[..<$0].contains(paths[$0]) }) {
        problems.report("`\(path)` names \(paths[twice]) twice; a file is compared once", at: node.location)
        return nil
      }
      return files
    }
  }

  private var accountFile: ValueShape<Configuration.AccountFile> {
    ValueShape { node, path, problems in
      guard var keys = MappingDecoder(node, path: path, problems: problems) else { return nil }
      var file: String?
      var format: Configuration.AccountFile.Format?
      var domain: String?
      keys.decode("path", into: &file, as: .some(.absolutePath))
      keys.decode("format", into: &format, as: .some(.accountFormat))
      keys.decode("domain", into: &domain, as: .some(.mailDomain))
      keys.finish()
      guard let file, let format else {
        let missing = file == nil ? "path" : "format"
        if !keys.has(missing) { problems.report("`\(path)` has no `\(missing)`", at: node.location) }
        return nil
      }
      return Configuration.AccountFile(path: file, format: format, domain: domain)
    }
  }
}
