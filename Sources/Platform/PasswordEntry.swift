import Glibc

/// What passwd(5) says of a user of this machine, by whatever nsswitch.conf(5) asks.
package struct PasswordEntry: Sendable {
  package var name: [UInt8]
  package var shell: String

  /// Nil where nobody has the uid.
  package init?(uid: UInt32) {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    name = UnsafeBufferPointer(start: record.pw_name, count: strlen(record.pw_name)).map { UInt8(bitPattern: $0) }
    shell = String(cString: record.pw_shell)
  }
}
