import ArgumentParser
import Bridge
import Glibc

/// `mailtrail collect`: the service.
struct CollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect", abstract: "Follow the journal and write the audit trails (the service).",
    discussion: """
      Each event is written exactly once: what is read is written and made durable before the checkpoint moves. \
      SIGHUP reads the configuration and the rules anew; when they are not usable the running ones stay. SIGTERM ends \
      after everything told is durable.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Read to the end of the sources, make everything durable and exit.")
  var untilEnd = false

  func run() throws {
    let configuration = try options.load()
    let table = try configuration.loadTable()
    let source = options
    let collector = try Collector(
      configuration: configuration, table: table,
      options: .init(
        untilEnd: untilEnd,
        reload: {
          let next = try source.load()
          return (next, try next.loadTable())
        }, report: { StandardError.write("mailtrail: " + $0) }))
    try collector.run()
  }
}
