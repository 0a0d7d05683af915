import RuleTable
import Testing

/// What tables are refused for beyond their language; see `Strictness`.
@Suite struct StrictCheckTests {
  typealias Mistake = RuleErrorTests.Mistake

  private static let examples = [
    Mistake(
      "rule r\n  match a<x:int>\n  match b\n  noise\n  example a1\n    expect x=1", "6:9",
      "this match line of ‘r’ has no example", "add one that it matches itself"),
    Mistake(
      "rule r\n  match a\n  match <x:word>\n  noise\n  example a\n    expect", "6:9",
      "this match line of ‘r’ has no example", "remove it where other lines match"),
    Mistake(
      "rule r\n  match a<?b?>\n  match ab\n  noise\n  example a\n    expect\n  example ab\n    expect", "6:9",
      "the match lines above match all that this one does", "remove it"),
  ]

  @Test(arguments: examples) func aMatchLineNeedsAnExample(_ mistake: Mistake) throws {
    try mistake.isTold(with: .examples)
  }

  @Test func anOptionalPartNeedsNoExample() throws {
    _ = try TableUnderTest(
      files: [TableUnderTest.file("rule r\n  match a<?b?>\n  match c\n  noise\n  example a\n  example c\n")],
      strictness: .examples)
  }
}
