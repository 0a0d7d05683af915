/// An entry of a journal that journalctl wrote into a file: all its fields, and what the journal keeps beside them.
///
/// Its trusted fields are what they were in the journal, so that it is believed as the entry itself would be, and not as
/// a line of a text log is.
public struct ExportedEntry: Sendable, Equatable {
  /// Microseconds since 1970; 0 as long as it is not known.
  private(set) var realtime: UInt64 = 0
  private(set) var monotonic: UInt64 = 0
  private(set) var bootID = ID128.zero
  /// The `x=` of its cursor; nil without one.
  private(set) var contentHash: UInt64?
  /// Whether journalctl left the message out, because it was long and `--all` was not given.
  var isMessageLeftOut = false
  /// The fields one behind the other, `NAME=value` each, and where each of them ends.
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  /// Which of `single` there are.
  private var present: UInt16 = 0

  /// What an entry has once. Twice in one entry they are of two that ran together, or of a writer that is not journalctl.
  private static let single: [StaticString] = [
    "__CURSOR", "__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP", "_BOOT_ID", "_MACHINE_ID", "_HOSTNAME", "_UID", "_PID",
    "_COMM", "_EXE", "_SYSTEMD_UNIT", "_SYSTEMD_SLICE",
  ]

  /// The last second of the year 9999.
  private static let latest: UInt64 = 253_402_300_799_999_999

  /// Adds a field; false when no entry can have it.
  mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Bool {
    guard name.first == UInt8(ascii: "_") else {
      keep(name, value)
      return true
    }
    if let index = Self.single.firstIndex(where: { name.elementsEqual($0.bytes) }) {
      guard present & 1 << index == 0, note(index, value) else { return false }
      present |= 1 << index
    }
    // What begins with two underscores is no field.
    if name.count > 1, name[1] != UInt8(ascii: "_") { keep(name, value) }
    return true
  }

  private mutating func keep(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: name)
    bytes.append(UInt8(ascii: "="))
    bytes.append(contentsOf: value)
    ends.append(bytes.count)
  }

  /// Takes what is no field of the entry from it; false when it is none of its form.
  private mutating func note(_ index: Int, _ value: UnsafeRawBufferPointer) -> Bool {
    switch index {
    case 0: contentHash = Cursor(bytes: value)?.contentHash
    case 1:
      guard let number = Self.number(value), number <= Self.latest else { return false }
      realtime = number
    case 2:
      guard let number = Self.number(value) else { return false }
      monotonic = number
    case 3:
      guard let id = ID128(hexadecimal: value) else { return false }
      bootID = id
    default: break
    }
    return true
  }

  private static func number(_ digits: UnsafeRawBufferPointer) -> UInt64? {
    guard !digits.isEmpty, digits.count <= 19, digits.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
    return digits.reduce(0) { $0 * 10 + UInt64($1 - 48) }
  }

  func forEachField(_ body: (UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { all in
      var start = 0
      for end in ends {
        body(UnsafeRawBufferPointer(rebasing: all[start..<end]))
        start = end
      }
    }
  }

  /// As what a text log has; nil when it has no time.
  var line: TextLine? {
    guard realtime > 0 else { return nil }
    var line = TextLine(time: LineTime(microseconds: realtime), message: 0..<0)
    line.content = .entry(self)
    return line
  }
}

// MARK: - Its two forms

extension ExportedEntry {
  /// `journalctl -o export`: one whole entry, the blank line at its end included.
  init?(export bytes: UnsafeRawBufferPointer) {
    var cursor = LineCursor(bytes)
    while !cursor.skip("\n") {
      let start = cursor.index
      while ExportFraming.isNameByte(cursor.byte) { cursor.index += 1 }
      let name = UnsafeRawBufferPointer(rebasing: bytes[start..<cursor.index])
      guard !name.isEmpty, let value = Self.value(&cursor), add(name: name, value: value) else { return nil }
    }
    guard cursor.isAtEnd else { return nil }
  }

  private static func value(_ cursor: inout LineCursor) -> UnsafeRawBufferPointer? {
    let bytes = cursor.bytes
    var range: Range<Int>
    if cursor.skip("=") {
      guard let text = cursor.text(upTo: "\n", limit: bytes.count) else { return nil }
      range = text
    } else {
      guard cursor.skip("\n"), bytes.count - cursor.index >= 8 else { return nil }
      let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: cursor.index, as: UInt64.self))
      cursor.index += 8
      guard length <= UInt64(bytes.count - cursor.index) else { return nil }
      range = cursor.index..<(cursor.index + Int(length))
      cursor.index = range.upperBound
    }
    return cursor.skip("\n") ? UnsafeRawBufferPointer(rebasing: bytes[range]) : nil
  }

  /// A line of `journalctl -o json`, also in front of it what `-o json-seq` and `-o json-sse` have.
  init?(json bytes: UnsafeRawBufferPointer) {
    var cursor = LineCursor(bytes)
    if !cursor.skip("\u{1e}") { _ = cursor.skip(word: "data: ") }
    var reader = JSONReader(cursor)
    var values = JSONFieldValues()
    let isWhole = reader.members { name, reader in
      // Other programs add names that no field has.
      guard name.count <= ExportFraming.nameLimit, name.allSatisfy(ExportFraming.isNameByte) else {
        return reader.skip()
      }
      return values.read(&reader) { value in
        guard let value else {
          if name.elementsEqual("MESSAGE".utf8) { isMessageLeftOut = true }
          return true
        }
        return name.withUnsafeBytes { name in value.withUnsafeBytes { add(name: name, value: $0) } }
      }
    }
    guard isWhole, reader.isAtEnd else { return nil }
  }
}

/// The values of one field as journalctl writes them in JSON: a text; an array of bytes where it is none; null where it
/// is long; an array of these for several.
private struct JSONFieldValues {
  private var value: [UInt8] = []

  /// Calls the body with each value, nil for one that was left out; a value of other programs is passed.
  mutating func read(_ reader: inout JSONReader, _ body: ([UInt8]?) -> Bool) -> Bool {
    guard reader.peek() == UInt8(ascii: "[") else { return single(&reader, body) }
    var (isOfBytes, isFirst) = (false, true)
    value.removeAll(keepingCapacity: true)
    let isArray = reader.elements { reader in
      if isFirst { isOfBytes = reader.peek() &- 48 < 10 }
      isFirst = false
      return isOfBytes ? byte(&reader) : single(&reader, body)
    }
    return isArray && (!isOfBytes || body(value))
  }

  private mutating func single(_ reader: inout JSONReader, _ body: ([UInt8]?) -> Bool) -> Bool {
    switch reader.peek() {
    case UInt8(ascii: "n"): return reader.skipNull() && body(nil)
    case UInt8(ascii: "\""):
      value.removeAll(keepingCapacity: true)
      return reader.string(into: &value) && body(value)
    case UInt8(ascii: "["):
      value.removeAll(keepingCapacity: true)
      return reader.elements { byte(&$0) } && body(value)
    default: return reader.skip()
    }
  }

  private mutating func byte(_ reader: inout JSONReader) -> Bool {
    guard let byte = reader.byte() else { return false }
    value.append(byte)
    return true
  }
}

extension StaticString {
  fileprivate var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
