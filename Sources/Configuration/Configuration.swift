import AuditModel
import Platform

/// The settings of mailtrail: what mailtrail.yaml(5) says, or its defaults.
///
/// Everything has a default, so that an empty file works.
package struct Configuration: Sendable, Equatable {
  package var audit: Audit
  package var mailboxes: Mailboxes
  /// What is read; never empty. By default the system journal.
  package var sources: [Source]
  package var state: State
  package var rules: Rules
  /// `accounts`: files that list accounts, which `mailtrail accounts` compares; by default none.
  package var accounts: [AccountFile] = []

  /// The defaults.
  ///
  /// - Parameter hostName: the name of this machine, from which the default domain is taken.
  package init(hostName: String = HostName.current()) {
    audit = Audit()
    mailboxes = Mailboxes(hostName: hostName)
    sources = [.journal(JournalSource())]
    state = State()
    rules = Rules()
  }

  /// `audit`: what is recorded, where and for how long.
  package struct Audit: Sendable, Equatable {
    /// `enabled`: whether events are recorded at all.
    package var isEnabled = true
    /// `directory`: the root of the audit tree; absolute.
    package var directory = "/var/log/mailtrail/Audit"
    /// `level`: events below it are not recorded.
    package var level = Level.normal
    /// `abuse-detection`: the gate of login.failed and login.denied.
    package var detectsAbuse = true
    /// `mailbox-changes`: the gate of account.*.
    package var recordsMailboxChanges = true
    /// `retention`: how long daily files are kept.
    package var retention = RetentionPeriod.fiveDays
    package var userView = UserView()
    package var timeZone = TimeZoneSetting.local
    /// `tamper-evidence`: whether each record carries the hash of the one before.
    package var hasTamperEvidence = false
    /// `seal-period`: how often the ends of the chains are sealed into the system journal; with tamper evidence only.
    package var sealPeriod = RetentionPeriod(microseconds: TimeSpan.hour)
    /// `subjects`: whether the subjects of messages are recorded.
    package var recordsSubjects = false
    /// `kinds`: kinds with another level than their own, or switched off. A family's name in the file
    /// (`message: off`) stands here as each of its kinds.
    package var kinds: [EventKind: KindSetting] = [:]
    /// `system-messages`: events of this level and above also go to the system journal; nil for none.
    package var systemMessages: Level? = .high
    /// `max-sent-per-hour`: messages that one mailbox may send in an hour before send.rate-exceeded is recorded;
    /// 0 for no limit.
    package var maximumSentPerHour = 500
    /// `strangers-per-hour`: records of one kind that strangers may cause in the file of one mailbox in an hour; 0 for
    /// no limit.
    package var maximumStrangersPerHour = 20_000

    package init() {}

    /// The level at which events of a kind are recorded; nil when they are switched off here, by `kinds` or by a gate.
    ///
    /// Whether the level reaches `level` is for the caller to compare: bridge and system messages ignore it.
    package func level(of kind: EventKind) -> Level? {
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
  package struct UserView: Sendable, Equatable {
    package var isEnabled = false
    /// How far back the owner sees.
    package var period = RetentionPeriod.fiveDays

    package init() {}
  }

  /// What `audit.kinds` says about one kind.
  package enum KindSetting: Sendable, Equatable {
    case off
    case level(Level)
  }

  /// `mailboxes`: how names in logs become mailboxes.
  package struct Mailboxes: Sendable, Equatable {
    /// `default-domain`: the domain of bare user names. By default that of `localDomains`.
    package var defaultDomain: String
    /// What the mail system's own files say; by default nothing but the host name.
    package var localDomains: LocalDomains
    /// `fold-case`: whether `Ann@example.org` is `ann@example.org`.
    package var foldsCase = true
    /// `extension-delimiter`: what separates a user from an extension, one character or several alternatives
    /// (postconf(5), recipient_delimiter); empty for none.
    package var extensionDelimiters = "+"
    /// `domain-aliases`: what one person's daemons call differently.
    package var domainAliases = DomainAliasSetting()
    /// `known`: files that list mailboxes, one address a line or passwd(5) style; absolute.
    package var known: [String] = []
    /// `webmail-hosts`: web servers whose word about the browser's address is believed; addresses as inet_ntop(3)
    /// writes them.
    package var webmailHosts = ["127.0.0.1", "::1"]
    /// `mail-hosts`: addresses of this site's own mail hosts, which hand messages to each other; as inet_ntop(3) writes
    /// them.
    package var mailHosts: [String] = []
    /// `aliases`: files in the form of virtual(5) or aliases(5); absolute.
    package var aliases: [String] = []
    /// `new-per-hour`: how many mailboxes of a domain may be learned by delivery alone in an hour; 0 for none.
    package var maximumNewPerHour = 10_000
    package var folders = SpecialFolders()

    /// `shard`: the share of the mailboxes that this collector writes; nil for all.
    package var shard: Shard?

    /// The defaults on a machine of that name, without a look at its mail system.
    package init(hostName: String = HostName.current()) {
      self.init(LocalDomains(domain: HostName.mailDomain(of: hostName), origin: LocalDomains.hostNameOrigin))
    }

    /// The defaults beside a mail system.
    package init(_ localDomains: LocalDomains) {
      self.localDomains = localDomains
      defaultDomain = localDomains.domain
    }
  }

  /// One element of `accounts`.
  package struct AccountFile: Sendable, Equatable {
    package enum Format: String, Sendable, CaseIterable {
      /// passwd(5), and the passwd-file of Dovecot.
      case passwd
      /// shadow(5): of the fields only name and password.
      case shadow
      /// A name a line, as `doveadm user '*'` prints them.
      case list
      /// virtual(5), aliases(5).
      case virtual
    }

    /// Absolute.
    package var path: String
    package var format: Format
    /// The domain of names without one; nil for the default domain.
    package var domain: String?

    package init(path: String, format: Format, domain: String? = nil) {
      self.path = path
      self.format = format
      self.domain = domain
    }
  }

  /// One element of `sources`.
  package enum Source: Sendable, Equatable {
    case journal(JournalSource)
    case text(TextSource)
  }

  /// A source `journal`: the system journal, and others besides.
  package struct JournalSource: Sendable, Equatable {
    /// Journal namespaces (systemd-journald.service(8)); empty for the default one.
    package var namespaces: [String] = []
    /// Directories of journal files, read instead of the machine's own; absolute.
    package var directories: [String] = []

    package init(namespaces: [String] = [], directories: [String] = []) {
      self.namespaces = namespaces
      self.directories = directories
    }
  }

  /// A source `text`: a log file.
  package struct TextSource: Sendable, Equatable {
    /// Absolute; may be a pattern of glob(7), as in `/var/log/exim4/*log`.
    package var path: String
    package var format: Format

    package init(path: String, format: Format) {
      self.path = path
      self.format = format
    }

    /// How the lines of a text log are framed; the raw value is the name in the file.
    package enum Format: String, Sendable, CaseIterable {
      case syslog, exim, dovecot, mailman
      case cpanelAccess = "cpanel-access"
      case cpanelLogin = "cpanel-login"
      case cpanelSession = "cpanel-session"
      case zimbraAudit = "zimbra-audit"
      case zimbraMailbox = "zimbra-mailbox"
      case roundcube, rspamd, horde, stalwart, maddy
      case journalJSON = "journal-json"
      case journalExport = "journal-export"
      case dockerJSON = "docker-json"
    }
  }

  /// `state`: what mailtrail keeps for itself.
  package struct State: Sendable, Equatable {
    /// `directory`: where the checkpoint is; absolute.
    package var directory = "/var/lib/mailtrail"

    package init() {}
  }

  /// `rules.tables`: tables by their names.
  package struct Tables: Sendable, Equatable {
    /// `on`: they count for this machine's journal, installed where the table looks or not.
    package var on: [String] = []
    /// `off`: they count for no journal.
    package var off: [String] = []

    package init() {}
  }

  /// `rules`: the rule tables.
  package struct Rules: Sendable, Equatable {
    /// `trusted-senders`: whether an entry must come from the daemon's user or unit, not only bear its identifier.
    package var requiresTrustedSenders = true
    /// `trusted-uids`: users above SYS_UID_MAX, by number or name, whose entries count as a daemon's where unit or program
    /// fit: as whom delivery agents and mailbox tools run.
    package var trustedUsers: [String] = []
    /// `containers`: names of the containers, each perhaps with one `*`, whose lines are believed.
    package var containers: [String] = []
    /// `system-uid-max`: the highest uid of a system user; nil for what the journal's host has.
    package var systemUIDMaximum: UInt32?
    /// `directory`: the administrator's own tables; absolute.
    package var directory = "/etc/mailtrail/rules.d"
    /// `off`: ids of rules that are switched off.
    package var off: [String] = []
    /// `tables`: which tables count whatever is installed.
    package var tables = Tables()

    package init() {}
  }
}
