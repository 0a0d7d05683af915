/// The keys of a record besides `id`, `time`, `kind` and `level`, in the order in which they are written.
///
/// Names come from this list only; a new one goes into mailtrail-record(5) first.
public enum FieldKey: UInt16, Sendable, CaseIterable {
  case mailbox, service, outcome, actor, actorName, ip, port, client, session, folder, toFolder, uids, messageID
  case subject, sender, recipient, recipients, size, queueID, relay, status, reason, change, scope, script, score
  case method, tls, count, host, daemon, rule, confidence
  case movedFrom, prev

  /// The name in the record, in rules and on the command line: `message_id`.
  public var name: StaticString {
    switch self {
    case .mailbox: "mailbox"
    case .service: "service"
    case .outcome: "outcome"
    case .actor: "actor"
    case .actorName: "actor_name"
    case .ip: "ip"
    case .port: "port"
    case .client: "client"
    case .session: "session"
    case .folder: "folder"
    case .toFolder: "to_folder"
    case .uids: "uids"
    case .messageID: "message_id"
    case .subject: "subject"
    case .sender: "sender"
    case .recipient: "recipient"
    case .recipients: "recipients"
    case .size: "size"
    case .queueID: "queue_id"
    case .relay: "relay"
    case .status: "status"
    case .reason: "reason"
    case .change: "change"
    case .scope: "scope"
    case .script: "script"
    case .score: "score"
    case .method: "method"
    case .tls: "tls"
    case .count: "count"
    case .host: "host"
    case .daemon: "daemon"
    case .rule: "rule"
    case .confidence: "confidence"
    case .movedFrom: "moved_from"
    case .prev: "prev"
    }
  }

  /// A key by its name; nil when there is none.
  public init?(name: String) {
    guard let key = Self.byName[name] else { return nil }
    self = key
  }

  /// How the value is written in JSON. Values are kept as the bytes of the log line; a value that does not fit its
  /// shape (a port that is no number) is written as text.
  public var shape: Shape {
    switch self {
    case .port, .size, .count: .integer
    case .score: .number
    case .uids: .integers
    case .recipients, .movedFrom: .texts
    default: .text
    }
  }

  public enum Shape: Sendable {
    case text
    /// A whole number without sign.
    case integer
    /// A decimal number, perhaps with a sign.
    case number
    /// Whole numbers separated by commas, as bytes; an array in JSON.
    case integers
    /// Texts separated by a NUL byte; an array of strings in JSON.
    case texts
  }

  private static let byName: [String: FieldKey] = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.name.description, $0) })
}
