import Glibc

/// Measures parts of mailtrail in isolation; `Tests/Benchmark/run` measures the whole program against its peers.
///
/// usage: mailtrail-benchmark [load | match | allocations | correlate] …
///        mailtrail-benchmark export pcre2 | lognorm RULES
///        mailtrail-benchmark stage read | keep | match | join | write JOURNAL [TREE]
///
/// The first form prints one JSON object a line on the standard output: name, value, unit. The value is the median of
/// the runs. The second prints rules and lines for another matcher (`RuleExport`), the third runs a part of the
/// pipeline over the journal files of a directory, for counting its instructions (`StageBenchmark`).
@main struct Benchmark {
  private static let parts: [(name: String, run: @Sendable () throws -> [Measurement])] = [
    ("load", LoadBenchmark.run), ("match", MatchBenchmark.run), ("allocations", AllocationBenchmark.run),
    ("correlate", CorrelationBenchmark.run),
  ]

  static func main() {
    let words = Array(CommandLine.arguments.dropFirst())
    do {
      switch words.first {
      case "export": try RuleExport.run(Array(words.dropFirst()))
      case "stage": try StageBenchmark.run(Array(words.dropFirst()))
      default: try measure(words)
      }
    } catch let error as UsageError {
      complain("mailtrail-benchmark: \(error.message)\n")
      exit(64)
    } catch {
      complain("mailtrail-benchmark: \(error)\n")
      exit(1)
    }
  }

  private static func measure(_ wanted: [String]) throws {
    if let unknown = wanted.first(where: { name in !parts.contains { $0.name == name } }) {
      throw UsageError("there is no ‘\(unknown)’; use \(parts.map(\.name).joined(separator: ", ")), export or stage")
    }
    for (name, run) in parts where wanted.isEmpty || wanted.contains(name) {
      for measurement in try run() { print(measurement.json) }
    }
  }

  private static func complain(_ text: String) { text.withCString { _ = write(STDERR_FILENO, $0, strlen($0)) } }
}

/// The command line asks for something that there is not.
struct UsageError: Error {
  var message: String
  init(_ message: String) { self.message = message }
}

/// One figure.
struct Measurement {
  var name: String
  var value: Double
  var unit: String

  var json: String { "{\"name\":\"\(name)\",\"value\":\((value * 10).rounded() / 10),\"unit\":\"\(unit)\"}" }
}

enum Clock {
  /// This process' processor time in nanoseconds (CLOCK_PROCESS_CPUTIME_ID): what is measured neither waits nor reads
  /// files, and a busy machine's other work is none of it.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// The median time of so many runs in nanoseconds.
  static func median(of runs: Int, _ body: () throws -> Void) rethrows -> Double {
    var times: [UInt64] = []
    for _ in 0..<runs {
      let start = now()
      try body()
      times.append(now() - start)
    }
    return Double(times.sorted()[runs / 2])
  }
}
