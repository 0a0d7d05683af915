/// Does journald keep what the daemons say, over a restart too, and all of it?
struct JournaldCheck {
  let machine: Machine

  func findings() -> [Finding] { [storage()] + rateLimit() }

  /// The settings of journald.conf(5): the main file first, then drop-ins by name, whichever directory they are in; the
  /// last word counts.
  private func settings() -> [String: String] {
    var dropIns: [(name: String, path: String)] = []
    for directory in ["/usr/lib/systemd", "/run/systemd", "/etc/systemd"] {
      let dropInDirectory = directory + "/journald.conf.d"
      for name in machine.names(in: dropInDirectory) where name.hasSuffix(".conf") {
        dropIns.removeAll { $0.name == name }
        dropIns.append((name, dropInDirectory + "/" + name))
      }
    }
    let paths = ["/etc/systemd/journald.conf"] + dropIns.sorted { $0.name < $1.name }.map(\.path)
    var settings: [String: String] = [:]
    for path in paths {
      for line in (machine.text(of: path) ?? "").split(separator: "\n") {
        let line = line.trimmed
        guard !line.hasPrefix("#"), !line.hasPrefix(";"), let equals = line.firstIndex(of: "=") else { continue }
        settings[line[..<equals].trimmed] = line[line.index(after: equals)...].trimmed
      }
    }
    return settings
  }

  private func storage() -> Finding {
    let storage = settings()["Storage"]?.lowercased() ?? "auto"
    let isKept = storage == "persistent" || storage == "auto" && machine.exists("/var/log/journal")
    if isKept { return Finding(.good, "journald", "the journal is kept on disk (Storage=\(storage))") }
    if storage == "none" {
      return Finding(
        .bad, "journald", "the journal keeps nothing (Storage=none): there is nothing to read",
        remedy: Self.persistent)
    }
    return Finding(
      .bad, "journald",
      "the journal is kept in memory only: what was not read before a restart is lost, and it holds little",
      remedy: Self.persistent)
  }

  private static let persistent = [
    "/etc/systemd/journald.conf.d/mailtrail.conf:", "  [Journal]", "  Storage=persistent",
    "then: systemctl restart systemd-journald",
  ]

  private func rateLimit() -> [Finding] {
    let settings = settings()
    let interval = settings["RateLimitIntervalSec"] ?? settings["RateLimitInterval"] ?? "30s"
    let burst = settings["RateLimitBurst"] ?? "10000"
    if ["0", "0s"].contains(interval) || burst == "0" {
      return [Finding(.good, "journald", "there is no rate limit")]
    }
    return [
      Finding(
        .good, "journald",
        "a service may log \(burst) messages in \(interval) (more where the disk has room); what goes beyond is dropped"
      )
    ]
  }
}
