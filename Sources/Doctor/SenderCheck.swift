/// Who logs as a mail daemon without being believed, and which tables count.
package struct SenderCheck: Sendable {
  /// Entries of the last day that were left out, of one sender.
  package struct Sender: Sendable {
    package var count: Int
    package var isRefused: Bool
    package var uid: UInt32?
    /// The uid's name on this machine.
    package var user: String?
    package var identifier: String
    package var unit: String
    package var executable: String
    /// A table that has the identifier and does not count, because its program was not found.
    package var absentTable: String?

    package init(
      count: Int, isRefused: Bool, uid: UInt32?, user: String?, identifier: String, unit: String, executable: String,
      absentTable: String?
    ) {
      (self.count, self.isRefused, self.uid, self.user) = (count, isRefused, uid, user)
      (self.identifier, self.unit, self.executable) = (identifier, unit, executable)
      self.absentTable = absentTable
    }
  }

  /// A table that counts only where its program is installed.
  package struct Table: Sendable {
    package var name: String
    package var isOn: Bool
    /// Why: a path, or a key of the configuration.
    package var reason: String
    /// Whether it is off only because the collector cannot see its program.
    package var isWanted: Bool

    package init(name: String, isOn: Bool, reason: String, isWanted: Bool = false) {
      (self.name, self.isOn, self.reason, self.isWanted) = (name, isOn, reason, isWanted)
    }
  }

  private let senders: [Sender]
  private let tables: [Table]

  package init(senders: [Sender], tables: [Table]) {
    self.senders = senders
    self.tables = tables
  }

  func findings() -> [Finding] {
    let shown = senders.sorted { ($1.count, $0.identifier, $0.unit) < ($0.count, $1.identifier, $1.unit) }.prefix(10)
    let left = shown.map(finding)
    let none = Finding(.good, "senders", "everybody who logged as a mail daemon in the last day was believed")
    return tables.map(finding) + (left.isEmpty ? [none] : left)
  }

  private func finding(_ table: Table) -> Finding {
    Finding(
      table.isWanted ? .bad : .good, "tables",
      table.isOn ? "\(table.name) counts: \(table.reason)" : "\(table.name) does not count: \(table.reason)",
      remedy: table.isWanted ? Self.remedy(table.name) : [])
  }

  private func finding(_ sender: Sender) -> Finding {
    let who =
      "\(sender.count) entries as \(sender.identifier) of the last day, by \(name(sender)), \(origin(sender)), were left out: "
    if let table = sender.absentTable {
      return Finding(
        .advice, "senders", who + "\(table) was not found on this machine",
        remedy: Self.remedy(table))
    }
    if sender.isRefused {
      return Finding(.advice, "senders", who + "they do not come from the daemon. Find out who wrote them")
    }
    guard let uid = sender.uid, !sender.unit.isEmpty, !sender.executable.isEmpty else {
      return Finding(.good, "senders", who + "journald could not say enough of a process that ended at once")
    }
    return Finding(
      .advice, "senders", who + "nothing proves that this user is the daemon's",
      remedy: [
        "if delivery agents or mailbox tools run as this user, in /etc/mailtrail/mailtrail.yaml:", "  rules:",
        "    trusted-uids: [\(sender.user ?? String(uid))]",
      ])
  }

  private static func remedy(_ table: String) -> [String] {
    ["if it is used here, in /etc/mailtrail/mailtrail.yaml:", "  rules:", "    tables: { on: [\(table)] }"]
  }

  private func name(_ sender: Sender) -> String {
    guard let uid = sender.uid else { return "nobody known" }
    return sender.user.map { "\($0) (uid \(uid))" } ?? "uid \(uid)"
  }

  private func origin(_ sender: Sender) -> String {
    let unit = sender.unit.isEmpty ? "of an unknown unit" : "in \(sender.unit)"
    return sender.executable.isEmpty ? unit : sender.executable + " " + unit
  }
}
