import AuditModel
import Foundation
import Testing

@testable import Correlation
@testable import RuleTable

/// The ends of match lines and other rules' examples stand where a stranger can write, in every example of every rule:
/// no event may land with an owner, a client's address, a service or of a kind that the line without them does not give,
/// and none may get lost. What is nobody's (`_unknown`) may come of any line.
@Suite struct CrossFuzzTests {
  @Test func noTextEmitsAnothersEvent() throws {
    var run = CrossFuzzRun(try RuleCompiler.compile(ShippedRules.embedded))
    run.tryAll()
    for (_, finding) in run.findings.sorted(by: { $0.key < $1.key }) {
      Issue.record("\(finding.count) times: \(finding.text)")
    }
    print("cross fuzz: \(run.tried) lines, \(run.findings.count) findings")
    #expect(run.tried > 2_000 || !CrossFuzzRun.only.isEmpty, "the tables flag what strangers choose")
  }
}

/// One run over all examples.
private struct CrossFuzzRun {
  /// `MAILTRAIL_CROSS_SEED` asks for other texts.
  private static let seed = number("MAILTRAIL_CROSS_SEED").map(UInt64.init) ?? 20_261_127
  /// Texts a capture. `MAILTRAIL_CROSS_ROUNDS` asks for more of them by hand.
  private static let rounds = number("MAILTRAIL_CROSS_ROUNDS") ?? 3
  /// How the ids begin of the rules that are tried: `MAILTRAIL_CROSS_ONLY`.
  static let only = ProcessInfo.processInfo.environment["MAILTRAIL_CROSS_ONLY"] ?? ""

  private let table: CompiledTable
  private let shapes = CaptureShapes(ShippedRules.embedded)
  private let texts: CrossFuzzTexts
  private let bench: CrossFuzzBench
  private(set) var tried = 0
  /// By rule, capture and fault: how often, and the first.
  private(set) var findings: [String: (count: Int, text: String)] = [:]

  init(_ table: CompiledTable) {
    self.table = table
    texts = CrossFuzzTexts(table, shapes)
    bench = CrossFuzzBench(table)
  }

  private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap(Int.init) }

  mutating func tryAll() {
    for rule in table.rules where !rule.isNoise && rule.id.hasPrefix(Self.only) {
      for example in rule.examples where example.expected != nil { tryExample(example.message, of: rule) }
    }
  }

  private mutating func tryExample(_ message: [UInt8], of rule: CompiledTable.Rule) {
    guard let scope = bench.scope(of: message, rule) else { return }
    let clean = bench.emitted(message, scope)
    let captures = bench.captures(of: message, scope)
    for capture in captures {
      guard let shape = shapes[rule.id, capture.name], shape.isStrangers, !capture.range.isEmpty else { continue }
      let printing = CrossFuzzPrinting(
        shape: shape, rule: rule.id, capture: capture.name,
        isLoggedIn: !clean.contains { $0.kind == .loginFailed || $0.kind == .loginDenied },
        beside: Set(captures.map(\.name)), isInQuotes: Self.isInQuotes(capture.range, of: message))
      let line = { (text: [UInt8]) in
        Array(message[..<capture.range.lowerBound] + text + message[capture.range.upperBound...])
      }
      let meant = clean.union(bench.emitted(line(printing.harmless), scope))
      // Each has its own texts, so that a change of one rule does not try all others anew.
      let itself = CrossFuzzTexts.hash(Array((rule.id + capture.name).utf8) + message)
      var random = CrossFuzzTexts.Random(seed: Self.seed ^ itself)
      for _ in 0..<Self.rounds {
        let text = printing.print(texts.text(for: rule, &random), way: random.next(4))
        guard text.contains(where: { $0 != UInt8(ascii: " ") }) else { continue }
        let whole = line(text)
        let hostile = bench.cut(whole, scope)
        let written = hostile[capture.range.lowerBound...].prefix(text.count)
        let chosen = bench.mailboxes(of: Array(written)).union(bench.mailboxes(of: Self.insideQuotes(written)))
        tried += 1
        record(
          CrossFuzzVerdict(
            clean: clean, meant: meant, emitted: bench.emitted(hostile, scope), chosen: chosen, line: hostile,
            isCut: hostile.count < whole.count), rule.id, capture.name, hostile)
      }
    }
  }

  private static func isInQuotes(_ range: Range<Int>, of message: [UInt8]) -> Bool {
    let quote = UInt8(ascii: "\"")
    return message[..<range.lowerBound].last == quote && message[range.upperBound...].first == quote
  }

  /// A value without the quotes that a log puts around it.
  private static func insideQuotes(_ text: ArraySlice<UInt8>) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    return Array(text.count > 1 && text.first == quote && text.last == quote ? text.dropFirst().dropLast() : text)
  }

  private mutating func record(_ verdict: CrossFuzzVerdict, _ rule: String, _ capture: String, _ line: [UInt8]) {
    for fault in verdict.faults where !CrossFuzzAllowed.contains(rule, capture, fault.kind) {
      let key = "\(rule) <\(capture)> \(fault.kind)"
      let text = "\(key): \(fault.what): " + String(decoding: line, as: UTF8.self).debugDescription
      findings[key] = ((findings[key]?.count ?? 0) + 1, findings[key]?.text ?? text)
    }
  }
}
