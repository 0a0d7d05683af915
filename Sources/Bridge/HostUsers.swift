import Configuration
import Glibc
import LogSources
import Platform

/// What is known of the users of the host that a journal is from.
///
/// Only this machine's passwd(5) and login.defs(5) are at hand: they count for its own entries, by the machine id. For
/// others the numbers of the configuration count, else the defaults that distributions have.
package struct HostUsers: Sendable {
  enum Kind { case system, trusted, ordinary }

  /// SYS_UID_MAX of every distribution that has not been set otherwise.
  private static let defaultSystemMaximum: UInt32 = 999
  private static let nobody: UInt32 = 65_534
  /// systemd gives these to services with `DynamicUser`.
  private static let dynamic: ClosedRange<UInt32> = 61_184...65_519
  /// Debian's and Red Hat's fixed numbers: many of their users are shared by many programs.
  private static let fixed: ClosedRange<UInt32> = 1...99

  private let machine: ID128
  /// SYS_UID_MAX here and elsewhere.
  private let systemMaximum: (here: UInt32, elsewhere: UInt32)
  private let trustedNumbers: Set<UInt32>
  private let trustedHere: Set<UInt32>
  private let uid: @Sendable (String) -> UInt32?

  init(_ rules: Configuration.Rules) {
    self.init(
      rules, machine: Self.machineID(), systemMaximum: LoginDefinitions.systemUIDMaximum(), uid: Self.uid(ofUser:))
  }

  /// - Parameters:
  ///   - machine: this machine's id.
  ///   - systemMaximum: this machine's SYS_UID_MAX.
  ///   - uid: the uid of a name on this machine.
  init(
    _ rules: Configuration.Rules, machine: ID128, systemMaximum: UInt32?, uid: @escaping @Sendable (String) -> UInt32?
  ) {
    self.machine = machine
    self.uid = uid
    let elsewhere = rules.systemUIDMaximum ?? Self.defaultSystemMaximum
    self.systemMaximum = (rules.systemUIDMaximum ?? systemMaximum ?? elsewhere, elsewhere)
    trustedNumbers = Set(rules.trustedUsers.compactMap(UInt32.init))
    trustedHere = Set(rules.trustedUsers.compactMap { UInt32($0) ?? uid($0) })
  }

  /// As `EntryFacts.machine` has it.
  var machineNumber: UInt64 { machine.high ^ machine.low }

  /// Whether the entry is this machine's own.
  func isHost(of entry: JournalEntry) -> Bool { entry.machineID == machine && machine != .zero }

  func kind(of entry: JournalEntry) -> Kind {
    let isHere = isHost(of: entry)
    if (isHere ? trustedHere : trustedNumbers).contains(entry.uid) { return .trusted }
    let maximum = isHere ? systemMaximum.here : systemMaximum.elsewhere
    return Self.isSystem(entry.uid, maximum) ? .system : .ordinary
  }

  /// Whether a uid of this machine is a service's by its number.
  func isSystem(_ uid: UInt32) -> Bool { Self.isSystem(uid, systemMaximum.here) }

  /// Whether a user of this machine is named in `rules.trusted-uids`.
  func isTrusted(_ uid: UInt32) -> Bool { trustedHere.contains(uid) }

  private static func isSystem(_ uid: UInt32, _ maximum: UInt32) -> Bool {
    uid <= maximum || uid == nobody || dynamic.contains(uid)
  }

  /// Whether many programs run under the uid, at one time or one after another.
  func isShared(_ uid: UInt32) -> Bool {
    Self.fixed.contains(uid) || uid == Self.nobody || Self.dynamic.contains(uid)
  }

  /// The uids that names have on this machine. An ordinary user's name is no daemon's, whatever it is.
  func uids(of names: [String]) -> Set<UInt32> {
    Set(names.compactMap(uid).filter { $0 <= systemMaximum.here })
  }

  // MARK: - This machine

  private static func machineID() -> ID128 {
    (try? InputFile.contents(of: "/etc/machine-id")).flatMap { ID128(String(decoding: $0.prefix(32), as: UTF8.self)) }
      ?? .zero
  }

  /// The name of a uid on this machine.
  package static func name(ofUID uid: UInt32) -> String? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return String(cString: record.pw_name)
  }

  private static func uid(ofUser name: String) -> UInt32? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwnam_r(name, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return record.pw_uid
  }
}

/// login.defs(5).
enum LoginDefinitions {
  /// SYS_UID_MAX; nil where the file does not say it. Without the key useradd(8) takes UID_MIN - 1.
  static func systemUIDMaximum(path: String = "/etc/login.defs") -> UInt32? {
    guard let text = try? InputFile.contents(of: path) else { return nil }
    let values = Dictionary(
      text.split(separator: 10).map { $0.split { $0 == 32 || $0 == 9 } }.filter { $0.count >= 2 }.map {
        (String(decoding: $0[0], as: UTF8.self), UInt32(String(decoding: $0[1], as: UTF8.self)))
      }, uniquingKeysWith: { _, last in last })
    if let maximum = values["SYS_UID_MAX"] ?? nil { return maximum }
    return (values["UID_MIN"] ?? nil).flatMap { $0 > 0 ? $0 - 1 : nil }
  }
}
