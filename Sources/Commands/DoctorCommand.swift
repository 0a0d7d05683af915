import ArgumentParser
import AuditOutput
import Bridge
import Configuration
import Doctor
import Glibc
import LogSources
import Platform
import RuleTable

/// `mailtrail doctor`: what keeps events out of the trails, and the line that mends it.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the settings on which the trails depend, and print those that need a change.",
    discussion: """
      Checks journald, the journal, the clock, the mail servers that are installed and mailtrail itself. Nothing is \
      changed. Some settings can only be read by root. The exit status is 1 if there is a problem.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case short, json }

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var journal: JournalOptions

  @Option(
    help: ArgumentHelp("Check the system below this directory instead of this machine.", valueName: "directory"))
  var root: String?

  @Option(name: [.short, .long], help: "short or json.")
  var output = Format.short

  @Flag(name: [.short, .long], help: "Print problems only.")
  var quiet = false

  func run() throws {
    let configuration = try options.load()
    let table = try configuration.loadTable()
    let now = SystemClock.realtime()
    let readsJournal = root == nil || !journal.directory.isEmpty || !journal.file.isEmpty
    var request = try journal.request(since: nil, until: nil)
    request.start = .since(now - min(now, TimeSpan.day))
    let survey = readsJournal ? try Self.survey(request, configuration, table) : nil
    let doctor = Doctor(
      machine: Machine(root: root ?? "/"), configuration: configuration, journal: readsJournal ? request : nil,
      isMailUnit: { unit in Array(unit.utf8).withUnsafeBytes(table.isMailUnit) },
      userOfDovecotLine: { Self.user(of: $0, as: "dovecot", table) },
      senders: survey.map { Self.senders($0, configuration, table) },
      containers: survey.map { Self.containers($0, configuration, table) }, now: now)
    let findings = doctor.findings().filter { !quiet || $0.verdict != .good }
    switch output {
    case .short: for finding in findings { print(Self.text(finding)) }
    case .json: print("[" + findings.map(Self.json).joined(separator: ",\n ") + "]")
    }
    if findings.contains(where: { $0.verdict == .bad }) { throw ExitCode(1) }
  }

  /// What the last day's journal says of its senders; nil where it cannot be read, which another check says.
  private static func survey(
    _ request: JournalRequest, _ configuration: Configuration, _ table: CompiledTable
  ) throws -> SenderSurvey? {
    do {
      let day = SourceRequest(journal: request.selection, start: request.start)
      return try SenderSurvey(of: day, configuration, table, seeksContainers: true)
    } catch is JournalError {
      return nil
    }
  }

  /// The user whom a rule finds in a line; nil where none does.
  static func user(of line: String, as identifier: String, _ table: CompiledTable) -> String? {
    for scope in Array(identifier.utf8).withUnsafeBytes({ table.scopes(ofIdentifier: $0) }) {
      var scratch = MatchScratch()
      let bytes = Array(line.utf8)
      guard table.match(scope: scope, bytes: bytes, &scratch) != nil,
        let capture = scratch.captures.first(where: { table.names.name(of: $0.name) == "user" })
      else { continue }
      return String(decoding: capture.encoding.decode(Array(bytes[capture.start..<capture.end])), as: UTF8.self)
    }
    return nil
  }

  private static func containers(
    _ survey: SenderSurvey, _ configuration: Configuration, _ table: CompiledTable
  ) -> ContainerCheck {
    let found = survey.containers.map { name, container in
      let daemons = container.identifiers.flatMap { identifier in
        Array(identifier.utf8).withUnsafeBytes { table.scopes(ofIdentifier: $0) }.map { table.scopes[$0].daemon }
      }
      return ContainerCheck.Container(
        name: name, count: container.count, daemons: Set(daemons).sorted(), isBelieved: container.isBelieved)
    }
    return ContainerCheck(found, names: configuration.rules.containers)
  }

  /// Who was not believed, and which tables count for this machine.
  private static func senders(
    _ survey: SenderSurvey, _ configuration: Configuration, _ table: CompiledTable
  ) -> SenderCheck {
    let installed = InstalledTables(table, configuration.rules)
    let senders = survey.leftOut.map { sender, seen in
      let scopes = Array(sender.identifier.utf8).withUnsafeBytes { table.scopes(ofIdentifier: $0) }
      let absent = scopes.map { table.scopes[$0].table }.first(where: installed.isMissing)
      return SenderCheck.Sender(
        count: seen.count, isRefused: sender.isRefused, uid: sender.uid,
        user: sender.isLocal ? sender.uid.flatMap(HostUsers.name(ofUID:)) : nil, identifier: sender.identifier,
        unit: sender.unit, executable: sender.executable, absentTable: sender.isLocal ? absent : nil)
    }
    return SenderCheck(senders: senders, tables: table.tables.compactMap { Self.table($0.name, installed) })
  }

  private static func table(_ name: String, _ installed: InstalledTables) -> SenderCheck.Table? {
    switch installed.state(of: name) {
    case .always: nil
    case .switchedOn: .init(name: name, isOn: true, reason: "rules.tables.on names it")
    case .switchedOff: .init(name: name, isOn: false, reason: "rules.tables.off names it")
    case .found(let path): .init(name: name, isOn: true, reason: "\(path) is there")
    case .hidden(let path):
      .init(name: name, isOn: false, reason: "\(path) is there, where only root sees it", isWanted: true)
    case .absent: .init(name: name, isOn: false, reason: "it was not found on this machine (rules.tables.on)")
    }
  }

  private static func text(_ finding: Finding) -> String {
    let mark =
      switch finding.verdict {
      case .good: "ok      "
      case .advice: "better  "
      case .bad: "WRONG   "
      case .unknown: "unknown "
      }
    let head = mark + TerminalText.padded(finding.subject, 10) + TerminalText.safe(finding.text.utf8)
    return ([head] + finding.remedy.map { "          | " + TerminalText.safe($0.utf8) }).joined(separator: "\n")
  }

  private static func json(_ finding: Finding) -> String {
    var json = JSONText()
    json.add("verdict", finding.verdict.rawValue)
    json.add("subject", finding.subject)
    json.add("text", finding.text)
    json.add("remedy", json: JSONText.array(finding.remedy))
    return json.object
  }
}
