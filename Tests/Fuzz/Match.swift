import RuleTable

@testable import Correlation

/// Any lines for the shipped tables, as every scope's, through correlation to the record. A byte 0x1E ends a line.
enum Match {
  private static let table: CompiledTable = {
    do { return try RuleCompiler.compile(ShippedRules.embedded) } catch { fatalError("\(error)") }
  }()

  /// Made once: made for each input it would take nearly all of the time.
  private static let program = ActionProgram(table)

  static func run(_ input: UnsafeBufferPointer<UInt8>) {
    Lines.feed(input.split(separator: 0x1e, omittingEmptySubsequences: false).map(Array.init), to: table, program)
  }
}
