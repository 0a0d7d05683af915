/// What lines for people depend on besides their event.
package struct Presentation: Sendable {
  /// Whether the reader is a terminal that shows colours.
  package var usesColor: Bool
  /// Whether lines name the mailbox: needless in the trail of one.
  package var showsMailbox: Bool
  /// The columns of the terminal, into which events are folded; nil for a line an event however long.
  package var width: Int?
  package var zone: DisplayZone

  package init(usesColor: Bool = false, showsMailbox: Bool, width: Int? = nil, zone: DisplayZone = .local) {
    self.usesColor = usesColor
    self.showsMailbox = showsMailbox
    self.width = width
    self.zone = zone
  }
}

/// In which time zone times for people are.
package enum DisplayZone: Sendable {
  case local, utc
}
