import AuditModel
import Glibc

/// Which kinds of events are wanted: what `--kind` takes. `login`, `login.failed,logout`, `message.*`, `!login`.
///
/// A kind is wanted when one of the patterns without `!` fits, or there is none, and none with `!` does.
package struct KindFilter: Sendable, Equatable, ExpressibleByArrayLiteral {
  private var wanted: [Pattern] = []
  private var unwanted: [Pattern] = []
  /// The names of the wanted kinds that this version knows, by their lengths.
  private var names: [Int: [[UInt8]]] = [:]
  private var isWanted = [Bool](repeating: true, count: EventKind.allCases.count)

  /// Takes everything.
  package init() {}

  /// - Parameter patterns: each of them one pattern, without commas.
  package init(_ patterns: [String]) {
    for pattern in patterns {
      if pattern.hasPrefix("!") {
        unwanted.append(Pattern(pattern.dropFirst()))
      } else {
        wanted.append(Pattern(pattern[...]))
      }
    }
    for kind in EventKind.allCases {
      let name = kind.name.description
      isWanted[Int(kind.rawValue)] = isWantedName(name)
      if isWantedName(name) { names[name.utf8.count, default: []].append(Array(name.utf8)) }
    }
  }

  package init(arrayLiteral patterns: String...) { self.init(patterns) }

  /// Whether every kind is wanted.
  package var isEmpty: Bool { wanted.isEmpty && unwanted.isEmpty }

  /// Whether kinds are asked for by their names, not only left out.
  var isAskingForKinds: Bool { !wanted.isEmpty }

  package func accepts(_ kind: EventKind) -> Bool { isWanted[Int(kind.rawValue)] }

  /// Whether a kind is wanted that this version need not know, by the bytes of its name.
  func accepts(name: UnsafeRawBufferPointer) -> Bool {
    if names[name.count]?.contains(where: { name.elementsEqual($0) }) == true { return true }
    let text = String(decoding: name, as: UTF8.self)
    return EventKind(name: text) == nil && isWantedName(text)
  }

  /// The patterns of texts with commas between them.
  static func patterns(in texts: [String]) -> [String] {
    texts.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  }

  /// Whether the pattern, with `!` or without, fits a kind that this version knows.
  static func fitsAny(_ pattern: String) -> Bool {
    let pattern = Pattern(pattern.hasPrefix("!") ? pattern.dropFirst() : pattern[...])
    return EventKind.allCases.contains { pattern.fits($0.name.description) }
  }

  private func isWantedName(_ name: String) -> Bool {
    (wanted.isEmpty || wanted.contains { $0.fits(name) }) && !unwanted.contains { $0.fits(name) }
  }

  /// A kind, a family of kinds, or a pattern with `*`, `?` or `[…]` (glob(7)).
  private struct Pattern: Sendable, Equatable {
    private let text: String
    private let isGlob: Bool

    init(_ text: Substring) {
      self.text = String(text)
      isGlob = text.contains { "*?[".contains($0) }
    }

    func fits(_ name: String) -> Bool {
      if isGlob { return fnmatch(text, name, 0) == 0 }
      return name == text || name.hasPrefix(text + ".")
    }
  }
}
