import CBenchmarkCounter
import RuleTable

/// How often a line makes the matcher ask for memory, as `Tests/Benchmark/allocations.c` counts it; nothing is
/// measured where that library is not preloaded.
enum AllocationBenchmark {
  static func run() throws -> [Measurement] {
    guard mailtrail_counts_allocations() else { return [] }
    let table = try RuleCompiler.compile(RuleSets.shipped)
    let known = Set(table.rules.map(\.daemon)).sorted().flatMap { BenchmarkLines.lines(of: $0, in: table) }
    return [
      measure("allocations/unmatched line", unmatched(known, table), table),
      measure("allocations/matched line", known, table),
    ]
  }

  /// Lines that no rule of their scope knows, but that begin as known ones do: their ends are cut or replaced.
  private static func unmatched(_ lines: [BenchmarkLine], _ table: CompiledTable) -> [BenchmarkLine] {
    var scratch = MatchScratch()
    return lines.flatMap { line in
      [line.text.count / 4, line.text.count / 2, line.text.count * 3 / 4].map { length in
        var other = line
        other.text = Array(line.text[..<length]) + Array(" \u{1} unheard of".utf8)
        return other
      }
    }.filter { table.match(scope: $0.scope, bytes: $0.text, &scratch) == nil }
  }

  private static func measure(
    _ name: String, _ lines: [BenchmarkLine], _ table: CompiledTable
  ) -> Measurement {
    var scratch = MatchScratch()
    func round() {
      for line in lines {
        line.text.withUnsafeBufferPointer { _ = table.match(scope: line.scope, $0, &scratch) }
      }
    }
    // The first round grows the scratch memory, which stays.
    round()
    let before = mailtrail_counted_allocations()
    round()
    return Measurement(
      name: name, value: Double(mailtrail_counted_allocations() - before) / Double(max(1, lines.count)),
      unit: "allocations")
  }
}
