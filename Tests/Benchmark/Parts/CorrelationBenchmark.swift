import AuditModel
import Correlation
import RuleTable

/// What a line costs when very many queue ids are open: messages that came in and never end.
enum CorrelationBenchmark {
  static func run() throws -> [Measurement] {
    let table = try RuleCompiler.compile(RuleSets.shipped)
    guard let scope = table.scopes.firstIndex(where: { $0.name == "postfix.smtpd" }) else { return [] }
    return [10_000, 1_000_000].flatMap { open -> [Measurement] in
      let correlator = Correlator(table: table, policy: CorrelationPolicy())
      var scratch = MatchScratch()
      var time: UInt64 = 1_780_000_000_000_000
      func feed(_ number: Int) {
        time += 100
        let id = String(0x10_0000_0000 + number, radix: 16, uppercase: true)
        let line = Array("\(id): client=pc.example.org[192.0.2.7], sasl_method=PLAIN, sasl_username=ann".utf8)
        line.withUnsafeBufferPointer { bytes in
          guard let rule = table.match(scope: scope, bytes, &scratch) else { return }
          let facts = EntryFacts(
            realtime: time, identity: UInt64(number), machine: 1, pid: 300, uid: 0, host: Array("mx".utf8),
            unit: Array("postfix@-.service".utf8), identifier: Array("postfix/submission/smtpd".utf8))
          correlator.process(facts, rule: rule, scratch: scratch, line: bytes)
        }
        _ = correlator.drainEvents()
      }
      for number in 0..<open { feed(number) }
      let name = "correlate/\(open) open queue ids"
      let memory = ProcessMemory.anonymousBytes()
      let notes = correlator.sizes.contexts
      var next = open
      let measured = Clock.median(of: 5) {
        for _ in 0..<20_000 {
          feed(next)
          next += 1
        }
      }
      return [
        Measurement(name: name, value: measured / 20_000, unit: "ns/line"),
        Measurement(name: name + "/kept", value: Double(notes), unit: "notes"),
        Measurement(name: name + "/anonymous memory", value: Double(memory ?? 0) / 1_048_576, unit: "MiB"),
      ]
    }
  }
}
