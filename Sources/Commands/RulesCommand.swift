import ArgumentParser
import AuditModel
import AuditOutput
import Bridge
import Configuration
import Correlation
import Glibc
import LogSources
import RuleTable

/// `mailtrail rules`: the table, for those who maintain it.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "List, check, explain and measure the rule tables.",
    subcommands: [List.self, Check.self, ExplainCommand.self, Coverage.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the rules as compiled, with file and line.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
      let table = try options.load().loadTable()
      for rule in table.rules {
        let does = rule.isNoise ? "noise" : Self.kinds(of: rule).joined(separator: ",")
        print(
          TerminalText.padded(rule.id, 36) + TerminalText.padded(does.isEmpty ? "context" : does, 40)
            + "\(rule.location)")
      }
    }

    static func kinds(of rule: CompiledTable.Rule) -> [String] {
      var kinds: [String] = []
      for action in rule.actions {
        guard case .event(let kind, _, _, _) = action.verb, !kinds.contains(kind.name.description) else { continue }
        kinds.append(kind.name.description)
      }
      return kinds
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Check the language and the examples of all tables, and that no rules are equal.")

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "Further .rules files to check with the tables.")
    var files: [String] = []

    func run() throws {
      let table = try options.load().loadTable(extra: files, strictness: .everything)
      let folders = CorrelationPolicy.folders(SpecialFolders())
      let wrong = ExampleEventChecker(table, folders: folders).check()
      guard wrong.isEmpty else { throw RuleTableError(wrong) }
      let examples = table.rules.reduce(0) { $0 + $1.examples.count }
      print("\(table.rules.count) rules of \(table.tables.count) tables are sound, \(examples) examples hold")
    }
  }

  struct Coverage: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "coverage",
      abstract: "Print the share of entries that is recognised, and the most frequent shapes that are not.")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var journal: JournalOptions
    @OptionGroup var text: TextLogOptions

    @Option(name: [.customShort("S"), .long], help: "Read entries at or after this time.")
    var since: String?

    @Option(name: [.customShort("U"), .long], help: "Read entries at or before this time.")
    var until: String?

    @Option(name: [.customShort("n"), .customLong("lines")], help: "The number of shapes to print.")
    var lines: String?

    func run() throws {
      let configuration = try options.load()
      let replay = try Replay(
        configuration: configuration, table: try configuration.loadTable(), calendar: try configuration.calendar())
      var shapes: [String: (count: Int, example: String)] = [:]
      replay.pipeline.onUnrecognised = { entry, batch in
        let text =
          TerminalText.safe(batch.bytes(of: entry.identifier)) + ": "
          + TerminalText.safe(batch.bytes(of: entry.message))
        let shape = Self.shape(of: text)
        if let known = shapes[shape] {
          shapes[shape] = (known.count + 1, known.example)
        } else if shapes.count < 10_000 {
          shapes[shape] = (1, text)
        }
      }
      try replay.run(try text.request(with: journal, since: since, until: until), to: .events { _ in true })
      try report(replay.pipeline.counts, shapes)
    }

    private func report(_ counts: Pipeline.Counts, _ shapes: [String: (count: Int, example: String)]) throws {
      let total = counts.recognised + counts.unrecognised
      guard total > 0 else {
        for remark in counts.remarks { print(remark) }
        throw CommandFailure("mailtrail: no entry of a mail daemon was found in what was read")
      }
      let share = counts.recognised * 1000 / total
      print("\(counts.recognised) of \(total) entries of mail daemons are recognised: \(share / 10).\(share % 10) %")
      for remark in counts.remarks { print(remark) }
      let limit = lines.flatMap(Int.init) ?? 10
      for (_, found) in shapes.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }).prefix(limit) {
        print(TerminalText.padded(String(found.count), 8) + found.example)
      }
    }

    /// A line with its numbers, addresses and ids taken out, so that lines of one kind count together.
    private static func shape(of text: String) -> String {
      text.split(separator: " ").map { word in
        word.contains { $0.isNumber || $0 == "@" || $0 == "<" } ? "#" : String(word)
      }.prefix(12).joined(separator: " ")
    }
  }
}
