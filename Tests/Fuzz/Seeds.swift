import AuditFiles
import AuditModel
import Glibc
import RuleTable

/// Beginnings for the fuzzer that need not be kept in the repository: they are made of the tables.
enum Seeds {
  static func write(_ target: FuzzTarget, to directory: String) {
    for (number, seed) in seeds(of: target).enumerated() {
      let file = open("\(directory)/seed-\(number)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
      require(file >= 0 && Glibc.write(file, seed, seed.count) == seed.count, "cannot write to \(directory)")
      close(file)
    }
  }

  private static func seeds(of target: FuzzTarget) -> [[UInt8]] {
    switch target {
    case .rules: ShippedRules.embedded.flatMap(rules)
    case .match: examples
    case .record: []
    case .checkpoint: [[0] + Checkpoint.sampleState()]
    case .configuration: []
    }
  }

  /// Each rule with what stands in front of the file's first.
  private static func rules(of file: RuleFile) -> [[UInt8]] {
    let lines = file.text.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    let starts = lines.indices.filter { lines[$0].starts(with: "rule ".utf8) }
    guard let first = starts.first else { return [] }
    let head = lines[..<first].filter { $0.first != UInt8(ascii: "#") }.joined(separator: [10])
    return zip(starts, starts.dropFirst() + [lines.count]).map { start, end in
      Array(head) + [10] + Array(lines[start..<end].joined(separator: [10])) + [10]
    }
  }

  private static var examples: [[UInt8]] {
    guard let table = try? RuleCompiler.compile(ShippedRules.embedded) else { return [] }
    return table.rules.flatMap { $0.examples.map(\.message) }
  }
}
