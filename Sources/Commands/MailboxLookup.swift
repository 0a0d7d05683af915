import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Bridge
import Configuration

/// Whose trail somebody means who types a name: the account's, or, where there is none and the name is an address with an
/// extension, that of the mailbox which the address leads to.
struct MailboxLookup {
  private let naming: MailboxNaming
  /// As names were filed before the configuration made some of their domains equal.
  private let namingWithoutAliases: MailboxNaming
  private let reader: TrailReader
  private let root: String

  init(_ configuration: Configuration, _ reader: TrailReader) throws {
    root = configuration.audit.directory
    naming = try MailboxNaming(configuration.mailboxes)
    namingWithoutAliases = MailboxNaming(
      defaultDomain: configuration.mailboxes.defaultDomain, foldsCase: naming.foldsCase)
    self.reader = reader
  }

  /// A trail as somebody types it: a mailbox's name, or `_unknown`, `_local/USER`, `_panel/ACCOUNT` as in the tree.
  struct Subject {
    var trail: TrailPath
    /// The names under which `_unknown` may have more of it; none for what is no mailbox.
    var names: [MailboxAddress] = []
    /// nil for what is no mailbox.
    var mailbox: MailboxAddress?
  }

  func subject(of name: String) throws -> Subject {
    if let trail = Self.namedTrail(name) { return Subject(trail: trail) }
    let (mailbox, account) = try find(name)
    return Subject(trail: TrailPath(.mailbox(mailbox)), names: [mailbox, account], mailbox: mailbox)
  }

  /// A trail that is to go: the one of just this name where there is one, also half removed; for by the configuration,
  /// which was corrected since, the name may be another's.
  func source(of name: String, in root: String) throws -> Subject {
    if Self.namedTrail(name) == nil, let address = namingWithoutAliases.mailbox(of: AccountName(name.utf8)) {
      let trail = TrailPath(.mailbox(address))
      let isThere =
        try hasTrail(trail) || TrailRemoval(root: root, trail: trail).isUnfinished() || hasLogins(trail)
      if isThere { return Subject(trail: trail, names: [address], mailbox: address) }
    }
    return try subject(of: name)
  }

  private static func namedTrail(_ name: String) -> TrailPath? {
    if name == TrailPath.unknownName { return TrailPath(.unknown) }
    if name == TrailPath.bridgeName { return TrailPath(.bridge) }
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else { return nil }
    switch String(parts[0]) {
    case TrailPath.panelName: return TrailPath(.panel(Array(parts[1])))
    case TrailPath.localName: return TrailPath(.local(Array(parts[1])))
    default: return nil
    }
  }

  /// - Returns: the mailbox whose trail it is, and the account that the name itself is.
  func find(_ name: String) throws -> (mailbox: MailboxAddress, account: MailboxAddress) {
    guard let account = naming.mailbox(of: AccountName(name.utf8)) else {
      throw ValidationError("‘\(name)’ is no mailbox")
    }
    if try hasTrail(account) { return (account, account) }
    let folded = naming.mailbox(of: EnvelopeAddress(name.utf8)) { _ in false }
    guard let folded, folded != account, try hasTrail(folded) else { return (account, account) }
    return (folded, account)
  }

  /// Why there is nothing of a mailbox that has no trail, and whose name is near.
  func noTrail(of subject: Subject) throws -> CommandFailure {
    let known = try reader.trails().compactMap { trail -> String? in
      guard case .mailbox(let address)? = trail.owner else { return subject.names.isEmpty ? trail.directory : nil }
      return String(decoding: address.bytes, as: UTF8.self)
    }
    let wanted = subject.names.last.map { String(decoding: $0.bytes, as: UTF8.self) } ?? subject.trail.directory
    var text = "mailtrail: there is no trail of \(TerminalText.safe(Array(wanted.utf8)))"
    if let near = Suggestion.nearest(to: wanted, among: known) {
      text += "; did you mean \(TerminalText.safe(Array(near.utf8)))?"
    } else {
      text += "; ‘mailtrail mailboxes --all’ lists those that there are"
    }
    return CommandFailure(text)
  }

  func hasTrail(_ mailbox: MailboxAddress) throws -> Bool { try hasTrail(TrailPath(.mailbox(mailbox))) }

  func hasTrail(_ trail: TrailPath) throws -> Bool { try !reader.days(of: trail).isEmpty }

  /// Whether the table of logins knows the mailbox whose trail it would be.
  func hasLogins(_ trail: TrailPath) throws -> Bool {
    try LoginTableReader(root: root)?.knows(trail) ?? false
  }
}
