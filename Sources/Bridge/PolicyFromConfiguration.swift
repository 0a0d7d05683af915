import AuditFiles
import AuditModel
import Configuration
import Correlation
import Glibc
import Platform
import RuleTable

extension CorrelationPolicy {
  /// The policy that a configuration asks for. Files of known mailboxes and aliases are read here.
  ///
  /// - Throws: `FileError` when one of the files cannot be read, `DomainAliasFileError`.
  package init(_ configuration: Configuration, calendar: DayCalendar) throws {
    self.init()
    let audit = configuration.audit
    naming = try MailboxNaming(configuration.mailboxes)
    isAuditOn = audit.isEnabled
    threshold = audit.level
    isAbuseDetectionOn = audit.detectsAbuse
    areMailboxChangesOn = audit.recordsMailboxChanges
    keepsSubjects = audit.recordsSubjects
    maximumSentPerHour = audit.maximumSentPerHour
    maximumStrangersPerHour = audit.maximumStrangersPerHour
    shard = configuration.mailboxes.shard
    newMailboxesPerHour = configuration.mailboxes.maximumNewPerHour
    mailboxRetention = audit.retention.microseconds
    for (kind, setting) in audit.kinds {
      switch setting {
      case .off: kindsOff.insert(kind)
      case .level(let level): levels[kind] = level
      }
    }
    webmailHosts = Set(configuration.mailboxes.webmailHosts.map { Array($0.utf8) })
    mailHosts = Set(configuration.mailboxes.mailHosts.map { Array($0.utf8) })
    localUsers = HostUsers(configuration.rules).localUsers()
    folders = Self.folders(configuration.mailboxes.folders)
    dayEnd = { time in
      var calendar = calendar
      return calendar.end(of: calendar.day(of: time))
    }
    knownMailboxes = try Self.knownMailboxes(configuration.mailboxes)
    for path in configuration.mailboxes.aliases {
      for name in try Self.firstWords(of: path, separators: " \t:") {
        // As it stands: an alias with an extension is not the one in front of it.
        if let alias = naming.mailbox(of: EnvelopeAddress(name), isAccount: { _ in true }) {
          aliases.insert(alias.bytes)
        }
      }
    }
  }

  /// The mailboxes of the files that `mailboxes.known` names.
  ///
  /// - Throws: `FileError` when one of them cannot be read.
  package static func knownMailboxes(_ mailboxes: Configuration.Mailboxes) throws -> [MailboxAddress] {
    let naming = try MailboxNaming(mailboxes)
    return try mailboxes.known.flatMap { path in
      try firstWords(of: path, separators: " \t:").compactMap { naming.mailbox(of: AccountName($0)) }
    }
  }

  /// The names of the special folders as rules compare them.
  package static func folders(_ names: SpecialFolders) -> [Condition.NamedClass: Set<[UInt8]>] {
    [
      .trash: lowered(names.trash), .junk: lowered(names.junk), .sent: lowered(names.sent),
      .archive: lowered(names.archive), .drafts: lowered(names.drafts),
    ]
  }

  private static func lowered(_ names: [String]) -> Set<[UInt8]> { Set(names.map { Array($0.lowercased().utf8) }) }

  /// The first word of each line that is no comment and no continuation.
  private static func firstWords(of path: String, separators: String) throws -> [[UInt8]] {
    try InputFile.contents(of: path).split(separator: 10).compactMap { line in
      guard let first = line.first, first != UInt8(ascii: "#"), first != 32, first != 9 else { return nil }
      let word = line.prefix { !separators.utf8.contains($0) }
      return word.isEmpty ? nil : Array(word)
    }
  }
}
