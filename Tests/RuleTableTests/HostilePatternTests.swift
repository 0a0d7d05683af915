import RuleTable
import Testing

/// Tables and lines that would take for ever, or the stack, if the compiler and the matcher let them.
@Suite struct HostilePatternTests {
  /// Each is refused with words, at once.
  @Test(
    arguments: [
      // 2^60 alternatives.
      String(repeating: "<?a?>", count: 60),
      String(repeating: "<?a", count: 20) + String(repeating: "?>", count: 20),
      String(repeating: "<?", count: 30_000),
      String(repeating: "<:int> ", count: 9_000),
      "<&f40>",
    ])
  func patternsWithoutEndAreRefused(pattern: String) {
    var definitions = "fragment f0 <:int>\n"
    for number in 1...40 { definitions += "fragment f\(number) <&f\(number - 1)><&f\(number - 1)>\n" }
    #expect(throws: RuleTableError.self) { try TableUnderTest(pattern: pattern, definitions: definitions) }
  }

  @Test(
    arguments: [
      "event login.failed mailbox=<u>[-1]",
      "note seen " + String(repeating: "mailbox(", count: 8_000) + "<u>" + String(repeating: ")", count: 8_000),
      "note seen <u>" + String(repeating: "[1]", count: 20_000),
      "note seen <u> if " + String(repeating: "not ", count: 16_000) + "ambiguous",
    ])
  func actionsWithoutEndAreRefused(action: String) {
    let text = "rule r\n  match a <u>\n  \(action)\n  example a b\n    expect u=b\n"
    #expect(throws: RuleTableError.self) { try TableUnderTest(text) }
  }

  @Test func groupsInARuleWithoutEndAreRefused() {
    let group = "group g\n" + String(repeating: "  note seen x\n", count: 20_000)
    let text = group + "rule r\n  match a\n" + String(repeating: "  do g\n", count: 20_000) + "  example a\n"
    #expect(throws: RuleTableError.self) { try TableUnderTest(text) }
  }

  /// Patterns that can be split in many ways, and a line that fits none of them only at its very end.
  @Test(
    arguments: [
      ("<a:host>.<b:host>.<c:host>.<d:host>.<e:host>.<f:host> x", "a."),
      ("<a:word>/<b:word>/<c:word>/<d:word>/<e:word>/<f:word> x", "a/"),
      ("<a!>, <b!>, <c!>, <d!>, <e!>, <f!> x", "a, "),
      ("<a!>, <b!>, <c!>, <d!>, <e!>", "a, "),
      ("<a>, <b:word>, <c>, <d:word>, <e>, <f:gap>, x", "a, "),
      ("<a:gap>, <b>, <c>, <d>, <e>, <f> x", "a, "),
      ("<a:gap>.<b:host>.<c:host>.<d:host>.<e:host> x", "a."),
      ("<*l><*m><*l><*m><*l><*m> x", ", a"),
      ("<a:gap>, z<*l><*m><*l><*m><*l><*m> x", ", a"),
      ("<a!>=<*l>=<b!>=<*l>=<c!>=<*l> x", "=, a"),
      ("<a:gap>: <b>=<*l>: <c>=<*l>: <d>=<*l> x", ": a=, a"),
    ])
  func linesOfManyReadingsEnd(pattern: String, piece: String) throws {
    let lists = "list l \", \"\n  item a\n  other\nlist m \", \"\n  item b=<:word>\n  other"
    let table = try TableUnderTest(pattern: pattern, definitions: lists)
    // A line of twice the length takes hardly more than four times the steps, where a run is scanned anew from each offset.
    for end in [" y", " x", "", "\u{7f}"] {
      let steps = [1_000, 2_000].map { table.steps(String(repeating: piece, count: $0) + end) }
      #expect(steps[1] <= 9 * steps[0] / 4 + 1_000, "\(end.debugDescription): \(steps)")
    }
  }
}
