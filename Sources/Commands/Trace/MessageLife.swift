import AuditModel

/// What became of one message, by the events of it that are recorded: whose it was, and a history for each recipient.
package struct MessageLife: Sendable {
  /// One address that the message was for, or one mailbox that it was in.
  package struct Recipient: Sendable, Equatable {
    package var address: [UInt8]
    /// In the order of time; none when the address is only named in the list of recipients.
    package var events: [AuditEvent] = []
  }

  package let events: [AuditEvent]
  /// How it came: the first event of each submission, and of each server outside that handed it over.
  package private(set) var origins: [AuditEvent] = []
  package private(set) var recipients: [Recipient] = []
  /// Envelope senders, each once. A Message-ID is the sender's word: where there are several, it may be several messages.
  package private(set) var senders: [[UInt8]] = []

  private var places: [[UInt8]: Int] = [:]

  /// - Parameter events: those of one message, in the order of time.
  package init(_ events: [AuditEvent]) {
    self.events = events
    var (origins, senders): (Set<[ArraySlice<UInt8>?]>, Set<[UInt8]>) = ([], [])
    for event in events {
      if let sender = event.fields[.sender], senders.insert(Self.folded(sender)).inserted {
        self.senders.append(Array(sender))
      }
      if let origin = Self.origin(event), origins.insert(origin).inserted { self.origins.append(event) }
      for address in Self.recipients(of: event) { add(event, to: address) }
    }
    for index in recipients.indices { recipients[index].events = Self.steps(recipients[index].events) }
  }

  /// The first value of a key, as the subject.
  package func first(_ key: FieldKey) -> ArraySlice<UInt8>? {
    events.lazy.compactMap { $0.fields[key] }.first { !$0.isEmpty }
  }

  /// The Message-ID in the longest spelling: some daemons cut it.
  package var messageID: ArraySlice<UInt8>? {
    events.compactMap { $0.fields[.messageID] }.max { $0.count < $1.count }
  }

  /// Whether there may be recipients of whom no event says anything: where the submission does not list them.
  package var mayHaveOtherRecipients: Bool {
    events.contains { $0.kind == .messageSent && !$0.fields.contains(.recipients) && !$0.fields.contains(.recipient) }
  }

  /// To whom an event belongs: what is done in or at a mailbox to its address, what becomes of a sent message to each
  /// recipient. In lower case.
  package static func recipients(of event: AuditEvent) -> [[UInt8]] {
    let named = [event.fields[.recipient]].compactMap { $0 } + (event.fields[.recipients]?.split(separator: 0) ?? [])
    switch event.kind {
    case .loginSucceeded, .loginFailed, .loginDenied, .loginDeniedRegion, .logout: return []
    case .messageSent, .sendDelivered, .sendDeferred, .sendBounced, .sendDiscarded: return named.map(folded)
    case .sendRejected, .sendRateExceeded:
      return named.isEmpty ? [folded(event.fields[.mailbox] ?? [])] : named.map(folded)
    default:
      // Where a filter forwards or answers, the recipient is another.
      return [event.fields[.mailbox] ?? named.first ?? []].map(folded)
    }
  }

  private mutating func add(_ event: AuditEvent, to address: [UInt8]) {
    let index = places[address] ?? recipients.count
    if index == recipients.count {
      recipients.append(Recipient(address: address))
      places[address] = index
    }
    if event.kind != .messageSent { recipients[index].events.append(event) }
  }

  /// The mail server's word that it handed the message over says nothing more where the delivery itself is recorded.
  private static func steps(_ events: [AuditEvent]) -> [AuditEvent] {
    let isDelivered = events.contains { isDelivery($0.kind) }
    return isDelivered ? events.filter { $0.kind != .sendDelivered } : events
  }

  private static func isDelivery(_ kind: EventKind) -> Bool {
    switch kind {
    case .deliveryStored, .deliveryDiscardedByRule, .deliveryDiscardedByEvent, .deliveryDiscardedAsSpam,
      .deliveryRejected, .deliveryForwarded:
      true
    default: false
    }
  }

  /// What makes a way in another one; nil for an event that is none.
  private static func origin(_ event: AuditEvent) -> [ArraySlice<UInt8>?]? {
    let fields = event.fields
    switch event.kind {
    case .messageSent: return [fields[.mailbox], fields[.sender], fields[.ip], fields[.host], fields[.queueID]]
    case .messageExpunged, .messageDeleted, .messageUndeleted, .messageMoved, .messageCopied, .messageArchived,
      .messageSaved, .loginSucceeded, .loginFailed, .loginDenied, .loginDeniedRegion, .logout:
      return nil
    default:
      guard fields.contains(.ip), fields.contains(.sender) else { return nil }
      return [fields[.sender], fields[.ip], fields[.host]]
    }
  }

  private static func folded(_ text: some Sequence<UInt8>) -> [UInt8] {
    text.map { $0 &+ ($0 &- 65 < 26 ? 32 : 0) }
  }
}
