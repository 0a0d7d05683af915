import AuditModel

/// The settings of mailtrail: what mailtrail.yaml(5) says, or its defaults.
///
/// Everything has a default, so that an empty file works.
public struct Configuration: Sendable, Equatable {
  public var audit: Audit
  public var mailboxes: Mailboxes
  /// What is read; never empty. By default the system journal.
  public var sources: [Source]
  public var state: State
  public var rules: Rules

  /// The defaults.
  ///
  /// - Parameter hostName: the name of this machine, from which the default domain is taken.
  public init(hostName: String = HostName.current()) {
    audit = Audit()
    mailboxes = Mailboxes(hostName: hostName)
    sources = [.journal(JournalSource())]
    state = State()
    rules = Rules()
  }

  /// `audit`: what is recorded, where and for how long.
  public struct Audit: Sendable, Equatable {
    /// `enabled`: whether events are recorded at all.
    public var isEnabled = true
    /// `directory`: the root of the audit tree; absolute.
    public var directory = "/var/log/mailtrail/Audit"
    /// `level`: events below it are not recorded.
    public var level = Level.normal
    /// `abuse-detection`: the gate of login.failed and login.denied.
    public var detectsAbuse = true
    /// `mailbox-changes`: the gate of account.*.
    public var recordsMailboxChanges = true
    /// `retention`: how long daily files are kept.
    public var retention = RetentionPeriod.fiveDays
    public var userView = UserView()
    public var timeZone = TimeZoneSetting.local
    /// `tamper-evidence`: whether each record carries the hash of the one before.
    public var hasTamperEvidence = false
    /// `seal-period`: how often the ends of the chains are sealed into the system journal; with tamper evidence only.
    public var sealPeriod = RetentionPeriod(seconds: 3_600)
    /// `subjects`: whether the subjects of messages are recorded.
    public var recordsSubjects = false
    /// `kinds`: kinds with another level than their own, or switched off. A family's name in the file
    /// (`message: off`) stands here as each of its kinds.
    public var kinds: [EventKind: KindSetting] = [:]
    /// `system-messages`: events of this level and above also go to the system journal; nil for none.
    public var systemMessages: Level? = .high
    /// `max-sent-per-hour`: messages that one mailbox may send in an hour before send.rate-exceeded is recorded;
    /// 0 for no limit.
    public var maximumSentPerHour = 500
    /// `strangers-per-hour`: records of one kind that strangers may cause in the file of one mailbox in an hour; 0 for
    /// no limit.
    public var maximumStrangersPerHour = 20_000

    public init() {}

    /// The level at which events of a kind are recorded; nil when they are switched off here, by `kinds` or by a gate.
    ///
    /// Whether the level reaches `level` is for the caller to compare: bridge and system messages ignore it.
    public func level(of kind: EventKind) -> Level? {
      switch kind.gate {
      case .abuseDetection where !detectsAbuse: return nil
      case .mailboxChanges where !recordsMailboxChanges: return nil
      default: break
      }
      switch kinds[kind] {
      case .off: return nil
      case .level(let level): return level
      case nil: return kind.defaultLevel
      }
    }
  }

  /// `audit.user-view`: what the owner of a mailbox may see of its trail.
  public struct UserView: Sendable, Equatable {
    public var isEnabled = false
    /// How far back the owner sees.
    public var period = RetentionPeriod.fiveDays

    public init() {}
  }

  /// What `audit.kinds` says about one kind.
  public enum KindSetting: Sendable, Equatable {
    case off
    case level(Level)
  }

  /// `mailboxes`: how names in logs become mailboxes.
  public struct Mailboxes: Sendable, Equatable {
    /// `default-domain`: the domain of bare user names. By default the domain part of the host name, else the host
    /// name, else `localhost`.
    public var defaultDomain: String
    /// `fold-case`: whether `Ann@example.org` is `ann@example.org`.
    public var foldsCase = true
    /// `extension-delimiter`: what separates a user from an extension, one character or several alternatives
    /// (postconf(5), recipient_delimiter); empty for none.
    public var extensionDelimiters = "+"
    /// `domain-aliases`: what one person's daemons call differently.
    public var domainAliases = DomainAliasSetting()
    /// `known`: files that list mailboxes, one address a line or passwd(5) style; absolute.
    public var known: [String] = []
    /// `webmail-hosts`: web servers whose word about the browser's address is believed; addresses as inet_ntop(3)
    /// writes them.
    public var webmailHosts = ["127.0.0.1", "::1"]
    /// `mail-hosts`: addresses of this site's own mail hosts, which hand messages to each other; as inet_ntop(3) writes
    /// them.
    public var mailHosts: [String] = []
    /// `aliases`: files in the form of virtual(5) or aliases(5); absolute.
    public var aliases: [String] = []
    /// `new-per-hour`: how many mailboxes of a domain may be learned by delivery alone in an hour; 0 for none.
    public var maximumNewPerHour = 10_000
    public var folders = SpecialFolders()

    /// `shard`: the share of the mailboxes that this collector writes; nil for all.
    public var shard: Shard?

    /// The defaults on a machine of that name.
    public init(hostName: String = HostName.current()) { defaultDomain = HostName.mailDomain(of: hostName) }
  }

  /// One element of `sources`.
  public enum Source: Sendable, Equatable {
    case journal(JournalSource)
    case text(TextSource)
  }

  /// A source `journal`: the system journal, and others besides.
  public struct JournalSource: Sendable, Equatable {
    /// Journal namespaces (systemd-journald.service(8)); empty for the default one.
    public var namespaces: [String] = []
    /// Directories of journal files, read instead of the machine's own; absolute.
    public var directories: [String] = []

    public init(namespaces: [String] = [], directories: [String] = []) {
      self.namespaces = namespaces
      self.directories = directories
    }
  }

  /// A source `text`: a log file.
  public struct TextSource: Sendable, Equatable {
    /// Absolute; may be a pattern of glob(7), as in `/var/log/exim4/*log`.
    public var path: String
    public var format: Format

    public init(path: String, format: Format) {
      self.path = path
      self.format = format
    }

    /// How the lines of a text log are framed; the raw value is the name in the file.
    public enum Format: String, Sendable, CaseIterable {
      case syslog, exim, dovecot, mailman
      case cpanelAccess = "cpanel-access"
      case cpanelLogin = "cpanel-login"
      case cpanelSession = "cpanel-session"
      case zimbraAudit = "zimbra-audit"
      case zimbraMailbox = "zimbra-mailbox"
    }
  }

  /// `state`: what mailtrail keeps for itself.
  public struct State: Sendable, Equatable {
    /// `directory`: where the checkpoint is; absolute.
    public var directory = "/var/lib/mailtrail"

    public init() {}
  }

  /// `rules.tables`: tables by their names.
  public struct Tables: Sendable, Equatable {
    /// `on`: they count for this machine's journal, installed where the table looks or not.
    public var on: [String] = []
    /// `off`: they count for no journal.
    public var off: [String] = []

    public init() {}
  }

  /// `rules`: the rule tables.
  public struct Rules: Sendable, Equatable {
    /// `trusted-senders`: whether an entry must come from the daemon's user or unit, not only bear its identifier.
    public var requiresTrustedSenders = true
    /// `trusted-uids`: users above SYS_UID_MAX, by number or name, whose entries count as a daemon's where unit or program
    /// fit: as whom delivery agents and mailbox tools run.
    public var trustedUsers: [String] = []
    /// `system-uid-max`: the highest uid of a system user; nil for what the journal's host has.
    public var systemUIDMaximum: UInt32?
    /// `directory`: the administrator's own tables; absolute.
    public var directory = "/etc/mailtrail/rules.d"
    /// `off`: ids of rules that are switched off.
    public var off: [String] = []
    /// `tables`: which tables count whatever is installed.
    public var tables = Tables()

    public init() {}
  }
}
