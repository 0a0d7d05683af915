import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import AuditWriting
import Bridge
import Configuration
import Platform

/// `mailtrail last`: the last login of each mailbox, and the last that failed, as lastlog(8) has them for accounts.
struct LastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "last", abstract: "List the last successful and the last failed login of each mailbox.",
    discussion: """
      The collector keeps them in a table, whatever audit.level and audit.retention are. Mailboxes that have a trail, or are \
      in a file of mailboxes.known, are listed too: who has never logged in is shown as ‘never’.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case short, json, csv

    var ofEvents: OutputFormat { OutputFormat(rawValue: rawValue) ?? .short }
  }

  @OptionGroup var options: ConfigurationOptions

  @Option(
    name: [.short, .long], help: "Only logins of this service: webmail, imap, submission …; may be repeated.",
    completion: .list(ServiceName.all))
  var service: [String] = []

  @Option(
    name: [.customShort("S"), .long],
    help: "Mailboxes whose last login was at or after this time (systemd.time(7)).")
  var since: String?

  @Option(name: [.customShort("U"), .long], help: "Mailboxes whose last login was at or before this time.")
  var until: String?

  @Option(
    help: ArgumentHelp("Mailboxes without a login since this time, also those that never had one.", valueName: "time"))
  var unusedSince: String?

  @Flag(help: "Mailboxes of which no login is known.")
  var never = false

  @Flag(help: "Show the logins in the trails of the mailboxes that are named.")
  var history = false

  @Option(
    name: [.customShort("n"), .customLong("lines")],
    help: "Show the mailboxes with the most recent logins, or the most recent of --history; 10 without a number.")
  var lines: String?

  @Option(name: [.short, .long], help: "short, json or csv.")
  var output = Format.short

  @Flag(name: [.short, .long], help: "Suppress headings and hints.")
  var quiet = false

  @Argument(help: "Show these mailboxes only; a bare name gets mailboxes.default-domain.", completion: .mailbox)
  var mailboxes: [String] = []

  mutating func validate() throws {
    service = service.map { $0.lowercased() }
    for name in service where !ServiceName.all.contains(name) {
      let nearest = Suggestion.nearest(to: name, among: ServiceName.all).map { "did you mean ‘\($0)’? " } ?? ""
      throw ValidationError(
        "there is no service ‘\(name)’; \(nearest)there are " + ServiceName.all.joined(separator: ", "))
    }
    if let lines, lines != "all", UInt32(lines) == nil { throw ValidationError("‘\(lines)’ is no number of lines") }
    if history, mailboxes.isEmpty {
      throw ValidationError("--history needs a mailbox; mailtrail search -k login has all")
    }
    if history, never || unusedSince != nil { throw ValidationError("--history lists logins, not mailboxes without") }
    if never, since != nil || until != nil {
      throw ValidationError("--never has no last login that -S or -U could find")
    }
  }

  func run() throws {
    let configuration = try options.load()
    let (since, until) = (try time(since), try time(until))
    if history {
      let history = LoginHistory(
        services: service.map { Array($0.utf8) }, since: since, until: until, limit: limit)
      return try history.print(mailboxes, configuration, format: output.ofEvents, isQuiet: quiet)
    }
    let selection = LastLogins.Selection(
      services: Set(service), since: since, until: until, unusedSince: try time(unusedSince), isNever: never,
      limit: limit)
    let found = try LastLogins(configuration, names: mailboxes, selection)
    let format = LastLoginsFormat(
      known: found.known, isDetailed: !mailboxes.isEmpty, hasHeading: !quiet, width: Terminal.standardOutput.width)
    for line in format.lines(found.rows, as: output) { print(line) }
    if !quiet { for hint in found.hints { StandardError.write(hint) } }
    try found.unread.report()
    if found.damaged > 0 {
      throw CommandFailure(
        "mailtrail: \(found.damaged) lines of the table of logins are damaged, and logins of as many mailboxes may be missing"
      )
    }
  }

  private var limit: Int? { lines.flatMap { UInt32($0) }.map(Int.init) }

  private func time(_ text: String?) throws -> UInt64? { try text.map { try TimeExpression.microseconds(of: $0) } }
}
