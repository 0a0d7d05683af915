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
    subcommands: [List.self, Check.self, Explain.self, Coverage.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the rules as compiled, with file and line.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
      let table = try options.load().loadTable()
      for rule in table.rules {
        let does = rule.isNoise ? "noise" : Self.kinds(of: rule).joined(separator: ",")
        print(
          TerminalText.padded(rule.id, 36) + TerminalText.padded(does.isEmpty ? "context" : does, 40) + "\(rule.place)")
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

  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain", abstract: "Print which rule matches a log line and what it captures.",
      discussion: "Without lines on the command line, standard input is read.")

    @OptionGroup var options: ConfigurationOptions

    @Option(name: [.customShort("t"), .long], help: "The line's SYSLOG_IDENTIFIER; without it all scopes are tried.")
    var identifier: String?

    @Argument(help: "The message, as journalctl -o cat prints it.")
    var lines: [String] = []

    func run() throws {
      let table = try options.load().loadTable()
      var texts = lines
      if texts.isEmpty { while let line = readLine() { texts.append(line) } }
      var isAllKnown = true
      for text in texts { isAllKnown = explain(text, table) && isAllKnown }
      if !isAllKnown { throw CommandFailure("") }
    }

    private func explain(_ text: String, _ table: CompiledTable) -> Bool {
      var scratch = MatchScratch()
      let bytes = Array(text.utf8)
      let scopes = identifier.map { name in Array(name.utf8).withUnsafeBytes { table.scopes(ofIdentifier: $0) } }
      if let identifier, scopes?.isEmpty == true {
        StandardError.write("no table has the identifier ‘\(TerminalText.safe(Array(identifier.utf8)))’")
      }
      for scope in scopes ?? Array(table.scopes.indices) {
        guard let rule = table.match(scope: scope, bytes: bytes, &scratch) else { continue }
        show(table.rules[rule], table, scratch, bytes, scope)
        return true
      }
      print("no rule matches: \(TerminalText.safe(bytes))")
      return false
    }

    private func show(
      _ rule: CompiledTable.Rule, _ table: CompiledTable, _ scratch: MatchScratch, _ bytes: [UInt8], _ scope: Int
    ) {
      print("rule \(rule.id) at \(rule.place), scope \(table.scopes[scope].name)")
      for capture in scratch.captures {
        let value = bytes[capture.start..<capture.end]
        print(
          "  \(table.names.name(of: capture.name)) = \(TerminalText.safe(capture.encoding.decode(value)))"
            + (capture.isDoubtful ? " (doubtful)" : ""))
      }
      if scratch.isAmbiguous { print("  the line can be split in a second way: confidence=ambiguous") }
      let kinds = List.kinds(of: rule)
      print(
        "  records "
          + (rule.isNoise
            ? "nothing (noise)"
            : kinds.isEmpty ? "nothing by itself (context for other lines)" : kinds.joined(separator: " or ")))
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
      report(replay.pipeline.counts, shapes)
    }

    private func report(_ counts: Pipeline.Counts, _ shapes: [String: (count: Int, example: String)]) {
      let total = counts.recognised + counts.unrecognised
      let share = total == 0 ? 1000 : counts.recognised * 1000 / total
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
