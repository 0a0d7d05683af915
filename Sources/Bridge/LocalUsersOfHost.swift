import Correlation
import Platform

extension HostUsers {
  /// Who the uids of this machine are. Those of other hosts are not known here.
  func localUsers() -> LocalUsers {
    LocalUsers { uid, machine in
      guard machine == self.machineNumber, machine != 0 else { return nil }
      return PasswordEntry(uid: uid).map {
        LocalUsers.User(name: $0.name, isService: self.isService(uid, shell: $0.shell))
      }
    }
  }

  /// A service's user has a system's number or no shell to log in with, as a filter's or the owner of all mail; or its
  /// lines are believed as a daemon's.
  func isService(_ uid: UInt32, shell: String) -> Bool {
    isSystem(uid) || isTrusted(uid) || ["/nologin", "/false"].contains(where: shell.hasSuffix)
  }
}
