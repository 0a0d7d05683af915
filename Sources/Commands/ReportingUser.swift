import Glibc
import Platform

/// Who works with root's rights: the user who called sudo(8) or su(1), else root.
enum ReportingUser {
  static func name() throws -> String {
    let uid = uid(real: getuid(), sudo: getenv("SUDO_UID").map { String(cString: $0) }, login: try loginUID())
    return PasswordEntry(uid: uid).map { String(decoding: $0.name, as: UTF8.self) } ?? "uid \(uid)"
  }

  /// Whether somebody who is not root called sudo(8).
  static var isSudo: Bool { getenv("SUDO_UID").map { String(cString: $0) != "0" } ?? false }

  /// - Parameters:
  ///   - sudo: what sudo(8) says of its caller. Only root can set it for a program that runs as root.
  ///   - login: who logged in, by the kernel; nil for a service.
  static func uid(real: UInt32, sudo: String?, login: UInt32?) -> UInt32 {
    if real != 0 { return real }
    return sudo.flatMap { UInt32($0) } ?? login ?? 0
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
