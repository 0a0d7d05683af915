import Testing

@testable import AuditModel

@Suite struct SpellingTests {
  @Test(arguments: [("level", "levle", 1), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3)])
  func distance(left: String, right: String, distance: Int) {
    #expect(Spelling.distance(Array(left), Array(right)) == distance)
    #expect(Spelling.distance(Array(right), Array(left)) == distance)
  }
}
