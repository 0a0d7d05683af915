/// What happened: the stable names of the vocabulary (mailtrail-events(7)).
///
/// Adding a kind is easy; renaming one breaks every reader of the audit files.
public enum EventKind: UInt8, Sendable, CaseIterable {
  case accountCreated, accountDeleted, accountChanged, accountPasswordChanged, accountSuspended, accountResumed
  case accountImpersonated
  case loginSucceeded, loginFailed, loginDenied, loginDeniedRegion, logout
  case folderCreated, folderDeleted, folderRenamed
  case messageExpunged, messageDeleted, messageUndeleted, messageMoved, messageCopied, messageArchived, messageSaved
  case messageSent
  case calendarDeleted, contactDeleted, taskDeleted
  case sendDelivered, sendDeferred, sendBounced, sendRejected, sendRateExceeded, sendDiscarded
  case senderBlacklisted
  case deliveryStored, deliveryOverQuota, deliverySpam, deliveryDiscardedByRule, deliveryDiscardedByEvent
  case deliveryDiscardedAsSpam, deliveryRejected, deliveryForwarded, deliveryReplied
  case fetchLoginFailed, fetchRetrieved
  case purgeDeletedItems, purgeInbox, purgeSentItems, purgeJunk, purgeOther
  case filterChanged, forwarderChanged
  case listPosted, listSubscribed, listUnsubscribed
  case bridgeGap, bridgeTableChanged, bridgeStarted, bridgeStopped
  case bridgeTrailMerged
  case folderShared, folderUnshared

  /// The name as it stands in a record, in a rule and on the command line: `login.failed`.
  public var name: StaticString { Self.rows[Int(rawValue)].name }

  /// The default level of the kind; the configuration may set another (`audit.kinds`).
  public var defaultLevel: Level { Self.rows[Int(rawValue)].level }

  /// The switch that must be on besides the level, if any.
  public var gate: Gate? { Self.rows[Int(rawValue)].gate }

  /// A kind by its name; nil when there is none.
  public init?(name: String) {
    guard let kind = Self.byName[name] else { return nil }
    self = kind
  }

  /// A switch of the configuration that keeps whole families of events in or out.
  public enum Gate: Sendable {
    /// `audit.abuse-detection`: failed and denied logins.
    case abuseDetection
    /// `audit.mailbox-changes`: what is done to an account.
    case mailboxChanges
  }

  private struct Row: Sendable {
    var name: StaticString
    var level: Level
    var gate: Gate?
    init(_ name: StaticString, _ level: Level, _ gate: Gate? = nil) {
      self.name = name
      self.level = level
      self.gate = gate
    }
  }

  /// One row a case, in the order of the cases.
  private static let rows: [Row] = [
    Row("account.created", .normal, .mailboxChanges), Row("account.deleted", .normal, .mailboxChanges),
    Row("account.changed", .normal, .mailboxChanges), Row("account.password-changed", .normal, .mailboxChanges),
    Row("account.suspended", .normal, .mailboxChanges), Row("account.resumed", .normal, .mailboxChanges),
    Row("account.impersonated", .high),
    Row("login.succeeded", .lowest), Row("login.failed", .normal, .abuseDetection),
    Row("login.denied", .normal, .abuseDetection), Row("login.denied-region", .normal), Row("logout", .lowest),
    Row("folder.created", .low), Row("folder.deleted", .normal), Row("folder.renamed", .normal),
    Row("message.expunged", .normal), Row("message.deleted", .normal), Row("message.undeleted", .low),
    Row("message.moved", .low), Row("message.copied", .low), Row("message.archived", .normal),
    Row("message.saved", .low), Row("message.sent", .normal),
    Row("calendar.deleted", .normal), Row("contact.deleted", .normal), Row("task.deleted", .normal),
    Row("send.delivered", .low), Row("send.deferred", .low), Row("send.bounced", .normal),
    Row("send.rejected", .normal), Row("send.rate-exceeded", .high), Row("send.discarded", .normal),
    Row("sender.blacklisted", .normal),
    Row("delivery.stored", .normal), Row("delivery.over-quota", .normal), Row("delivery.spam", .normal),
    Row("delivery.discarded-by-rule", .normal), Row("delivery.discarded-by-event", .normal),
    Row("delivery.discarded-as-spam", .normal), Row("delivery.rejected", .normal),
    Row("delivery.forwarded", .normal), Row("delivery.replied", .low),
    Row("fetch.login-failed", .normal), Row("fetch.retrieved", .normal),
    Row("purge.deleted-items", .normal), Row("purge.inbox", .normal), Row("purge.sent-items", .normal),
    Row("purge.junk", .normal), Row("purge.other", .normal),
    Row("filter.changed", .normal), Row("forwarder.changed", .normal),
    Row("list.posted", .normal), Row("list.subscribed", .normal), Row("list.unsubscribed", .normal),
    Row("bridge.gap", .high), Row("bridge.table-changed", .normal), Row("bridge.started", .low),
    Row("bridge.stopped", .low), Row("bridge.trail-merged", .high),
    Row("folder.shared", .normal), Row("folder.unshared", .normal),
  ]

  private static let byName: [String: EventKind] = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.name.description, $0) })
}

/// How important an event is, on MailEnable's scale.
public enum Level: UInt8, Sendable, Comparable, CaseIterable {
  case lowest = 1
  case low = 3
  case normal = 5
  case high = 10

  public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
}
