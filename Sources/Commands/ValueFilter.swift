import AuditModel
import AuditReading

/// One of these values in one of these keys: `--sender`, `--folder` and their like.
package struct ValueFilter: Sendable, Equatable {
  private let keys: [FieldKey]
  private let values: [Value]

  /// - Parameters:
  ///   - keys: where one of the values has to stand; of a list, each text counts.
  ///   - texts: the whole value each, but `@example.org` for all addresses of that domain. `<` and `>` around a value, here
  ///     or there, do not count.
  ///   - foldsCase: whether letters of ASCII count as equal in upper and lower case.
  package init(_ keys: [FieldKey], _ texts: [String], foldsCase: Bool = true) {
    self.keys = keys
    values = texts.map { Value(Array($0.utf8), foldsCase: foldsCase) }
  }

  package func accepts(_ event: AuditEvent) -> Bool {
    keys.contains { key in
      guard let field = event.fields[key] else { return false }
      let texts = key.shape == .texts ? field.split(separator: 0, omittingEmptySubsequences: false) : [field]
      return texts.contains { text in values.contains { $0.isEqual(text) } }
    }
  }

  /// The values as they can be sought in the bytes of lines.
  var sought: [SoughtText] { values.map(\.sought) }

  private struct Value: Sendable, Equatable {
    private let bytes: [UInt8]
    private let foldsCase: Bool
    private let isDomain: Bool

    init(_ text: [UInt8], foldsCase: Bool) {
      let text = Array(Self.bare(text[...]))
      bytes = foldsCase ? text.map(Self.folded) : text
      self.foldsCase = foldsCase
      isDomain = text.first == UInt8(ascii: "@")
    }

    func isEqual(_ text: ArraySlice<UInt8>) -> Bool {
      let text = Self.bare(text)
      guard isDomain ? text.count >= bytes.count : text.count == bytes.count else { return false }
      let end = text.suffix(bytes.count)
      return foldsCase ? end.lazy.map(Self.folded).elementsEqual(bytes) : end.elementsEqual(bytes)
    }

    /// Not with its quotation marks: the value may stand in < and >, or behind a user.
    var sought: SoughtText { SoughtText(bytes, foldsCase: foldsCase) }

    private static func bare(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      guard text.count >= 2, text.first == UInt8(ascii: "<"), text.last == UInt8(ascii: ">") else { return text }
      return text.dropFirst().dropLast()
    }

    private static func folded(_ byte: UInt8) -> UInt8 { byte &+ (byte &- 65 < 26 ? 32 : 0) }
  }
}
