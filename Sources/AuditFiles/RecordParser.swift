import AuditModel
import Platform

/// One pass over one line, for `RecordDecoder`.
struct RecordParser {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func event() throws(RecordError) -> AuditEvent {
    try expect(#"{"id":"#)
    let id: EventID = try value("an event id") { EventID($0) }
    try expect(#","time":"#)
    let time: UInt64 = try value("a time such as 2026-01-31T23:59:59.000000Z") { RecordTime.read($0) }
    try expect(#","kind":"#)
    let kind: EventKind = try value("the name of a kind") { EventKind(name: String(decoding: $0, as: UTF8.self)) }
    try expect(#","level":"#)
    let level = try level()
    var event = AuditEvent(id: id, time: time, kind: kind, level: level, fields: FieldSet())
    try readFields(into: &event)
    guard offset == bytes.count else { throw fault("the end of the line") }
    return event
  }

  /// A record of any version: its kind and its keys need not be known.
  mutating func outline() throws(RecordError) -> (id: EventID, time: UInt64) {
    try expect(#"{"id":"#)
    let id: EventID = try value("an event id") { EventID($0) }
    try expect(#","time":"#)
    let time: UInt64 = try value("a time such as 2026-01-31T23:59:59.000000Z") { RecordTime.read($0) }
    while take(",") {
      _ = try string()
      try expect(":")
      _ = try anyValue()
    }
    guard take("}"), offset == bytes.count else { throw fault("a comma, or a closing brace and the end of the line") }
    return (id, time)
  }

  private mutating func value<Value>(
    _ expected: String, _ read: ([UInt8]) -> Value?
  ) throws(RecordError) -> Value {
    let start = offset
    guard let value = read(try string()) else { throw RecordError(byte: start, expected: expected) }
    return value
  }

  private mutating func level() throws(RecordError) -> Level {
    let start = offset
    let digits = numberText()
    guard let number = UInt8(String(decoding: digits, as: UTF8.self)), let level = Level(rawValue: number) else {
      throw RecordError(byte: start, expected: "a level (1, 3, 5 or 10)")
    }
    return level
  }

  private mutating func readFields(into event: inout AuditEvent) throws(RecordError) {
    var last = -1
    while take(",") {
      let start = offset
      let name = try string()
      try expect(":")
      guard let key = FieldKey(name: String(decoding: name, as: UTF8.self)) else {
        let value = try anyValue()
        event.unknownKeys.append(UInt8(ascii: ","))
        Self.append(name, to: &event.unknownKeys)
        event.unknownKeys.append(UInt8(ascii: ":"))
        event.unknownKeys += value
        continue
      }
      guard Int(key.rawValue) > last else {
        throw RecordError(byte: start, expected: "a key that has not been, in its order,")
      }
      last = Int(key.rawValue)
      event.fields.append(key.rawValue, try fieldValue(key.shape))
    }
    guard take("}") else { throw fault("a comma or a closing brace") }
  }

  /// A value of any key as `RecordEncoder` would write it: a text, a number, or an array of these.
  private mutating func anyValue() throws(RecordError) -> [UInt8] {
    guard take("[") else { return try anyScalar() }
    var value = [UInt8(ascii: "[")] + (try anyScalar())
    while take(",") { value += [UInt8(ascii: ",")] + (try anyScalar()) }
    guard take("]") else { throw fault("a comma or a closing bracket") }
    return value + [UInt8(ascii: "]")]
  }

  private mutating func anyScalar() throws(RecordError) -> [UInt8] {
    if peek == UInt8(ascii: "\"") {
      var value: [UInt8] = []
      Self.append(try string(), to: &value)
      return value
    }
    let start = offset
    let number = numberText()
    guard number.withUnsafeBufferPointer(NumberShape.isNumber) else {
      throw RecordError(byte: start, expected: "a text or a number")
    }
    return number
  }

  /// Whoever wrote it, nothing in it obeys a terminal.
  private static func append(_ text: [UInt8], to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    RecordText.unescapedBytes(text).withUnsafeBufferPointer { RecordText.append($0, to: &output) }
    output.append(UInt8(ascii: "\""))
  }

  private mutating func fieldValue(_ shape: FieldKey.Shape) throws(RecordError) -> [UInt8] {
    let start = offset
    switch shape {
    case .texts: return try texts()
    case _ where peek == UInt8(ascii: "\""): return RecordText.unescapedBytes(try string())
    case .integer, .number:
      let text = numberText()
      let fits = text.withUnsafeBufferPointer {
        shape == .integer ? NumberShape.isInteger($0) : NumberShape.isNumber($0)
      }
      guard fits else { throw RecordError(byte: start, expected: "a number or a text") }
      return text
    case .integers: return try integers()
    case .text: throw fault("a text")
    }
  }

  private mutating func texts() throws(RecordError) -> [UInt8] {
    guard take("[") else { throw fault("an array of texts") }
    var value: [UInt8] = RecordText.unescapedBytes(try string())
    while take(",") {
      value.append(0)
      value += RecordText.unescapedBytes(try string())
    }
    guard take("]") else { throw fault("a comma or a closing bracket") }
    return value
  }

  private mutating func integers() throws(RecordError) -> [UInt8] {
    guard take("[") else { throw fault("an array of whole numbers") }
    let start = offset
    while let byte = peek, byte != UInt8(ascii: "]") { offset += 1 }
    let value = Array(bytes[start..<offset])
    guard value.withUnsafeBufferPointer(NumberShape.isIntegerList) else {
      throw RecordError(byte: start, expected: "whole numbers with commas between them")
    }
    guard take("]") else { throw fault("a closing bracket") }
    return value
  }

  private mutating func numberText() -> [UInt8] {
    let start = offset
    while let byte = peek, (48...57).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") {
      offset += 1
    }
    return Array(bytes[start..<offset])
  }

  /// A JSON string (RFC 8259, section 7) whose bytes are UTF-8, with its escapes undone.
  private mutating func string() throws(RecordError) -> [UInt8] {
    guard take("\"") else { throw fault("a text") }
    var text: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        return text
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw fault("no control character but its escape")
      case 0..<0x80:
        text.append(byte)
        offset += 1
      default:
        let (scalar, length) = bytes.withUnsafeBufferPointer { UTF8Scanning.scalar($0, at: offset) }
        guard scalar != nil else { throw fault("UTF-8") }
        text += bytes[offset..<(offset + length)]
        offset += length
      }
    }
    throw fault("a closing quotation mark")
  }

  private mutating func escape(into text: inout [UInt8]) throws(RecordError) {
    let start = offset
    offset += 1
    guard let letter = peek else { throw fault("an escape") }
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(letter)
    case UInt8(ascii: "u"):
      guard let scalar = hexadecimal().flatMap(Unicode.Scalar.init) else {
        throw RecordError(byte: start, expected: "an escape of a whole character")
      }
      text += Array(String(Character(scalar)).utf8)
    default: throw RecordError(byte: start, expected: #"one of the escapes \" \\ \u"#)
    }
  }

  private mutating func hexadecimal() -> UInt32? {
    guard offset + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      switch bytes[offset] {
      case 48...57: value = value << 4 | UInt32(bytes[offset] - 48)
      case 97...102: value = value << 4 | UInt32(bytes[offset] - 87)
      default: return nil
      }
      offset += 1
    }
    return value
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ text: String) throws(RecordError) {
    guard bytes[offset...].starts(with: text.utf8) else { throw fault(text) }
    offset += text.utf8.count
  }

  private func fault(_ expected: String) -> RecordError { RecordError(byte: offset, expected: expected) }
}
