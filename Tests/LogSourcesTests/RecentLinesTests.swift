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

  /// `takesAgain`, for `#expect`, which takes no mutating calls.
  private static func takes(_ recent: inout RecentLines, _ mark: UInt64, hasToken: Bool = true) -> Bool {
    recent.takesAgain(mark: mark, hasToken: hasToken)
  }

  @Test func theOldestAreForgotten() {
    var recent = RecentLines(capacity: 3)
    for mark in 1...5 { recent.insert(Self.line(UInt64(mark))) }
    #expect(recent.all.map(\.mark) == [3, 4, 5])
    let taken = [2, 3, 3, 5].map { Self.takes(&recent, $0) }
    #expect(taken == [false, true, true, true])
  }

  @Test func withoutTokensOnlyWhatIsExpectedCounts() {
    var recent = RecentLines()
    for _ in 0..<2 { recent.insert(Self.line(7, hasToken: false)) }
    func taken(_ times: Int) -> [Bool] { (0..<times).map { _ in Self.takes(&recent, 7, hasToken: false) } }
    let atFirst = taken(1)
    #expect(atFirst == [false])
    recent.expectUnacknowledged()
    let unacknowledged = taken(3)
    #expect(unacknowledged == [true, true, false])
    recent.acknowledge()
    recent.expectUnacknowledged()
    let acknowledged = taken(1)
    #expect(acknowledged == [false])
    recent.expectAll()
    let all = taken(1)
    #expect(all == [true])
    recent.expectNothing()
    let nothing = taken(1)
    #expect(nothing == [false])
  }

  @Test func savesAndRestores() {
    var recent = RecentLines(capacity: 4)
    for mark in 1...3 { recent.insert(Self.line(UInt64(mark), hasToken: mark != 2)) }
    let snapshot = recent.encodeAll()
    for mark in 4...6 { recent.insert(Self.line(UInt64(mark))) }
    let changes = recent.encodeChanges()
    let rest = recent.encodeChanges()
    #expect(rest.isEmpty)
    var restored = RecentLines(capacity: 4)
    let isWhole = restored.restore(snapshot) && restored.restore(changes)
    #expect(isWhole)
    #expect(restored.all == recent.all)
    let isTorn = !restored.restore(snapshot.dropLast())
    #expect(isTorn)
  }
}
