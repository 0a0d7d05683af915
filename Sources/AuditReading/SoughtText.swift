/// A text that the values of a record must have, as it can be sought in the bytes of its line.
///
/// A line spells some characters otherwise than they are (`RecordText`), and another writer may spell each one so
/// (`\u0061`). Printable ASCII but for `"` and `\` stands for itself in what mailtrail writes: the longest piece of it is
/// sought, and `OtherSpellings` finds the lines in which it may be spelt otherwise.
package struct SoughtText: Sendable, Hashable {
  /// What is sought. All lines may have the text when this is empty.
  let bytes: [UInt8]
  /// Whether letters of ASCII count as equal in upper and lower case; `bytes` are in lower case then.
  let foldsCase: Bool
  /// The text has nothing but characters beyond ASCII: each escape may be one of them.
  let hasEscapes: Bool

  /// The bytes of what is sought; 0 when all lines may have the text.
  package var length: Int { bytes.count }

  /// - Parameters:
  ///   - text: in UTF-8.
  ///   - foldsCase: whether letters of ASCII count as equal in upper and lower case.
  package init(_ text: [UInt8], foldsCase: Bool) {
    let folded = foldsCase ? text.map { $0 &+ ($0 &- 65 < 26 ? 32 : 0) } : text
    self.foldsCase = foldsCase
    let plain = folded.split { !Self.isPlain($0) }.max { $0.count < $1.count }.map(Array.init) ?? []
    hasEscapes = !text.isEmpty && text.allSatisfy { $0 >= 0x80 }
    bytes = hasEscapes ? folded : plain
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }
}
