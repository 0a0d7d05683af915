import Glibc

/// Measures parts of mailtrail in isolation; `packaging/benchmark` measures the whole program against its peers.
///
/// usage: mailtrail-benchmark [load | match | correlate] …
///
/// One JSON object a line on the standard output: name, value, unit. The value is the median of the runs.
@main struct Benchmark {
  static func main() {
    let wanted = CommandLine.arguments.dropFirst()
    let all: [(name: String, run: () throws -> [Measurement])] = [
      ("load", LoadBenchmark.run), ("match", MatchBenchmark.run), ("correlate", CorrelationBenchmark.run),
    ]
    if let unknown = wanted.first(where: { name in !all.contains { $0.name == name } }) {
      complain("mailtrail-benchmark: there is no ‘\(unknown)’; use \(all.map(\.name).joined(separator: ", "))\n")
      exit(64)
    }
    for (name, run) in all where wanted.isEmpty || wanted.contains(name) {
      do {
        for measurement in try run() { print(measurement.json) }
      } catch {
        complain("mailtrail-benchmark: \(name): \(error)\n")
        exit(1)
      }
    }
  }
}

private func complain(_ text: String) { text.withCString { _ = write(STDERR_FILENO, $0, strlen($0)) } }

/// One figure.
struct Measurement {
  var name: String
  var value: Double
  var unit: String

  var json: String { "{\"name\":\"\(name)\",\"value\":\((value * 10).rounded() / 10),\"unit\":\"\(unit)\"}" }
}

enum Clock {
  /// CLOCK_MONOTONIC in nanoseconds.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
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
