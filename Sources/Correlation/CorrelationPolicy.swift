import AuditModel
import RuleTable

/// The settings that decide what an event looks like and whose it is; the configuration's part of correlation.
public struct CorrelationPolicy: Sendable {
  public var naming = MailboxNaming()
  /// Special-use folders in lower case, by class.
  public var folders: [Condition.NamedClass: Set<[UInt8]>] = [:]
  /// Addresses of web servers whose word about the browser is believed.
  public var webmailHosts: Set<[UInt8]> = [Array("127.0.0.1".utf8), Array("::1".utf8)]
  /// Addresses of the site's own mail hosts: a queue id that one of them answered with is that host's.
  public var mailHosts: Set<[UInt8]> = []
  /// Who a uid of a host is.
  public var localUsers = LocalUsers { _, _ in nil }
  /// Addresses that are aliases, canonical and with their extensions.
  public var aliases: Set<[UInt8]> = []
  /// Mailboxes that are known before the journal says so.
  public var knownMailboxes: [MailboxAddress] = []
  /// Mailboxes of a domain that deliveries alone may make known in an hour.
  public var newMailboxesPerHour = 10_000
  /// For how long a mailbox stays known without a proof, microseconds.
  public var mailboxRetention = UInt64.max
  /// Above so many sent messages in an hour `send.rate-exceeded` is emitted; 0 for never.
  public var maximumSentPerHour = 500
  /// How many records of one kind strangers may cause in one file in an hour, ten times as many in all files; 0 for no
  /// limit.
  public var maximumStrangersPerHour = 20_000
  /// Events below are not emitted.
  public var threshold = Level.normal
  /// Levels that the administrator gave to kinds.
  public var levels: [EventKind: Level] = [:]
  public var kindsOff: Set<EventKind> = []
  public var isAbuseDetectionOn = true
  public var areMailboxChangesOn = true
  public var isAuditOn = true
  public var keepsSubjects = false
  /// The length of a window of failed logins, in microseconds.
  public var burstWindow: UInt64 = 600_000_000
  /// The first instant of the day behind the one that a time lies in, in the audit's time zone.
  public var dayEnd: @Sendable (UInt64) -> UInt64 = { time in
    // A checkpoint may say any time.
    let (end, isTooLate) = (time / 86_400_000_000 + 1).multipliedReportingOverflow(by: 86_400_000_000)
    return isTooLate ? .max : end
  }

  /// The share of the mailboxes whose events are emitted; nil for all.
  public var shard: Shard?
  /// How many contexts are kept at the most; the oldest go first.
  public var maximumContexts = 1_500_000
  /// How many bytes of memory the contexts take at the most; texts that strangers choose may be long.
  public var maximumContextBytes = 160 << 20
  /// How many unfinished rules wait at the most.
  public var maximumWaiting = 100_000
  /// How many bytes of memory these take at the most.
  public var maximumWaitingBytes = 64 << 20

  public init() {}

  /// Whether no switch keeps events of a kind out, whatever their level.
  public func isOn(_ kind: EventKind) -> Bool {
    guard isAuditOn, !kindsOff.contains(kind) else { return false }
    switch kind.gate {
    case .abuseDetection: return isAbuseDetectionOn
    case .mailboxChanges: return areMailboxChangesOn
    case nil: return true
    }
  }

  /// The level of an event of a kind; nil when it is switched off.
  public func level(of kind: EventKind) -> Level? {
    guard isOn(kind) else { return nil }
    let level = levels[kind] ?? kind.defaultLevel
    return level >= threshold ? level : nil
  }

  /// Whether a value is of a class that the table's conditions name.
  func isMember(_ value: UnsafeRawBufferPointer, of named: Condition.NamedClass) -> Bool {
    switch named {
    case .loopback:
      return value.starts(with: "127.".utf8) || value.elementsEqual("::1".utf8)
        || value.starts(with: "::ffff:127.".utf8)
    case .single: return !value.contains(0)
    default: return isMember(Array(value), of: named)
    }
  }

  private func isMember(_ value: [UInt8], of named: Condition.NamedClass) -> Bool {
    switch named {
    case .inbox: return Self.lowercased(value) == Array("inbox".utf8)
    case .webmailHost: return webmailHosts.contains(value)
    case .mailHost: return mailHosts.contains(value)
    case .alias: return aliases.contains(value)
    case .known, .loopback, .single: return false
    default:
      guard let names = folders[named] else { return false }
      var folder = Self.lowercased(value)
      if names.contains(folder) { return true }
      // "INBOX.Trash" and "INBOX/Trash" are the trash of a server with a prefix.
      if folder.starts(with: "inbox".utf8), folder.count > 6, folder[5] == 46 || folder[5] == 47 {
        folder.removeFirst(6)
        if names.contains(folder) { return true }
      }
      // What lies below the archive is archive: "Archive/2026".
      guard let end = folder.firstIndex(where: { $0 == 46 || $0 == 47 }), end > 0 else { return false }
      return names.contains(Array(folder[..<end]))
    }
  }

  /// As the configuration's names were lowered: by Unicode where there is more than ASCII.
  private static func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.allSatisfy({ $0 < 128 }) { return bytes.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 } }
    return Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8)
  }
}
