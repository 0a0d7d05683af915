import AuditModel
import Glibc
import RuleTable

@testable import Correlation

/// Feeds lines as the pipeline does and checks everything that comes out.
enum Lines {
  /// - Parameter program: the table's, when it is there already.
  static func feed(_ lines: [[UInt8]], to table: CompiledTable, _ program: ActionProgram? = nil) {
    let program = program ?? ActionProgram(table)
    let correlator = Correlator(table: table, program: program, policy: policy)
    correlator.trackChanges()
    var scratch = MatchScratch()
    for (number, line) in lines.enumerated() {
      // Memory of just its size, so that the address sanitizer sees a read behind the end.
      let exact = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(line.count, 1))
      defer { exact.deallocate() }
      _ = exact.initialize(from: line)
      let bytes = UnsafeBufferPointer(start: exact.baseAddress, count: line.count)
      for scope in table.scopes.indices {
        guard let rule = table.match(scope: scope, bytes, &scratch) else { continue }
        for capture in scratch.captures {
          require(
            0 <= capture.start && capture.start <= capture.end && capture.end <= line.count,
            "\(table.rules[rule].id) captures \(capture) in a line of \(line.count) bytes")
        }
        if !table.rules[rule].isNoise {
          correlator.process(facts(number, scope), rule: rule, scratch: scratch, line: bytes)
        }
      }
    }
    correlator.finish()
    for emitted in correlator.drainEvents() { RecordCheck.check(emitted) }
    checkState(of: correlator)
  }

  /// What a checkpoint would hold can be taken up again.
  private static func checkState(of correlator: Correlator) {
    let state = correlator.encodeState()
    let next = Correlator(table: correlator.table, program: correlator.program, policy: policy)
    require(next.restore(state), "its own state is refused")
    next.finishRestoring()
    require(next.sizes == correlator.sizes, "the state has lost something")
    require(next.encodeState().count == state.count, "the state changed by being restored")
  }

  private static func facts(_ number: Int, _ scope: Int) -> EntryFacts {
    EntryFacts(
      realtime: 1_800_057_600_000_000 + UInt64(number) * 300_000, identity: UInt64(number * 1000 + scope), machine: 1,
      pid: 1, uid: 0, host: Array("mx".utf8), unit: Array("unit.service".utf8), identifier: Array("id".utf8))
  }

  static let policy: CorrelationPolicy = {
    var policy = CorrelationPolicy()
    policy.threshold = .lowest
    policy.keepsSubjects = true
    policy.naming = MailboxNaming(defaultDomain: "example.org")
    policy.knownMailboxes = ["ann@example.org", "bob@example.org"].compactMap { MailboxAddress(Array($0.utf8)) }
    return policy
  }()
}
