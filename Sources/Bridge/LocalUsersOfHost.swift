import Correlation
import Glibc

extension HostUsers {
  /// Who the uids of this machine are. Those of other hosts are not known here.
  func localUsers() -> LocalUsers {
    LocalUsers { uid, machine in
      guard machine == self.machineNumber, machine != 0 else { return nil }
      return Self.entry(ofUID: uid).map { LocalUsers.User(name: $0.name, isService: self.isService(uid, $0)) }
    }
  }

  /// What passwd(5) says of a user.
  private struct Entry {
    var name: [UInt8]
    var shell: String
    var home: String
  }

  /// A service's user has a system's number, or neither a shell nor a home among people's, as the owner of all mail.
  private func isService(_ uid: UInt32, _ entry: Entry) -> Bool {
    let mayLogIn = !entry.shell.hasSuffix("/nologin") && !entry.shell.hasSuffix("/false")
    return isSystem(uid) || !mayLogIn && !entry.home.hasPrefix("/home/")
  }

  private static func entry(ofUID uid: UInt32) -> Entry? {
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    let name = UnsafeBufferPointer(start: record.pw_name, count: strlen(record.pw_name))
    return Entry(
      name: name.map { UInt8(bitPattern: $0) }, shell: String(cString: record.pw_shell),
      home: String(cString: record.pw_dir))
  }
}
