import Configuration
import Correlation
import LogSources
import RuleTable

/// What the ledger knows a sender by, and the time of the entry, microseconds.
struct EntrySender {
  var uid: UInt32
  var machine: UInt64
  var time: UInt64
}

/// Decides whether an entry is a daemon's own, by the fields that journald itself writes (systemd.journal-fields(7)).
///
/// A user can choose the identifier, the message, the name of a command and, below his own directories, the path of a
/// program; he can run the daemon's true programs with a configuration of his own, and in a unit of the daemon's
/// (`~/.forward`, a pool of php-fpm). He cannot choose `_UID`, unit and slice. So the uid decides first:
///
/// | `_UID` | unit and program | the entry is |
/// |---|---|---|
/// | a container runtime's, with the container's name or id | any | believed where `rules.containers` names it, else refused |
/// | root's; on the journal's own host the daemon's own user's | any, but not another daemon's program | believed |
/// | a system user's, or one of `rules.trusted-uids` | the scope's unit, with its program where it names one | believed |
/// | one of `rules.trusted-uids`, or proven to deliver mail | the scope's `trust executable`, in any unit | believed |
/// | a system user's that verified entries of the daemon had | the same | believed |
/// | one that verified entries of the daemon had | one or both are missing, what is there fits | believed |
/// | an ordinary user's | the scope's unit and program | unproven: a verified line of the mail server must confirm it |
/// | any other | one or both are missing, what is there fits | unprovable |
/// | any other | something does not fit | refused |
///
/// A system user's uid is at most SYS_UID_MAX, `nobody`'s or one that systemd gives to services (`DynamicUser`). Users
/// with uids below 100 are shared by many programs (www-data, list, mail): what others' entries showed proves nothing
/// for them. Believed rows 2 and 3 teach the ledger, in the order of the entries: see `SenderLedger`.
struct SenderTrust: Sendable {
  /// What the fields of an entry say of its sender for one scope; the number goes from the reading thread to the
  /// joining one, which alone has the ledger.
  enum Standing: UInt8, Comparable {
    case believed
    /// Believed, and what it shows of the uid counts for other entries.
    case verified
    /// A system user's uid and the daemon's program, in another unit.
    case programElsewhere
    /// The unit or the program is missing.
    case partial
    /// An ordinary user's uid, with the daemon's unit and program, its program elsewhere, or one of them missing.
    case ordinary, ordinaryElsewhere, ordinaryPartial
    /// Nothing that journald wrote could prove it.
    case unprovable
    case refused

    init(of finding: EntryFinding) { self = Self(rawValue: finding.grade) ?? .refused }

    var isBelieved: Bool { self <= .verified }
    /// Whether such an entry, once believed, shows for which daemon its uid speaks: all that matters was there.
    var teaches: Bool { self == .verified || self == .ordinary || self == .ordinaryElsewhere }
    /// Whether the ledger decides.
    var isOpen: Bool { self > .verified && self < .unprovable }

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// What comes of an entry.
  enum Verdict {
    case believed
    /// Its rule runs if it has a use for such entries.
    case unproven, unprovable
    case refused
  }

  private let scopes: [TrustedSenders]
  /// Whether a scope names users of the daemon's own.
  let hasOwnUsers: [Bool]
  private let users: HostUsers
  private let installed: InstalledTables
  /// The table of each scope, where it counts only if its program is installed.
  private let dependents: [String?]
  /// The uids of each scope's own users, on this machine.
  private let own: [Set<UInt32>]

  /// Nil where the configuration believes everybody.
  init?(_ table: CompiledTable, _ rules: Configuration.Rules) {
    guard rules.requiresTrustedSenders else { return nil }
    self.init(scopes: table.scopes, users: HostUsers(rules), installed: InstalledTables(table, rules))
  }

  init(scopes: [Scope], users: HostUsers, installed: InstalledTables) {
    self.scopes = scopes.map(\.senders)
    self.users = users
    self.installed = installed
    dependents = scopes.map { installed.state(of: $0.table) == .always ? nil : $0.table }
    hasOwnUsers = scopes.map { !$0.senders.users.isEmpty }
    own = scopes.map { users.uids(of: $0.senders.users) }
  }

  func standing(of entry: JournalEntry, in batch: EntryBatch, scope: Int) -> Standing {
    // Who may write to a text log decides whether it is one; the reader has looked at that.
    if entry.isFromTextLog { return .believed }
    // A container's runtime runs as root and passes on what anybody wrote.
    if entry.isFromContainer || isRuntime(entry, batch) { return entry.isFromBelievedContainer ? .believed : .refused }
    let senders = scopes[scope]
    if isProgram(of: senders.distrusted, entry, batch) { return .refused }
    if entry.uid == 0 { return .believed }
    guard entry.uid != .max else { return .unprovable }
    if let table = dependents[scope], users.isHost(of: entry), !installed.isOn(table) { return .refused }
    if own[scope].contains(entry.uid), users.isHost(of: entry) { return .believed }
    let fit = fit(of: entry, batch, senders)
    switch users.kind(of: entry) {
    case .trusted:
      switch fit {
      case .whole, .elsewhere: return .verified
      case .partial: return .partial
      case .none: return .refused
      }
    case .system:
      switch fit {
      case .whole: return .verified
      case .elsewhere: return hasOwnUsers[scope] && !users.isShared(entry.uid) ? .programElsewhere : .refused
      case .partial: return hasOwnUsers[scope] && !users.isShared(entry.uid) ? .partial : .unprovable
      case .none: return .refused
      }
    case .ordinary:
      switch fit {
      case .whole: return .ordinary
      case .elsewhere: return .ordinaryElsewhere
      case .partial: return .ordinaryPartial
      case .none: return .refused
      }
    }
  }

  /// Whether root's entry is of a container's runtime: its syslog driver does not name the container.
  private func isRuntime(_ entry: JournalEntry, _ batch: EntryBatch) -> Bool {
    entry.uid == 0 && batch.withBytes(of: entry.command, BelievedContainers.isRuntime)
  }

  /// What the ledger makes of a standing. On the joining thread, in the order of the entries.
  static func verdict(
    _ standing: Standing, of sender: EntrySender, for daemon: UInt64, _ ledger: SenderLedger
  ) -> Verdict {
    var isKnown: Bool { ledger.knows(sender.uid, on: sender.machine, for: daemon, at: sender.time) }
    var delivers: Bool { ledger.delivers(sender.uid, on: sender.machine, at: sender.time) }
    return switch standing {
    case .believed, .verified: .believed
    case .programElsewhere: isKnown ? .believed : .refused
    case .partial: isKnown ? .believed : .unprovable
    case .ordinary: delivers ? .believed : .unproven
    case .ordinaryElsewhere: delivers ? .believed : .refused
    case .ordinaryPartial: delivers && isKnown ? .believed : .unprovable
    case .unprovable: .unprovable
    case .refused: .refused
    }
  }

  // MARK: - Unit and program

  private enum Fit { case whole, elsewhere, partial, none }

  private func fit(of entry: JournalEntry, _ batch: EntryBatch, _ senders: TrustedSenders) -> Fit {
    let slice = slice(of: entry, batch)
    var isPartial = false
    for unit in senders.units where slice != .users && batch.withBytes(of: entry.unit, { Glob.matches(unit.name, $0) })
    {
      if !unit.programs.isEmpty, !isProgram(of: unit.programs, entry, batch) {
        isPartial = isPartial || entry.executable.isEmpty
      } else if slice == .system {
        return .whole
      } else {
        isPartial = true
      }
    }
    if isPartial { return .partial }
    let isItsProgram = isProgram(of: senders.programs, entry, batch)
    if !entry.unit.isEmpty { return isItsProgram ? .elsewhere : .none }
    return slice != .users && (entry.executable.isEmpty || isItsProgram || mayRun(senders, entry, batch))
      ? .partial : .none
  }

  /// Whether the program may be one of the scope's units', of which the entry does not name any.
  private func mayRun(_ senders: TrustedSenders, _ entry: JournalEntry, _ batch: EntryBatch) -> Bool {
    senders.units.contains { $0.programs.isEmpty || isProgram(of: $0.programs, entry, batch) }
      || senders.units.isEmpty && senders.programs.isEmpty
  }

  private func isProgram(of paths: [ProgramPath], _ entry: JournalEntry, _ batch: EntryBatch) -> Bool {
    !paths.isEmpty && batch.withBytes(of: entry.executable) { path in paths.contains { $0.matches(path) } }
  }

  private enum Slice { case system, users, unknown }

  private func slice(of entry: JournalEntry, _ batch: EntryBatch) -> Slice {
    // Template units live in a slice of their own below system.slice: system-postfix.slice. What runs outside of all
    // units is in the root slice, `-.slice`.
    batch.withBytes(of: entry.slice) { slice in
      if slice.isEmpty || slice.elementsEqual("-.slice".utf8) { return .unknown }
      return slice.elementsEqual("system.slice".utf8) || slice.starts(with: "system-".utf8) ? .system : .users
    }
  }
}
