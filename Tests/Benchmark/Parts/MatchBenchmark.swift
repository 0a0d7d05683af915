import RuleTable

/// What a line costs, by daemon and by how many rules are loaded. The lines are the rules' own examples.
enum MatchBenchmark {
  private static let linesPerRun = 200_000

  static func run() throws -> [Measurement] {
    var result: [Measurement] = []
    for size in RuleSets.sizes {
      let table = try RuleCompiler.compile(try RuleSets.files(ofSize: size))
      for daemon in BenchmarkLines.commonDaemons {
        result.append(
          measure("match/\(daemon)/\(size) rules", try BenchmarkLines.commonLines(of: daemon, in: table), table))
      }
    }
    let table = try RuleCompiler.compile(RuleSets.shipped)
    for daemon in Set(table.rules.map(\.daemon)).subtracting(BenchmarkLines.commonDaemons).sorted() {
      result.append(measure("match/\(daemon)/shipped", BenchmarkLines.lines(of: daemon, in: table), table))
    }
    return result
  }

  private static func measure(_ name: String, _ lines: [BenchmarkLine], _ table: CompiledTable) -> Measurement {
    var scratch = MatchScratch()
    let rounds = max(1, linesPerRun / max(1, lines.count))
    let time = Clock.median(of: 5) {
      for _ in 0..<rounds {
        for line in lines {
          line.text.withUnsafeBufferPointer { _ = table.match(scope: line.scope, $0, &scratch) }
        }
      }
    }
    return Measurement(name: name, value: time / Double(rounds * max(1, lines.count)), unit: "ns/line")
  }
}
