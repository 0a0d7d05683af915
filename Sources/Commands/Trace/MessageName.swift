import AuditModel
import AuditReading
import RuleTable

/// By what the events of one message are known as such: its Message-ID, or the queue id that one host gave it.
package enum MessageName: Sendable, Hashable {
  /// What all daemons' words for a Message-ID have in common (`MessageIDKey`), without `<` and `>`.
  case message([UInt8])
  case queue(QueueID)

  /// A queue id counts on its own host only, and daemons use it again for other messages.
  package struct QueueID: Sendable, Hashable {
    package var host: [UInt8]
    package var id: [UInt8]
  }

  /// The name that a record's event bears, its Message-ID before its queue id; nil when it has neither.
  package init?(_ event: AuditEvent) {
    if let key = Self.messageKey(of: event) {
      self = .message(key)
    } else if let queue = Self.queueID(of: event) {
      self = .queue(queue)
    } else {
      return nil
    }
  }

  /// - Parameter text: a Message-ID, with or without `<` and `>`, whole or cut by a daemon.
  package static func messageKey(_ text: some Collection<UInt8>) -> [UInt8] {
    var bare = Array(text)
    if bare.first == UInt8(ascii: "<") { bare.removeFirst() }
    if bare.last == UInt8(ascii: ">") { bare.removeLast() }
    return MessageIDKey.of(bare)
  }

  package static func messageKey(of event: AuditEvent) -> [UInt8]? {
    guard let text = event.fields[.messageID] else { return nil }
    let key = messageKey(text)
    return key.isEmpty ? nil : key
  }

  package static func queueID(of event: AuditEvent) -> QueueID? {
    guard let id = event.fields[.queueID], !id.isEmpty, !id.elementsEqual("NOQUEUE".utf8) else { return nil }
    return QueueID(host: Array(event.fields[.host] ?? []), id: Array(id))
  }

  /// The bytes by which lines with such a Message-ID are found: `?` stands for bytes that are not known.
  static func sought(messageKey key: [UInt8]) -> SoughtText {
    let piece = key.split(separator: UInt8(ascii: "?")).max { $0.count < $1.count } ?? []
    return SoughtText(Array(piece), foldsCase: false)
  }
}
