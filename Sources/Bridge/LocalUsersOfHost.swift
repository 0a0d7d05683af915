import Correlation
import Glibc

extension HostUsers {
  /// Who the uids of this machine are. Those of other hosts are not known here.
  func localUsers() -> LocalUsers {
    LocalUsers { uid, machine in
      guard machine == self.machineNumber, machine != 0 else { return nil }
      return Self.entry(ofUID: uid).map {
        LocalUsers.User(name: $0.name, isService: self.isService(uid, shell: $0.shell))
      }
    }
  }

  /// What passwd(5) says of a user.
  private struct Entry {
    var name: [UInt8]
    var shell: String
  }

  /// A service's user has a system's number or no shell to log in with, as a filter's or the owner of all mail; or its
  /// lines are believed as a daemon's.
  func isService(_ uid: UInt32, shell: String) -> Bool {
    isSystem(uid) || isTrusted(uid) || ["/nologin", "/false"].contains(where: shell.hasSuffix)
  }

  private static func entry(ofUID uid: UInt32) -> Entry? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    let name = UnsafeBufferPointer(start: record.pw_name, count: strlen(record.pw_name))
    return Entry(name: name.map { UInt8(bitPattern: $0) }, shell: String(cString: record.pw_shell))
  }
}
