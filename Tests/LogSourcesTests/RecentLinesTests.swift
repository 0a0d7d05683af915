import LogSources
import Testing

@Suite struct RecentLinesTests {
  private static func line(_ mark: UInt64, hasToken: Bool = true) -> RecentLines.Line {
    .init(mark: mark, hasToken: hasToken, identity: .init(second: Int(mark) - 5, hash: mark &* 3))
  }

  private static func separate(_ text: String) -> (rest: String, mark: UInt64, hasToken: Bool) {
    Array(text.utf8).withUnsafeBytes {
      let parts = RecentLines.separate($0)
      return (String(decoding: parts.rest, as: UTF8.self), parts.mark, parts.hasToken)
    }
  }

  @Test func tokensStandInFront() {
    let line = Self.separate("@0AF3 <22>Mar  3 …")
    #expect(line.rest == "<22>Mar  3 …")
    #expect(line.hasToken)
    #expect(Self.separate("@0AF3 other").mark == line.mark)
    #expect(Self.separate("@0AF4 <22>Mar  3 …").mark != line.mark)
    for text in ["@ x", "@abc", "", "<22>Mar  3 @a b", "@" + String(repeating: "a", count: 200) + " x"] {
      #expect(!Self.separate(text).hasToken)
      #expect(Self.separate(text).rest == text)
    }
  }

  @Test func theOldestAreForgotten() {
    var recent = RecentLines(capacity: 3)
    for mark in 1...5 { recent.insert(Self.line(UInt64(mark))) }
    #expect(recent.all.map(\.mark) == [3, 4, 5])
    #expect(!recent.takesAgain(mark: 2, hasToken: true))
    for _ in 0..<2 { #expect(recent.takesAgain(mark: 3, hasToken: true)) }
  }

  @Test func withoutTokensOnlyWhatIsExpectedCounts() {
    var recent = RecentLines()
    for _ in 0..<2 { recent.insert(Self.line(7, hasToken: false)) }
    #expect(!recent.takesAgain(mark: 7, hasToken: false))
    recent.expectUnacknowledged()
    #expect((0..<3).map { _ in recent.takesAgain(mark: 7, hasToken: false) } == [true, true, false])
    recent.acknowledge()
    recent.expectUnacknowledged()
    #expect(!recent.takesAgain(mark: 7, hasToken: false))
    recent.expectAll()
    #expect(recent.takesAgain(mark: 7, hasToken: false))
    recent.expectNothing()
    #expect(!recent.takesAgain(mark: 7, hasToken: false))
  }

  @Test func savesAndRestores() {
    var recent = RecentLines(capacity: 4)
    for mark in 1...3 { recent.insert(Self.line(UInt64(mark), hasToken: mark != 2)) }
    let snapshot = recent.encodeAll()
    for mark in 4...6 { recent.insert(Self.line(UInt64(mark))) }
    let changes = recent.encodeChanges()
    #expect(recent.encodeChanges().isEmpty)
    var restored = RecentLines(capacity: 4)
    #expect(restored.restore(snapshot) && restored.restore(changes))
    #expect(restored.all == recent.all)
    #expect(!restored.restore(snapshot.dropLast()))
  }
}
