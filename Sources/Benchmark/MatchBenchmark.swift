import RuleTable

/// What a line costs, by daemon and by how many rules are loaded. The lines are the rules' own examples.
enum MatchBenchmark {
  private static let linesPerRun = 200_000

  static func run() throws -> [Measurement] {
    let sets = [
      ("100", RuleSets.small), ("500", RuleSets.shipped), ("1500", try RuleSets.grown(to: 1500)),
    ]
    var result: [Measurement] = []
    for (name, files) in sets {
      let table = try RuleCompiler.compile(files)
      // The same lines for every size: those of the two daemons that are in each.
      for daemon in ["dovecot", "postfix"] {
        result.append(measure("match/\(daemon)/\(name) rules", lines(of: daemon, in: table), table))
      }
    }
    let table = try RuleCompiler.compile(RuleSets.shipped)
    for daemon in Set(table.rules.map(\.daemon)).subtracting(["dovecot", "postfix"]).sorted() {
      result.append(measure("match/\(daemon)/shipped", lines(of: daemon, in: table), table))
    }
    return result
  }

  private static func lines(of daemon: String, in table: CompiledTable) -> [(scope: Int, line: [UInt8])] {
    table.rules.filter { $0.daemon == daemon }.flatMap { rule in
      rule.examples.filter { $0.expected != nil && $0.identifier == nil }.map { (rule.scopes[0], $0.message) }
    }
  }

  private static func measure(
    _ name: String, _ lines: [(scope: Int, line: [UInt8])], _ table: CompiledTable
  ) -> Measurement {
    var scratch = MatchScratch()
    let rounds = max(1, linesPerRun / max(1, lines.count))
    let time = Clock.median(of: 5) {
      for _ in 0..<rounds {
        for (scope, line) in lines {
          line.withUnsafeBufferPointer { _ = table.match(scope: scope, $0, &scratch) }
        }
      }
    }
    return Measurement(name: name, value: time / Double(rounds * max(1, lines.count)), unit: "ns/line")
  }
}
