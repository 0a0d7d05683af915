import Bridge
import Configuration
import Correlation
import RuleTable
import Testing

/// What the examples of the shipped tables say of the events that come of them.
@Suite struct ShippedExampleTests {
  @Test func theShippedTablesTellWhatTheirExamplesSay() throws {
    let table = try RuleCompiler.compile(ShippedRules.embedded)
    let events = table.rules.reduce(0) { $0 + $1.examples.reduce(0) { $0 + ($1.events?.count ?? 0) } }
    #expect(events > 800, "the examples say which events come of them")
    for wrong in ExampleEventChecker(table, folders: CorrelationPolicy.folders(SpecialFolders())).check() {
      Issue.record("\(wrong)")
    }
  }
}
