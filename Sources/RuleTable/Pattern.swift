/// A rule's pattern, read but not compiled: what `match` says.
///
/// Text stands for itself. `<name:type>` captures (`<name>` is `<name:text>`, `<:type>` captures without keeping),
/// a `!` behind the name flags what a stranger on the network can choose, `/encoding` behind the type says how the daemon
/// writes it, `\<` is a plain `<`, `<?…?>` is optional, `<*list>` is a run of a list's items, `<&fragment>` is a shared
/// piece of pattern.
package struct Pattern: Sendable {
  package indirect enum Element: Sendable, Equatable {
    case literal([UInt8])
    /// Without a coding it has that of its scope.
    case capture(name: String, type: CaptureType, isUntrusted: Bool, coding: CaptureCoding?)
    case run(list: String)
    case optional([Element])
  }

  package var elements: [Element]

  /// The pattern without optional parts: every combination of taking and leaving them; nil for more than 64.
  package var alternatives: [[Element]]? {
    Self.alternativeCount(elements) <= Self.maximumAlternatives ? Self.expand(elements[...]) : nil
  }

  private static let maximumAlternatives = 64

  /// Counted before they are made: they double with every optional part.
  private static func alternativeCount(_ elements: [Element]) -> Int {
    var count = 1
    for case .optional(let inner) in elements {
      count *= alternativeCount(inner) + 1
      if count > maximumAlternatives { return maximumAlternatives + 1 }
    }
    return count
  }

  /// How many elements there are, optional parts counted with what is in them.
  static func size(of elements: [Element]) -> Int {
    elements.reduce(0) { sum, element in
      if case .optional(let inner) = element { sum + 1 + size(of: inner) } else { sum + 1 }
    }
  }

  private static func expand(_ elements: ArraySlice<Element>) -> [[Element]] {
    guard let first = elements.first else { return [[]] }
    let rests = expand(elements.dropFirst())
    guard case .optional(let inner) = first else { return rests.map { [first] + $0 } }
    return expand(inner[...]).flatMap { taken in rests.map { taken + $0 } } + rests
  }

  /// Neighbouring literals as one.
  package static func joined(_ elements: [Element]) -> [Element] {
    var result: [Element] = []
    for element in elements {
      if case .literal(let bytes) = element, case .literal(let before)? = result.last {
        result[result.count - 1] = .literal(before + bytes)
      } else {
        result.append(element)
      }
    }
    return result
  }
}

/// Reads the text of a pattern.
struct PatternParser {
  private let text: [UInt8]
  private var position = 0
  private let location: SourceLocation
  private let fragments: [String: [Pattern.Element]]
  /// Elements so far, and how deep the optional parts are nested.
  private var size = 0
  private var depth = 0

  /// More than the longest pattern needs, and little enough for a fragment of fragments of fragments, which would grow
  /// without end, and for the depth of the walk over a line.
  private static let maximumSize = 1000
  private static let maximumDepth = 64

  /// - Parameter location: where the text's first byte stands.
  init(_ text: String, at location: SourceLocation, fragments: [String: [Pattern.Element]]) {
    self.text = Array(text.utf8)
    self.location = location
    self.fragments = fragments
  }

  mutating func parse() throws(Diagnostic.Failure) -> [Pattern.Element] {
    let elements = try sequence(isOptional: false)
    guard position == text.count else {
      throw fail("‘?>’ without ‘<?’", "begin the optional part with <? or write \\? to mean the character")
    }
    return elements
  }

  private mutating func sequence(isOptional: Bool, from start: Int = 0) throws(Diagnostic.Failure) -> [Pattern.Element]
  {
    var elements: [Pattern.Element] = []
    var literal: [UInt8] = []
    func flush() {
      if !literal.isEmpty {
        elements.append(.literal(literal))
        literal = []
      }
    }
    while position < text.count {
      let byte = text[position]
      if byte == UInt8(ascii: "\\"), position + 1 < text.count,
        text[position + 1] == UInt8(ascii: "<") || text[position + 1] == UInt8(ascii: "\\")
          || text[position + 1] == UInt8(ascii: "?") || text[position + 1] == UInt8(ascii: "n")
      {
        literal.append(text[position + 1] == UInt8(ascii: "n") ? 10 : text[position + 1])
        position += 2
      } else if byte == UInt8(ascii: "?"), position + 1 < text.count, text[position + 1] == UInt8(ascii: ">") {
        guard isOptional else {
          flush()
          return elements
        }
        position += 2
        flush()
        return elements
      } else if byte == UInt8(ascii: "<") {
        flush()
        let start = position
        let inner = try bracket()
        size += Pattern.size(of: inner)
        guard size <= Self.maximumSize else {
          throw fail(
            "the pattern has more than \(Self.maximumSize) parts, its fragments' included", "make it two rules",
            at: start)
        }
        elements += inner
      } else {
        literal.append(byte)
        position += 1
      }
    }
    if isOptional { throw fail("an optional part is not closed", "end it with ?>", at: start) }
    flush()
    return elements
  }

  private mutating func bracket() throws(Diagnostic.Failure) -> [Pattern.Element] {
    let start = position
    position += 1
    if position < text.count, text[position] == UInt8(ascii: "?") {
      position += 1
      guard depth < Self.maximumDepth else {
        throw fail("optional parts are nested deeper than \(Self.maximumDepth)", "use several match lines", at: start)
      }
      depth += 1
      defer { depth -= 1 }
      return [.optional(try sequence(isOptional: true, from: start))]
    }
    guard let close = text[position...].firstIndex(of: UInt8(ascii: ">")) else {
      throw fail("a capture is not closed", "end it with >, or write \\< to mean the character", at: start)
    }
    let inside = String(decoding: text[position..<close], as: UTF8.self)
    position = close + 1
    switch inside.utf8.first {
    case UInt8(ascii: "*"): return [.run(list: String(inside.dropFirst()))]
    case UInt8(ascii: "&"):
      let name = String(inside.dropFirst())
      guard let fragment = fragments[name] else {
        throw fail("there is no fragment ‘\(name)’ above this line", "define it with: fragment \(name) …", at: start)
      }
      return fragment
    default: return [try capture(inside, at: start)]
    }
  }

  private func capture(_ inside: String, at start: Int) throws(Diagnostic.Failure) -> Pattern.Element {
    let halves = inside.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = halves[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    var name = String(parts[0])
    let isUntrusted = name.utf8.last == UInt8(ascii: "!")
    if isUntrusted { name.removeLast() }
    let typeName = parts.count == 2 ? String(parts[1]) : "text"
    guard let type = CaptureType(name: typeName) else {
      throw fail(
        "there is no capture type ‘\(typeName)’",
        "types are " + CaptureType.allCases.map(\.rawValue).joined(separator: ", "), at: start)
    }
    guard name.utf8.allSatisfy({ $0 == 95 || ($0 | 0x20) >= 97 && ($0 | 0x20) <= 122 || $0 >= 48 && $0 <= 57 }) else {
      throw fail("‘\(name)’ is no name", "names have letters, digits and _; write \\< to mean the character", at: start)
    }
    let coding = halves.count == 2 ? try coding(String(halves[1]), of: type, at: start) : nil
    return .capture(name: name, type: type, isUntrusted: isUntrusted, coding: coding)
  }

  private func coding(
    _ text: String, of type: CaptureType, at start: Int
  ) throws(Diagnostic.Failure) -> CaptureCoding {
    guard let coding = CaptureCoding(text) else {
      throw fail("there is no encoding ‘\(text)’", CaptureCoding.remedy, at: start)
    }
    guard type.mayBeEncoded else {
      throw fail("the type \(type) has no encoding", "leave /\(text) out", at: start)
    }
    return coding
  }

  private func fail(_ message: String, _ remedy: String, at offset: Int? = nil) -> Diagnostic.Failure {
    var location = location
    location.column += offset ?? position
    return Diagnostic.Failure(Diagnostic(location, message, remedy: remedy))
  }
}

extension Diagnostic {
  /// A diagnostic on its way to whoever collects them.
  struct Failure: Error {
    var diagnostic: Diagnostic
    init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
  }
}
