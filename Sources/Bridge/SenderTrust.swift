import Glibc
import LogSources
import RuleTable

/// Decides whether an entry is a daemon's own: by fields that journald itself writes (systemd.journal-fields(7)).
///
/// Anybody may log under any identifier, and name a program as he likes. An entry is believed when its `_UID` is root's
/// or the daemon's, or when it comes from one of the table's units in system.slice; where users' own commands run in
/// that unit, its `_EXE` must fit too.
struct SenderTrust {
  /// The user ids of each scope, by the scope's place.
  private let users: [Set<UInt32>]
  private let scopes: [Scope]
  init(scopes: [Scope]) {
    self.scopes = scopes
    users = scopes.map { scope in Set(scope.senders.users.compactMap(Self.userID)) }
  }

  func trusts(_ entry: JournalEntry, in batch: EntryBatch, scope: Int) -> Bool {
    // Who may write to a text log decides whether it is one; the reader has looked at that.
    if entry.isFromTextLog { return true }
    let senders = scopes[scope].senders
    if fits(senders.distrusted, entry, batch) { return false }
    if entry.uid == 0 || users[scope].contains(entry.uid) { return true }
    guard !entry.unit.isEmpty, isSystemSlice(entry, batch) else { return false }
    return senders.units.contains { unit in
      batch.withBytes(of: entry.unit) { Glob.matches(unit.name, $0) }
        && (unit.programs.isEmpty || fits(unit.programs, entry, batch))
    } || fits(senders.programs, entry, batch)
  }

  private func fits(_ programs: [ProgramPath], _ entry: JournalEntry, _ batch: EntryBatch) -> Bool {
    !programs.isEmpty && batch.withBytes(of: entry.executable) { path in programs.contains { $0.matches(path) } }
  }

  private func isSystemSlice(_ entry: JournalEntry, _ batch: EntryBatch) -> Bool {
    // Template units live in a slice of their own below system.slice: system-postfix.slice.
    batch.withBytes(of: entry.slice) { slice in
      slice.elementsEqual("system.slice".utf8) || slice.starts(with: "system-".utf8)
    }
  }

  private static func userID(_ name: String) -> UInt32? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwnam_r(name, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return record.pw_uid
  }
}
