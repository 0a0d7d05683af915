import AuditModel
import Correlation
import RuleTable
import Testing

/// Values inside one another, in all forms, against a plain evaluation of the same expression.
@Suite struct ValueCompositionTests {
  /// An expression as the test thinks of it: it knows how it is written and what it means.
  indirect enum Expression {
    case literal(String)
    case capture(String)
    case context(String)
    case first([Expression])
    case joined([Expression])
    case prefix(String, Int)
    case mailbox(String, Expression)
    case applied(String, ValueFunction, Expression)

    var text: String {
      switch self {
      case .literal(let text): "\"\(text)\""
      case .capture(let name): "<\(name)>"
      case .context(let field): "note.\(field)"
      case .first(let choices): choices.map(\.text).joined(separator: "|")
      case .joined(let parts): parts.map(\.text).joined(separator: "+")
      case .prefix(let name, let count): "<\(name)>[\(count)]"
      case .mailbox(let function, let inner): "\(function)(\(inner.text))"
      case .applied(let name, let function, let inner):
        if case .replaced(let pairs) = function {
          "\(name)(\(inner.text),\(pairs.map { "\"\(Self.text($0.old))\",\"\(Self.text($0.new))\"" }.joined(separator: ",")))"
        } else {
          "\(name)(\(inner.text))"
        }
      }
    }

    /// What it is worth; nil for nothing.
    func value(_ names: [String: String], _ naming: MailboxNaming) -> [UInt8]? {
      switch self {
      case .literal(let text): return Array(text.utf8)
      case .capture(let name), .context(let name): return names[name].map { Array($0.utf8) }
      case .first(let choices):
        for choice in choices {
          if let value = choice.value(names, naming), !value.isEmpty { return value }
        }
        return nil
      case .joined(let parts): return parts.flatMap { $0.value(names, naming) ?? [] }
      case .prefix(let name, let count): return names[name].map { Array($0.utf8.prefix(count)) }
      case .mailbox(let function, let inner):
        guard let value = inner.value(names, naming) else { return nil }
        return function == "account"
          ? naming.mailbox(of: AccountName(value))?.bytes
          : naming.mailbox(of: EnvelopeAddress(value)) { $0.elementsEqual("ann@example.org".utf8) }?.bytes
      case .applied(_, let function, let inner): return inner.value(names, naming).map { function($0) }
      }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
  }

  @Test func areWorthWhatTheirPartsAre() throws {
    var generator = Numbers(state: 13)
    let expressions = (0..<300).map { _ in Self.expression(depth: 4, &generator) }
    let rules = expressions.enumerated().map { number, expression in
      """
      rule r\(number)
        match r\(number): <x> :: <y><? :: <z>?>
        begin n <x>: client=<y> sender=<x>
        use n <x> as note
        event logout mailbox=ann reason=\(expression.text) session=note.client
        example r\(number): a :: b
          expect x=a y=b

      """
    }
    let bench = try CorrelationBench(rules.joined())
    for (number, expression) in expressions.enumerated() {
      for _ in 0..<4 {
        let words = (0..<3).map { _ in Self.words.randomElement(using: &generator)! }
        var names = ["x": words[0], "y": words[1], "client": words[1], "sender": words[0]]
        var line = "r\(number): \(words[0]) :: \(words[1])"
        if Bool.random(using: &generator) {
          names["z"] = words[2]
          line += " :: \(words[2])"
        }
        bench.feed(0, line)
        let event = try #require(bench.correlator.drainEvents().last?.event)
        let expected = expression.value(names, CorrelationPolicy.everything.naming) ?? []
        #expect(Array(event.fields[.reason] ?? []) == expected, "\(expression.text) of \(line)")
      }
    }
  }

  /// The shape that once was worked out as `folder-name(folder-name(x))`.
  @Test func theInnerFunctionGoesFirst() throws {
    let bench = try CorrelationBench(
      """
      rule r
        match <x>
        event logout mailbox=ann folder=folder-name(replaced(<x>,".","/","^","."))
        example a
          expect x=a
      """)
    bench.feed(0, "v2^5.&AOs-.&AMk-t&AOk-")
    #expect(
      bench.correlator.drainEvents().last?.event.fields[.folder].map(Array.init)
        == Array("v2.5/\u{EB}/\u{C9}t\u{E9}".utf8)
    )
  }

  // MARK: - Making

  private static let words = [
    "Ann+x@Example.org", "ann", "v2^5.&AOs-", "&Jjo-.&", "mx[192.0.2.1]:25", "a [b] c", "\\303\\266x", "a b  c", "+",
    "x.y^z",
    "\u{E9}", "[", "user.ann.&AMk-t&AOk-",
  ]

  private static func expression(depth: Int, _ generator: inout Numbers) -> Expression {
    guard depth > 0 else { return leaf(&generator) }
    func inner() -> Expression { expression(depth: depth - 1, &generator) }
    switch Int.random(in: 0..<11, using: &generator) {
    case 0: return leaf(&generator)
    case 1: return .first((0..<Int.random(in: 2...3, using: &generator)).map { _ in single(depth - 1, &generator) })
    case 2: return .joined((0..<Int.random(in: 2...3, using: &generator)).map { _ in part(depth - 1, &generator) })
    case 3: return .mailbox("account", inner())
    case 4: return .mailbox("address", inner())
    default: return applied(inner(), &generator)
    }
  }

  private static func leaf(_ generator: inout Numbers) -> Expression {
    let name = ["x", "y", "z"].randomElement(using: &generator)!
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: return .literal(["", "a.b^c", "&AOs-", "w [1] v", "Bob+1"].randomElement(using: &generator)!)
    case 1: return .context(["client", "sender", "none"].randomElement(using: &generator)!)
    case 2: return .prefix(name, Int.random(in: 1...6, using: &generator))
    default: return .capture(name)
    }
  }

  /// What may be an alternative of `a|b`: anything that is not one itself.
  private static func single(_ depth: Int, _ generator: inout Numbers) -> Expression {
    while true {
      let made = expression(depth: depth, &generator)
      if case .first = made { continue }
      return made
    }
  }

  /// What may be joined: a text, a capture, or what ends in a bracket.
  private static func part(_ depth: Int, _ generator: inout Numbers) -> Expression {
    while true {
      switch expression(depth: depth, &generator) {
      case .first, .joined, .context: continue
      case let made: return made
      }
    }
  }

  private static func applied(_ inner: Expression, _ generator: inout Numbers) -> Expression {
    func pair(_ old: String, _ new: String) -> ValueFunction.Replacement {
      ValueFunction.Replacement(old: Array(old.utf8), new: Array(new.utf8))
    }
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return .applied("folder-name", .folderName, inner)
    case 1: return .applied("words", .words, inner)
    case 2: return .applied("in-brackets", .inBrackets, inner)
    case 3: return .applied("unescaped", .unescaped, inner)
    case 4: return .applied("replaced", .replaced([pair(".", "/"), pair("^", ".")]), inner)
    default: return .applied("replaced", .replaced([pair("a", "[a]")]), inner)
    }
  }
}

/// The same numbers in every run.
private struct Numbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
