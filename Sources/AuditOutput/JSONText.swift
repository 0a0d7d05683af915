import AuditFiles

/// JSON for what is no record: the answers of `status`, `verify`, `doctor`, `last`. The one place where it is quoted.
package struct JSONText {
  private var members: [String] = []

  package init() {}

  /// A text in quotes (RFC 8259); what a terminal would obey is escaped, as in records.
  package static func quoted(_ text: String) -> String { quoted(bytes: Array(text.utf8)) }

  /// The same of bytes that need not be UTF-8: those that are not become `\xHH`, as in records.
  private static func quoted(bytes text: [UInt8]) -> String {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    text.withUnsafeBufferPointer { RecordText.append($0, to: &bytes) }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Texts as an array.
  package static func array(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ",") + "]" }

  package mutating func add(_ name: String, _ text: String) { add(name, json: Self.quoted(text)) }
  package mutating func add(_ name: String, bytes: [UInt8]) { add(name, json: Self.quoted(bytes: bytes)) }
  package mutating func add(_ name: String, _ number: some BinaryInteger) { add(name, json: String(number)) }

  /// - Parameter json: a value that is JSON already.
  package mutating func add(_ name: String, json: String) { members.append(Self.quoted(name) + ":" + json) }

  /// The object with what was added, in its order.
  package var object: String { "{" + members.joined(separator: ",") + "}" }
}
