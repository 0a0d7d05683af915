import ArgumentParser
import AuditFiles
import AuditModel
import Bridge
import Configuration
import Platform

/// The mailboxes of some domains: what `search --domain` takes.
///
/// A trail is a mailbox's by its name. In those of what is no mailbox the records say whose they are.
struct DomainFilter: Sendable {
  private let domains: [[UInt8]]
  private let directories: Set<String>

  /// - Parameter names: in whatever spelling; an alias is the domain that it stands for. None for all mailboxes.
  /// - Throws: `ValidationError` for what is no domain.
  init(_ names: [String], _ configuration: Configuration) throws {
    let naming = try MailboxNaming(configuration.mailboxes)
    domains = try names.map { name in
      guard !name.isEmpty, !name.contains("@"),
        let address = naming.mailbox(of: AccountName(Array("x@\(name)".utf8)))
      else { throw ValidationError("‘\(name)’ is no domain; as in example.org") }
      return Array(address.domain)
    }
    directories = Set(
      domains.compactMap { MailboxAddress(Array("x@".utf8) + $0) }.map { TrailPath(.mailbox($0)).parent })
  }

  /// Whether a trail may have events of the domains.
  func accepts(_ trail: TrailPath) -> Bool {
    directories.isEmpty || !trail.isOfMailbox || directories.contains(trail.parent)
  }

  /// Whether an event of such a trail is of the domains.
  func accepts(_ event: AuditEvent, in trail: TrailPath) -> Bool {
    if directories.isEmpty || trail.isOfMailbox { return true }
    guard let address = event.fields[.mailbox].flatMap({ MailboxAddress(Array($0)) }) else { return false }
    return domains.contains { $0.elementsEqual(address.domain) }
  }

  /// Why nothing was found, where a domain has no mailbox here: its name may be mistyped.
  func missing(among trails: [TrailPath]) -> String? {
    let known = Set(trails.filter(\.isOfMailbox).map(\.parent))
    guard let name = directories.subtracting(known).sorted().first else { return nil }
    let nearest = Suggestion.nearest(to: name, among: known.sorted()).map { "; did you mean \($0)?" } ?? ""
    return "mailtrail: no mailbox of the domain \(name) has a trail" + nearest
  }
}
