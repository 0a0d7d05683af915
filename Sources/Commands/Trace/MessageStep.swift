import AuditFiles
import AuditModel
import AuditOutput
import Platform

/// What one event says of a message, in words for people.
struct MessageStep {
  private let event: AuditEvent

  init(_ event: AuditEvent) { self.event = event }

  /// A value for a line whose parts ` · ` separates: nothing in it moves the cursor, or looks like the next part.
  static func safe(_ value: (some Collection<UInt8>)?) -> String {
    TerminalText.safe(value).replacing("·", with: "\\u{b7}")
  }

  var text: String {
    let doubt = event.fields.contains(.confidence) ? " (ambiguous)" : ""
    let kind = event.kind
    switch kind.name.description.split(separator: ".").first {
    case "send": return sending + doubt
    case "delivery": return delivery + doubt
    case "message": return change + doubt
    case "purge": return "purged by retention" + folders + doubt
    default: return kind.name.description + reason + doubt
    }
  }

  private func value(_ key: FieldKey) -> String? {
    guard let value = event.fields[key], !value.isEmpty else { return nil }
    return Self.safe(value)
  }

  private var reason: String { value(.reason).map { ": " + $0 } ?? value(.status).map { ": " + $0 } ?? "" }

  private var sending: String {
    let relay = value(.relay).map { " by " + $0 } ?? ""
    switch event.kind {
    case .sendDelivered:
      let reply = value(.reason) ?? value(.status)
      return "handed to " + (value(.relay) ?? "the next hop") + (reply.map { " (\($0))" } ?? "")
    case .sendDeferred: return "deferred" + relay + reason
    case .sendBounced: return "bounced" + relay + reason
    case .sendRejected: return "refused" + relay + reason
    case .sendDiscarded: return "discarded" + relay + reason
    default: return event.kind.name.description + reason
    }
  }

  private var delivery: String {
    switch event.kind {
    case .deliveryStored:
      return "stored" + (value(.folder).map { " in " + $0 } ?? "") + (value(.reason).map { ": " + $0 } ?? "")
    case .deliveryOverQuota: return "over quota" + reason
    case .deliverySpam: return "recognised as spam" + (value(.score).map { " (score \($0))" } ?? "") + reason
    case .deliveryDiscardedByRule: return "discarded by the mailbox's filter" + script + reason
    case .deliveryDiscardedByEvent: return "discarded by the server" + reason
    case .deliveryDiscardedAsSpam: return "discarded as spam" + script + reason
    case .deliveryRejected:
      let isPutOff = event.fields[.outcome]?.elementsEqual("unknown".utf8) == true
      return (isPutOff ? "put off" : "rejected") + reason
    case .deliveryForwarded: return "forwarded" + (value(.recipient).map { " to " + $0 } ?? "") + reason
    case .deliveryReplied: return "answered automatically" + (value(.recipient).map { " to " + $0 } ?? "") + reason
    default: return event.kind.name.description + reason
    }
  }

  private var script: String { value(.script).map { " " + $0 } ?? "" }

  private var change: String {
    switch event.kind {
    case .messageExpunged: return "removed for good" + folders + who
    case .messageDeleted: return (event.fields.contains(.toFolder) ? "deleted" : "marked as deleted") + folders + who
    case .messageUndeleted: return "no longer marked as deleted" + folders + who
    case .messageMoved: return "moved" + folders + who
    case .messageCopied: return "copied" + folders + who
    case .messageArchived: return "archived" + folders + who
    case .messageSaved: return "saved" + (value(.folder).map { " in " + $0 } ?? "") + who
    default: return event.kind.name.description + who
    }
  }

  private var folders: String {
    (value(.folder).map { " from " + $0 } ?? "") + (value(.toFolder).map { " to " + $0 } ?? "")
  }

  /// By whom, and from which address.
  private var who: String {
    let actor = event.fields[.actor].map { String(decoding: $0, as: UTF8.self) } ?? ""
    let name = value(.actorName)
    var text: String
    switch actor {
    case "owner": text = " by the owner"
    case "admin", "delegate": text = " by " + (name.map { "\($0) (\(actor))" } ?? "an \(actor)")
    case "system": text = " by the server"
    default: text = name.map { " by " + $0 } ?? ""
    }
    if actor == "delegate", name == nil { text = " by a delegate" }
    return text + (value(.ip).map { " from address " + $0 } ?? "")
  }
}
