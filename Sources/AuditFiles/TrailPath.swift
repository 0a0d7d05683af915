import AuditModel

/// Where an owner's trail lies in the tree: `<domain>/<local part>`, `_unknown`, `_panel/<account>`
/// or `_local/<user>`.
package struct TrailPath: Sendable, Hashable, Comparable {
  /// The first directory.
  package let parent: String
  /// The directory within; nil for `_unknown` and `_bridge`.
  package let child: String?

  package static let unknownName = "_unknown"
  package static let bridgeName = "_bridge"
  package static let panelName = "_panel"
  package static let localName = "_local"

  package init(_ owner: TrailOwner) {
    switch owner {
    case .mailbox(let address):
      parent = PathPart.encode(address.domain, as: .domain)
      child = PathPart.encode(address.localPart, as: .name)
    case .unknown:
      parent = Self.unknownName
      child = nil
    case .bridge:
      parent = Self.bridgeName
      child = nil
    case .panel(let account):
      parent = Self.panelName
      child = PathPart.encode(account[...], as: .name)
    case .local(let user):
      parent = Self.localName
      child = PathPart.encode(user[...], as: .name)
    }
  }

  package init(parent: String, child: String?) {
    self.parent = parent
    self.child = child
  }

  /// The directory relative to the tree's root.
  package var directory: String { child.map { parent + "/" + $0 } ?? parent }

  /// The day's file relative to the tree's root.
  package func file(of day: Day) -> String { directory + "/" + day.fileName }

  /// Whose trail it is; nil when the name was shortened, so that only the records say it, or is none of ours.
  package var owner: TrailOwner? {
    guard let child else {
      return parent == Self.unknownName ? .unknown : parent == Self.bridgeName ? .bridge : nil
    }
    guard let name = PathPart.decode(child, as: .name) else { return nil }
    if parent == Self.panelName { return .panel(name) }
    if parent == Self.localName { return .local(name) }
    guard let domain = PathPart.decode(parent, as: .domain) else { return nil }
    return MailboxAddress(name + [UInt8(ascii: "@")] + domain).map(TrailOwner.mailbox)
  }

  /// Whether the names are such as this type makes: others in the tree are left alone.
  package var isOurs: Bool {
    if owner != nil { return true }
    guard let child, parent != Self.unknownName, parent != Self.bridgeName else { return false }
    let parentFits = !isOfMailbox || PathPart.decode(parent, as: .domain) != nil
    return (parentFits || PathPart.isShortened(parent))
      && (PathPart.decode(child, as: .name) != nil || PathPart.isShortened(child))
  }

  /// Whether its records name the mailbox whose trail it is.
  package var isOfMailbox: Bool { child != nil && parent != Self.panelName && parent != Self.localName }

  /// Paths of one first directory stand together.
  package static func < (left: TrailPath, right: TrailPath) -> Bool {
    left.parent != right.parent ? left.parent < right.parent : (left.child ?? "") < (right.child ?? "")
  }
}
