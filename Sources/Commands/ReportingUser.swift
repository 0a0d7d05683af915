import Glibc
import Platform

/// Who works with root's rights: the user who called sudo(8), pkexec(1), doas or su(1), else root.
enum ReportingUser {
  static func name() throws -> String {
    if getuid() == 0, let user = Self.environment("DOAS_USER") { return user }
    let caller = environment("SUDO_UID") ?? environment("PKEXEC_UID")
    let uid = uid(real: getuid(), caller: caller, login: try loginUID())
    return PasswordEntry(uid: uid).map { String(decoding: $0.name, as: UTF8.self) } ?? "uid \(uid)"
  }

  /// Whether somebody who is not root has root's rights by one of these programs, perhaps for this command alone.
  static var isLent: Bool {
    [("SUDO_UID", "0"), ("PKEXEC_UID", "0"), ("DOAS_USER", "root")].contains { name, root in
      environment(name).map { $0 != root } ?? false
    }
  }

  private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// - Parameters:
  ///   - caller: what sudo(8) or pkexec(1) says of its caller. Only root can set it for a program that runs as root.
  ///   - login: who logged in, by the kernel; nil for a service.
  static func uid(real: UInt32, caller: String?, login: UInt32?) -> UInt32 {
    if real != 0 { return real }
    return caller.flatMap { UInt32($0) } ?? login ?? 0
  }

  /// The audit login uid (proc_pid_loginuid(5)), which stays when a session becomes root.
  private static func loginUID() throws -> UInt32? {
    try InputFile.contentsIfPresent(of: "/proc/self/loginuid").flatMap {
      loginUID(of: String(decoding: $0, as: UTF8.self))
    }
  }

  /// Nil where nobody logged in: the kernel writes the greatest number.
  static func loginUID(of text: String) -> UInt32? { UInt32(text).flatMap { $0 == .max ? nil : $0 } }
}
