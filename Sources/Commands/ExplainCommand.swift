import ArgumentParser
import AuditFiles
import AuditModel
import AuditOutput
import Bridge
import Configuration
import Correlation
import LogSources
import Platform
import RuleTable

/// `mailtrail rules explain`: what the tables make of a line.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Print which rule matches a log line, what it captures and which events come of it alone.",
    discussion: """
      A line is a message as journalctl -o cat prints it, or a whole line of syslog or journalctl, whose identifier then \
      counts. Without lines on the command line, standard input is read.
      """)

  @OptionGroup var options: ConfigurationOptions

  @Option(
    name: [.customShort("t"), .long],
    help: "The line's SYSLOG_IDENTIFIER; without it that of the line, or else the scope that fits best.")
  var identifier: String?

  @Argument(help: "The line.")
  var lines: [String] = []

  func run() throws {
    let configuration = try options.load()
    let table = try configuration.loadTable()
    var texts = lines
    if texts.isEmpty { while let line = readLine() { texts.append(line) } }
    var isAllKnown = true
    for text in texts { isAllKnown = try explain(text, table, configuration: configuration) && isAllKnown }
    if !isAllKnown { throw CommandFailure("") }
  }

  private func explain(_ text: String, _ table: CompiledTable, configuration: Configuration) throws -> Bool {
    let line = PastedLine(text, identifier: identifier)
    let scopes = line.identifier.map { name in name.withUnsafeBytes { table.scopes(ofIdentifier: $0) } }
    if let name = line.identifier, scopes?.isEmpty == true {
      StandardError.write("no table has the identifier ‘\(TerminalText.safe(name))’")
    }
    guard let found = Finding.best(of: line.message, in: scopes ?? Array(table.scopes.indices), table) else {
      print("no rule matches: \(TerminalText.safe(line.message))")
      return false
    }
    // Some rules match whatever their daemon says: without an identifier that is no finding.
    guard scopes != nil || !found.scratch.captures.isEmpty else {
      print("no rule takes anything from this line; give its identifier with -t: \(TerminalText.safe(line.message))")
      return false
    }
    show(found, line, table)
    guard !table.rules[found.rule].isNoise else { return true }
    let name = line.identifier ?? table.scopes[found.scope].identifiers.first.map { Array($0.utf8) } ?? []
    try showEvents(of: line.message, from: name, table, configuration: configuration)
    return true
  }

  private func show(_ found: Finding, _ line: PastedLine, _ table: CompiledTable) {
    let rule = table.rules[found.rule]
    print("rule \(rule.id) at \(rule.location), scope \(table.scopes[found.scope].name)")
    for capture in found.scratch.captures {
      let value = line.message[capture.start..<capture.end]
      print(
        "  \(table.names.name(of: capture.name)) = \(TerminalText.safe(capture.encoding.decode(value)))"
          + (capture.isDoubtful ? " (doubtful)" : ""))
    }
    if found.scratch.isAmbiguous { print("  the line can be split in a second way: confidence=ambiguous") }
    let kinds = RulesCommand.List.kinds(of: rule)
    print(
      "  records "
        + (rule.isNoise
          ? "nothing (noise)"
          : kinds.isEmpty ? "nothing by itself (context for other lines)" : kinds.joined(separator: " or ")))
  }

  /// What would be recorded if this line were all that is known.
  private func showEvents(
    of message: [UInt8], from identifier: [UInt8], _ table: CompiledTable, configuration: Configuration
  ) throws {
    var configuration = configuration
    configuration.audit.level = .lowest
    let policy = try CorrelationPolicy(configuration, calendar: try configuration.calendar())
    let pipeline = Pipeline(table: table, policy: policy, rules: configuration.rules)
    let batch = EntryBatch()
    var assembler = TextEntryAssembler(format: .syslog)
    let now = SystemClock.realtime()
    let framed = Array("\(LocalClock.text(now, isISO: true)) localhost ".utf8) + identifier + Array(": ".utf8) + message
    let result = framed.withUnsafeBytes { assembler.append($0, now: Int(now / 1_000_000), to: batch) }
    guard result == .entry else { return }
    pipeline.process(batch)
    pipeline.correlator.finish()
    let events = pipeline.correlator.drainEvents()
    for one in events {
      print("  alone: \(one.event.kind.name) in \(TerminalText.safe(Array(Self.name(of: one.owner).utf8)))")
    }
    if events.isEmpty { print("  alone: no event; other lines are needed, or a condition of the rule is not met") }
  }

  private static func name(of owner: TrailOwner) -> String { TrailPath(owner).directory }
}

/// What is meant by a line that somebody pasted.
struct PastedLine {
  /// Nil when nothing says it.
  let identifier: [UInt8]?
  let message: [UInt8]

  init(_ text: String, identifier: String?) {
    var bytes = Array(text.utf8)
    while bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    let parsed = bytes.withUnsafeBytes { TextLogFormat.syslog.parse($0) }
    guard let parsed, !parsed.identifier.isEmpty || parsed.daemon != nil else {
      (self.identifier, message) = (identifier.map { Array($0.utf8) }, bytes)
      return
    }
    let own = parsed.daemon.map { Array($0.rawValue.utf8) } ?? Array(bytes[parsed.identifier])
    self.identifier = identifier.map { Array($0.utf8) } ?? own
    let omitted = parsed.omitted.isEmpty ? parsed.message.lowerBound..<parsed.message.lowerBound : parsed.omitted
    message =
      Array(bytes[parsed.message.lowerBound..<omitted.lowerBound])
      + Array(bytes[omitted.upperBound..<parsed.message.upperBound])
  }
}

/// A rule that matches a line.
private struct Finding {
  var rule: Int
  var scope: Int
  var scratch: MatchScratch

  /// The rule that says most of the line: one that is no noise, then the one with the most captures.
  static func best(of message: [UInt8], in scopes: [Int], _ table: CompiledTable) -> Finding? {
    var best: Finding?
    for scope in scopes {
      var scratch = MatchScratch()
      guard let rule = table.match(scope: scope, bytes: message, &scratch) else { continue }
      let found = Finding(rule: rule, scope: scope, scratch: scratch)
      if best.map({ found.rank(table) > $0.rank(table) }) ?? true { best = found }
    }
    return best
  }

  private func rank(_ table: CompiledTable) -> Int {
    scratch.captures.count + (table.rules[rule].isNoise ? 0 : 1_000)
  }
}
