import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import AuditReading
import Configuration
import Platform

/// `mailtrail search`: events of all mailboxes.
struct SearchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Show the matching events of all mailboxes."
  )

  @OptionGroup var options: ConfigurationOptions
  @OptionGroup var events: EventOptions

  func run() throws {
    let configuration = try options.load()
    let reader = try TrailReader(root: configuration.audit.directory)
    let filter = try events.filter()
    let search = TreeSearch(reader, trails: try reader.trails(), filter: filter.lineFilter) { event, _ in
      filter.accepts(event)
    }
    let format = (events.output ?? .short).format(
      usesColor: Terminal.standardOutput.usesColor, showsMailbox: true)
    let output = EventOutput(format: format, isPagerDisabled: events.noPager, jumpsToEnd: false)
    let unread = UnreadLines()
    let files = try search.forEachEvent(newest: events.limit, reverse: events.reverse) { try output.print($0) }
    output.finish()
    unread.add(files)
    if output.count == 0, !events.quiet { StandardError.write("-- No entries --") }
    try unread.report()
    if events.grep != nil, output.count == 0 { throw CommandFailure("") }
  }
}
