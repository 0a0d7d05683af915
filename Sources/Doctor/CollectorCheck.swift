import Configuration
import Glibc

/// Has mailtrail itself what it needs?
struct CollectorCheck {
  let configuration: Configuration
  let machine: Machine

  func findings() -> [Finding] {
    LocalDomainCheck(mailboxes: configuration.mailboxes, tree: configuration.audit.directory, machine: machine)
      .findings() + directories() + room()
  }

  private func directories() -> [Finding] {
    [configuration.audit.directory, configuration.state.directory].compactMap { path in
      if machine.exists(path) { return nil }
      return Finding(
        .bad, "mailtrail", "there is no \(path)",
        remedy: ["systemd-tmpfiles --create mailtrail.conf", "systemctl enable --now mailtrail"])
    }
  }

  /// The collector stops reading when it cannot write.
  private func room() -> [Finding] {
    var state = statvfs()
    guard statvfs(machine.root + configuration.audit.directory, &state) == 0, state.f_blocks > 0 else { return [] }
    let free = Int(state.f_bavail * 100 / state.f_blocks)
    let inodes = state.f_files == 0 ? 100 : Int(state.f_favail * 100 / state.f_files)
    if min(free, inodes) >= 5 {
      return [Finding(.good, "mailtrail", "the audit directory's file system has room (\(free) %)")]
    }
    return [
      Finding(
        .bad, "mailtrail",
        "the audit directory's file system has \(free) % of its bytes and \(inodes) % of its inodes left",
        remedy: ["make room, or shorten audit.retention in /etc/mailtrail/mailtrail.yaml"])
    ]
  }
}
