import Glibc

/// Whose group may read what a process may not.
package enum ReadingGroup {
  /// What somebody can do to whom a path is closed: the group of the nearest directory on the way that he can see.
  ///
  /// - Returns: nil where no group but root's would help, or he is in it.
  package static func remedy(for path: String) -> String? {
    guard let group = group(of: path), group != 0, !isMember(of: group), let name = name(of: group) else { return nil }
    let user = PasswordEntry(uid: getuid()).map { String(decoding: $0.name, as: UTF8.self) } ?? "USER"
    return
      "the members of the group ‘\(name)’ may: as root ‘usermod -aG \(name) \(user)’, then log in again; or use sudo(8)"
  }

  private static func group(of path: String) -> gid_t? {
    var path = path
    var status = stat()
    while stat(path, &status) != 0 {
      guard errno == EACCES, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return nil }
      path = String(path[..<slash])
    }
    return status.st_mode & S_IRGRP != 0 ? status.st_gid : nil
  }

  private static func isMember(of group: gid_t) -> Bool {
    var groups = [gid_t](repeating: 0, count: 65_536)
    let count = getgroups(Int32(groups.count), &groups)
    return getegid() == group || groups.prefix(Int(max(0, count))).contains(group)
  }

  private static func name(of group: gid_t) -> String? {
    var record = Glibc.group()
    var found: UnsafeMutablePointer<Glibc.group>?
    var buffer = [CChar](repeating: 0, count: 65_536)
    guard getgrgid_r(group, &record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
    return String(cString: record.gr_name)
  }
}
