import RuleTable
import Testing

/// Lines that can be read in several ways: what differs is doubtful, what is the same in all is certain.
@Suite struct ReadingTests {
  struct Case: Sendable, CustomStringConvertible {
    var pattern: String
    var line: String
    var captures: [String: String]
    var doubtful: Set<String>

    init(_ pattern: String, _ line: String, _ captures: [String: String], doubtful: Set<String>) {
      (self.pattern, self.line, self.captures, self.doubtful) = (pattern, line, captures, doubtful)
    }

    var description: String { "\(pattern) on \(line)" }
  }

  private static let cases = [
    Case(
      "A=<a:word> T=<t!> for <r>", "A=ann T=x for y for z", ["a": "ann", "t": "x", "r": "y for z"],
      doubtful: ["t", "r"]),
    Case(
      "<s!> A=<a:word> S=<n:int>", "x A=ann S=1 A=ann S=1", ["s": "x A=ann S=1", "a": "ann", "n": "1"], doubtful: []
    ),
    Case(
      "<s!> A=<a:word> S=<n:int><rest>", "x A=ann S=1 A=bob S=1",
      ["s": "x", "a": "ann", "n": "1", "rest": " A=bob S=1"], doubtful: ["s", "a", "rest"]),
    // The third reading is the one that differs.
    Case(
      "<s!> A=<a:word><:text>", "x A=ann A=ann A=bob", ["s": "x", "a": "ann"], doubtful: ["s", "a"]),
    // Nobody reads what is not kept: the line has one reading for those who ask.
    Case("A=<a:word> <:text> for <:text>", "A=ann x for y for z", ["a": "ann"], doubtful: []),
    Case("A=<a:word> <!:text> for <:text>", "A=ann x for y for z", ["a": "ann"], doubtful: []),
    Case(
      "u=<u!:gap>, ip=<ip:ip>, s=<s:word>", "u=a, ip=192.0.2.1, s=x, ip=192.0.2.2, s=x",
      ["u": "a, ip=192.0.2.1, s=x", "ip": "192.0.2.2", "s": "x"], doubtful: []),
    Case(
      "u=<u!:gap>, ip=<ip:ip>, s=<s:word><? (<why>)?>", "u=a, ip=192.0.2.1, s=x (b, ip=192.0.2.2, s=x (c)",
      ["u": "a, ip=192.0.2.1, s=x (b", "ip": "192.0.2.2", "s": "x", "why": "c"], doubtful: ["u", "ip", "why"]),
    // The first literal behind the gap stands in it, but what follows there does not fit.
    Case(
      "u=<u!:gap>, ip=<ip:ip>.", "u=a, ip=x, ip=192.0.2.2.", ["u": "a, ip=x", "ip": "192.0.2.2"], doubtful: []),
    // The second reading has another capture, or another rule.
    Case(
      "<s!>: <a:word><? id=<i:int>?>", "x: ann: bob id=7", ["s": "x: ann", "a": "bob", "i": "7"], doubtful: []),
    Case(
      "<s!>: <a:word><? id=<i!>?>", "x: ann id=y: bob id=7", ["s": "x", "a": "ann", "i": "y: bob id=7"],
      doubtful: ["s", "a", "i"]),
    Case(
      "<s!>: <a:word><? id=<i!>?>", "x: ann id=y: bob", ["s": "x", "a": "ann", "i": "y: bob"],
      doubtful: ["s", "a", "i"]),
  ]

  @Test(arguments: cases) func onlyWhatDiffersIsDoubtful(_ test: Case) throws {
    let found = try #require(try TableUnderTest(pattern: test.pattern).match(test.line))
    #expect(found.captures == test.captures)
    #expect(found.doubtful == test.doubtful)
    #expect(found.isAmbiguous == !test.doubtful.isEmpty)
  }

  @Test func aSecondReadingMayBeOfAnotherRule() throws {
    let rules = ["<s!> A=<a:word> sent", "<s!> A=<a:word> sent <n:int>"].enumerated()
    let table = try TableUnderTest(rules.map { TableUnderTest.rule("r\($0)", matching: $1) }.joined())
    let found = try #require(table.match("x A=ann sent 7 A=ann sent"))
    #expect(found.rule == "r0")
    #expect(found.captures == ["s": "x A=ann sent 7", "a": "ann"])
    #expect(!found.isAmbiguous)
    let other = try TableUnderTest(
      TableUnderTest.rule("r0", matching: "<s!> A=<a:word> sent<:text>").replacing("example of r", with: "example of r")
        + TableUnderTest.rule("r1", matching: "<s!> A=<a:word> refused <n:int>"))
    let second = try #require(other.match("x A=ann sent A=ann refused 7"))
    #expect(second.rule == "r0")
    #expect(second.doubtful == ["s"])
    #expect(second.isAmbiguous)
  }

  @Test func moreReadingsThanAreLookedAtAreAllInDoubt() throws {
    let table = try TableUnderTest(pattern: "A=<a:word> <s!> B=<b:word> <t!> C=<c:word><:text>")
    let line = "A=ann" + String(repeating: " x B=bob y C=cat", count: 40)
    let found = try #require(table.match(line))
    #expect(found.captures["b"] == "bob")
    #expect(found.doubtful == ["s", "b", "t", "c"])
  }

  @Test func failingEndsAreNotCounted() throws {
    let table = try TableUnderTest(pattern: "<s!> A=<a:word> S=<n:int> T=<t!> for <r>")
    let fakes = String(repeating: " A=x S=y for z", count: 50)
    let found = try #require(table.match("s A=ann S=1 T=\(fakes) for w"))
    #expect(found.captures["a"] == "ann")
    #expect(found.doubtful == ["t", "r"])
  }

  // MARK: - Against a reference

  @Test func agreesWithAllReadings() throws {
    var random = RandomPatterns(seed: 20_261_128)
    var (matched, several) = (0, 0)
    for _ in 0..<400 {
      let pattern = random.pattern()
      let table = try TableUnderTest(pattern: pattern.map(\.description).joined())
      for _ in 0..<60 {
        let line = random.line(of: pattern)
        let readings = AllReadings(line: Array(line.utf8)).of(pattern)
        let found = table.match(line)
        let context = "\(pattern.map(\.description).joined()) on \(line)"
        guard let first = readings.first else {
          #expect(found == nil, "\(context)")
          continue
        }
        matched += 1
        if readings.count > 1 { several += 1 }
        #expect(found?.captures == first, "\(context)")
        let differing = Set(first.keys.filter { name in readings.contains { $0[name] != first[name] } })
        let doubtful = found?.doubtful ?? []
        #expect(doubtful.isSuperset(of: differing), "\(context)")
        if readings.count <= 16 {
          #expect(doubtful == differing, "\(context)")
          #expect(found?.isAmbiguous == !differing.isEmpty, "\(context)")
        }
      }
    }
    #expect(matched > 5_000 && several > 1_000, "\(matched), \(several)")
  }
}

/// A pattern's part, for the reference.
enum PatternPart: CustomStringConvertible {
  case literal(String)
  case int(String)
  case text(String, isUntrusted: Bool)
  case gap(String)

  var description: String {
    switch self {
    case .literal(let text): text
    case .int(let name): "<\(name):int>"
    case .text(let name, let isUntrusted): "<\(name)\(isUntrusted ? "!" : "")>"
    case .gap(let name): "<\(name)!:gap>"
    }
  }
}

/// Finds all readings of a line by trying everything. Behind text or a gap stands a literal, or the end behind a text.
struct AllReadings {
  let line: [UInt8]
  typealias Reading = [String: String]

  func of(_ pattern: [PatternPart]) -> [Reading] { read(pattern[...], 0) }

  private func read(_ parts: ArraySlice<PatternPart>, _ start: Int) -> [Reading] {
    guard let part = parts.first else { return start == line.count ? [[:]] : [] }
    let rest = parts.dropFirst()
    switch part {
    case .literal(let text): return stands(text, start) ? read(rest, start + text.utf8.count) : []
    case .int(let name):
      var end = start
      while end < line.count, isDigit(line[end]) { end += 1 }
      return end > start ? with(name, start..<end, read(rest, end)) : []
    case .text(let name, let isUntrusted):
      guard case .literal(let text)? = rest.first else { return with(name, start..<line.count, [[:]]) }
      let ends = offsets(of: text, from: start).map { with(name, start..<$0, read(rest, $0)) }.filter { !$0.isEmpty }
      return isUntrusted ? ends.flatMap(\.self) : ends.first ?? []
    case .gap(let name):
      guard case .literal(let text)? = rest.first else { return [] }
      return offsets(of: text, from: start).reversed().flatMap { end in
        with(name, start..<end, tail(rest, line.count, exactly: end).map { [$0] } ?? [])
      }
    }
  }

  /// What stands behind a gap that ends at an offset, from the right: each text as short as can be.
  private func tail(_ parts: ArraySlice<PatternPart>, _ end: Int, exactly start: Int) -> Reading? {
    guard let part = parts.last else { return end == start ? [:] : nil }
    let rest = parts.dropLast()
    switch part {
    case .literal(let text):
      let offset = end - text.utf8.count
      return offset >= start && stands(text, offset) ? tail(rest, offset, exactly: start) : nil
    case .int(let name):
      var offset = end
      while offset > start, isDigit(line[offset - 1]) { offset -= 1 }
      return offset < end ? tail(rest, offset, exactly: start).map { with(name, offset..<end, [$0])[0] } : nil
    case .text(let name, _):
      for offset in (start...max(start, end)).reversed() where offset <= end {
        if let found = tail(rest, offset, exactly: start) { return with(name, offset..<end, [found])[0] }
      }
      return nil
    case .gap: return nil
    }
  }

  private func with(_ name: String, _ range: Range<Int>, _ readings: [Reading]) -> [Reading] {
    if name.isEmpty { return readings }
    let value = String(decoding: line[range], as: UTF8.self)
    return readings.map { $0.merging([name: value]) { first, _ in first } }
  }

  private func stands(_ text: String, _ offset: Int) -> Bool { line[offset...].starts(with: text.utf8) }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte < 58 }

  private func offsets(of text: String, from start: Int) -> [Int] {
    start <= line.count ? (start...line.count).filter { stands(text, $0) } : []
  }
}

/// Small patterns, and lines that fit them often and in several ways, from a seed.
struct RandomPatterns {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  private mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  private static let literals = [",", ", ", "=", " x", "xx", ": y"]

  mutating func pattern() -> [PatternPart] {
    var parts: [PatternPart] = []
    var hasGap = false
    for number in 0...(1 + next(4)) {
      let name = next(5) == 0 ? "" : "c\(number)"
      switch next(6) {
      case 0 where !hasGap:
        hasGap = true
        parts.append(.gap(name))
      case 1: parts.append(.int(name))
      case 2: parts.append(.text(name, isUntrusted: false))
      default: parts.append(.text(name, isUntrusted: true))
      }
      parts.append(.literal(Self.literals[next(Self.literals.count)]))
    }
    if next(2) == 0 { parts.removeLast(endsInGap(parts) ? 0 : 1) }
    return parts
  }

  private func endsInGap(_ parts: [PatternPart]) -> Bool {
    if case .gap = parts[parts.count - 2] { true } else { false }
  }

  /// The pattern's own text with pieces of literals in its captures.
  mutating func line(of pattern: [PatternPart]) -> String {
    let pieces =
      Self.literals + ["1", "22", "y", "x", " ", ""]
      + pattern.map { part in
        if case .literal(let text) = part { text + "7" + text } else { "" }
      }
    return pattern.map { part in
      switch part {
      case .literal(let text): next(30) == 0 ? "" : text
      case .int: "\(next(100))"
      case .text, .gap: (0..<next(5)).map { _ in pieces[next(pieces.count)] }.joined()
      }
    }.joined()
  }
}
