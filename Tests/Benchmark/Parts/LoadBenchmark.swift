import RuleTable

/// How long it takes to read, compile and check tables, with every rule's examples.
enum LoadBenchmark {
  static func run() throws -> [Measurement] {
    try [("shipped", RuleSets.shipped), ("1500", RuleSets.grown(to: 1500))].map { name, files in
      let count = try RuleCompiler.compile(files).rules.count
      let time = try Clock.median(of: 15) { _ = try RuleCompiler.compile(files) }
      return Measurement(name: "load/\(name) (\(count) rules)", value: time / 1e6, unit: "ms")
    }
  }
}
