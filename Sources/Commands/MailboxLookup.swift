import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Bridge
import Configuration

/// Whose trail somebody means who types a name: the account's, or, where there is none and the name is an address with an
/// extension, that of the mailbox which the address leads to.
struct MailboxLookup {
  private let naming: MailboxNaming
  private let reader: TrailReader

  init(_ configuration: Configuration, _ reader: TrailReader) throws {
    naming = try MailboxNaming(configuration.mailboxes)
    self.reader = reader
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
  func noTrail(of name: String, _ account: MailboxAddress) throws -> CommandFailure {
    let known = try reader.trails().compactMap { trail -> String? in
      guard case .mailbox(let address)? = trail.owner else { return nil }
      return String(decoding: address.bytes, as: UTF8.self)
    }
    let wanted = String(decoding: account.bytes, as: UTF8.self)
    var text = "mailtrail: there is no trail of \(TerminalText.safe(Array(wanted.utf8)))"
    if let near = Suggestion.nearest(to: wanted, among: known) {
      text += "; did you mean \(TerminalText.safe(Array(near.utf8)))?"
    } else {
      text += "; ‘mailtrail mailboxes’ lists those that there are"
    }
    return CommandFailure(text)
  }

  func hasTrail(_ mailbox: MailboxAddress) throws -> Bool {
    try !reader.days(of: TrailPath(.mailbox(mailbox))).isEmpty
  }
}
