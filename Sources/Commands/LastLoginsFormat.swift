import AuditFiles
import AuditModel
import AuditOutput
import Platform

/// How `mailtrail last` prints its rows.
struct LastLoginsFormat {
  /// Since when logins are known, microseconds since 1970.
  var known: UInt64?
  /// Whether people get everything of each mailbox: its services, the last failures and why, the first login. Else its last
  /// login, and a failure that came after it.
  var isDetailed: Bool
  var hasHeading: Bool
  /// Columns of the terminal.
  var width: Int

  func lines(_ rows: [MailboxLogins], as format: LastCommand.Format) -> [String] {
    switch format {
    case .short: short(rows)
    case .json: rows.map(json)
    case .csv: [Self.columns.joined(separator: ",") + "\r"] + rows.flatMap(csv)
    }
  }

  // MARK: - For people

  /// What stands in a line: a name, a time, and where from; or a text alone.
  private struct Cells {
    var name: String
    var time = ""
    var service = ""
    var ip = ""
    var text: String?
  }

  private func short(_ rows: [MailboxLogins]) -> [String] {
    let heading = Cells(name: "MAILBOX", time: "LAST LOGIN", service: "SERVICE", ip: "FROM")
    var cells = hasHeading && !rows.isEmpty ? [heading] : []
    for row in rows { cells += isDetailed ? detailed(row) : brief(row) }
    let widths = [\Cells.time, \.service].map { path in cells.map { $0[keyPath: path].count }.max() ?? 0 }
    let rest = widths.reduce(0, +) + 6 + (cells.map(\.ip.count).max() ?? 0)
    let longest = cells.map { $0.text == nil ? $0.name.count : 0 }.max() ?? 0
    let column = min(longest, max(8, width - rest))
    return cells.flatMap { line($0, [column] + widths) }
  }

  /// A name that is longer than its column has a line of its own: nothing is cut.
  private func line(_ cells: Cells, _ widths: [Int]) -> [String] {
    if let text = cells.text { return [FoldedText.folded(text, width: width, indent: 4)] }
    let isLong = cells.name.count > widths[0] && !cells.time.isEmpty
    var line = isLong ? "" : cells.name
    for (value, end) in zip([cells.time, cells.service, cells.ip], Self.ends(widths)) {
      if !value.isEmpty { line = TerminalText.padded(line, max(end, line.isEmpty ? end : 0)) + value }
    }
    return isLong ? [cells.name, line] : [line]
  }

  /// Where the columns behind the name begin.
  private static func ends(_ widths: [Int]) -> [Int] {
    widths.reduce(into: []) { $0.append(($0.last ?? 0) + $1 + 2) }
  }

  private func brief(_ row: MailboxLogins) -> [Cells] {
    let name = TerminalText.safe(row.mailbox.bytes)
    let logins = row.services.compactMap { name, service in service.success.map { (name, $0) } }
    let failures = row.services.compactMap { name, service in service.failure.map { (name, $0) } }
    let last = Self.newest(logins)
    var cells = [last.map { Self.cells(name, $0.1, $0.0) } ?? Cells(name: name, time: "never")]
    if let failure = Self.newest(failures), failure.1.time > last?.1.time ?? 0 {
      cells.append(Self.cells("  \(Self.outcome(failure.1))", failure.1, failure.0))
    }
    return cells
  }

  private func detailed(_ row: MailboxLogins) -> [Cells] {
    var name = TerminalText.safe(row.mailbox.bytes)
    var cells: [Cells] = []
    let services = row.services.sorted { $0.key < $1.key }
    for (service, logins) in services {
      guard let login = logins.success else { continue }
      cells.append(Self.cells(name, login, service))
      name = ""
    }
    if cells.isEmpty { cells.append(Cells(name: name, time: "never")) }
    for (service, logins) in services {
      guard let login = logins.failure else { continue }
      cells.append(Self.cells("  \(Self.outcome(login))", login, service))
      if !login.reason.isEmpty { cells.append(Cells(name: "", text: "    " + TerminalText.safe(login.reason))) }
    }
    if let first = row.all.first { cells.append(Cells(name: "  first seen", time: Self.time(first))) }
    if let deleted = row.deleted { cells.append(Cells(name: "  deleted", time: Self.time(deleted))) }
    return cells
  }

  private static func newest(_ logins: [(String, MailboxLogins.Login)]) -> (String, MailboxLogins.Login)? {
    logins.max { $0.1.time != $1.1.time ? $0.1.time < $1.1.time : $0.0 > $1.0 }
  }

  private static func cells(_ name: String, _ login: MailboxLogins.Login, _ service: String) -> Cells {
    Cells(
      name: name, time: time(login.time), service: service.isEmpty ? "-" : service,
      ip: login.ip.isEmpty ? "-" : TerminalText.safe(login.ip))
  }

  private static func outcome(_ login: MailboxLogins.Login) -> String {
    login.kind == .loginFailed ? "failed" : "denied"
  }

  /// In minutes: nobody looks for a second here.
  private static func time(_ time: UInt64) -> String { String(LocalClock.date(time).prefix(16)) }

  // MARK: - For programs

  /// One object a mailbox.
  private func json(_ row: MailboxLogins) -> String {
    var json = JSONText()
    json.add("mailbox", bytes: row.mailbox.bytes)
    if let known { json.add("known_since", LocalClock.utc(known)) }
    if let deleted = row.deleted { json.add("deleted", LocalClock.utc(deleted)) }
    let services = row.services.sorted { $0.key < $1.key }
    if let first = row.all.first { json.add("first_seen", LocalClock.utc(first)) }
    for (name, path) in [("success", \MailboxLogins.Service.success), ("failure", \.failure)] {
      let logins = services.compactMap { service, logins in logins[keyPath: path].map { (service, $0) } }
      if let last = Self.newest(logins) { json.add(name, json: Self.json(last.1, last.0)) }
    }
    json.add("services", json: "[" + services.map(Self.json).joined(separator: ",") + "]")
    return json.object
  }

  private static func json(_ name: String, _ service: MailboxLogins.Service) -> String {
    var json = JSONText()
    json.add("service", name)
    if let first = service.first { json.add("first_seen", LocalClock.utc(first)) }
    if let login = service.success { json.add("success", json: self.json(login, nil)) }
    if let login = service.failure { json.add("failure", json: self.json(login, nil)) }
    return json.object
  }

  private static func json(_ login: MailboxLogins.Login, _ service: String?) -> String {
    var json = JSONText()
    json.add("time", LocalClock.utc(login.time))
    json.add("kind", login.kind.name.description)
    if let service { json.add("service", service) }
    if !login.ip.isEmpty { json.add("ip", bytes: login.ip) }
    if !login.reason.isEmpty { json.add("reason", bytes: login.reason) }
    return json.object
  }

  private static let columns = [
    "mailbox", "service", "first_seen", "last_success", "success_ip", "last_failure", "failure_kind", "failure_ip",
    "failure_reason",
  ]

  /// A line for each service; one of the name alone for a mailbox without any.
  private func csv(_ row: MailboxLogins) -> [String] {
    let services = row.services.sorted { $0.key < $1.key }
    if services.isEmpty { return [CSVText.row([row.mailbox.bytes] + Self.columns.dropFirst().map { _ in [] }) + "\r"] }
    return services.map { name, service in
      func time(_ time: UInt64?) -> [UInt8] { time.map { Array(LocalClock.utc($0).utf8) } ?? [] }
      let (success, failure) = (service.success, service.failure)
      return CSVText.row([
        row.mailbox.bytes, Array(name.utf8), time(service.first), time(success?.time), success?.ip ?? [],
        time(failure?.time), failure.map { Array($0.kind.name.description.utf8) } ?? [], failure?.ip ?? [],
        failure?.reason ?? [],
      ]) + "\r"
    }
  }
}
