import ArgumentParser
import Bridge
import Glibc

/// `mailtrail collect`: the service.
struct CollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect", abstract: "Follow the journal and write the audit trails (the service).",
    discussion: """
      Each event is written exactly once: what was read is written and synchronised to disk before the checkpoint moves. \
      SIGHUP reloads the configuration and the rules; if they are not valid the current ones stay in use. SIGTERM ends \
      the program after everything that was read is on disk.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Read to the end of the sources, synchronise everything to disk and exit.")
  var untilEnd = false

  @Flag(help: "Only read the configuration and the rules, and fail if they cannot be used.")
  var check = false

  func run() throws {
    let configuration = try options.load()
    let table = try configuration.loadTable()
    if check { return }
    let source = options
    let collector = try Collector(
      configuration: configuration, table: table,
      options: .init(
        untilEnd: untilEnd,
        reload: {
          let next = try source.load()
          return (next, try next.loadTable())
        }, log: StandardError.log))
    try collector.run()
  }
}
