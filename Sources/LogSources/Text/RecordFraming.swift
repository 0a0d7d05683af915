import Glibc

/// How the bytes of a text log are cut into what its format takes apart.
enum RecordFraming: Sendable, Equatable {
  /// A line each, of so many bytes at the most.
  case lines(limit: Int)
  /// Entries of journalctl's export format: fields may hold line feeds, a blank line ends each.
  case journalExport
}

/// Finds where entries of the export format end (systemd.io/JOURNAL_EXPORT_FORMATS).
///
/// A field is `NAME=value` and a line feed; or, whatever its value holds, the name and a line feed, the length in 8 bytes,
/// little-endian, the value and a line feed. Lengths are followed and never guessed: a value is a stranger's text, and may
/// look like the end of its entry and the beginning of another one. It keeps no bytes and allocates nothing.
struct ExportFraming {
  /// What was found in bytes.
  enum Result: Equatable {
    /// The entry ends in front of this index.
    case end(Int)
    /// More bytes are needed.
    case open
    /// This byte is none of the format: where entries begin is not known any more.
    case damage(Int)
  }

  private enum State {
    case fieldStart, name, text, valueEnd
    /// So many bytes of the length were read.
    case length(count: UInt64, value: UInt64)
    /// So many bytes of the value are to come.
    case value(UInt64)
  }

  private var state = State.fieldStart
  private var nameLength = 0
  /// Whether the entry has a field.
  private var hasField = false
  /// Which of `firstNames` the name of the entry's first field may still be.
  private var possible: UInt8 = 0
  private var isFirstName = false
  /// Whether the file begins with the entry. A file that was cut in front begins within a field, whose text is a
  /// stranger's: what looks like blank lines and another entry there is none.
  private let isFirst: Bool

  init(isFirst: Bool = true) { self.isFirst = isFirst }

  /// Every entry begins with one of these, journalctl's with its cursor.
  private static let firstNames: [StaticString] = ["__CURSOR", "__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP"]

  /// Longer names journald refuses (journal_field_valid in its code).
  static let nameLimit = 64
  /// Longer values systemd-journal-remote refuses.
  static let valueLimit: UInt64 = 768 << 20

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
  }

  /// Goes on through further bytes.
  mutating func advance(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Result {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      switch state {
      case .fieldStart where byte == 10:
        if hasField { return .end(index + 1) }
        // Further blank lines between entries are nothing.
        if isFirst { return .damage(index) }
        index += 1
      case .fieldStart:
        possible = hasField ? 0 : 1 << UInt8(Self.firstNames.count) - 1
        (state, nameLength, isFirstName, hasField) = (.name, 0, !hasField, true)
      case .name:
        guard takeName(byte) else { return .damage(index) }
        index += 1
      case .text:
        let end = memchr(bytes.baseAddress! + index, 10, bytes.count - index)
        if end != nil { state = .fieldStart }
        index = end.map { UnsafeRawPointer($0) - bytes.baseAddress! + 1 } ?? bytes.count
      case .length(let count, let value):
        guard takeLength(byte, count, value) else { return .damage(index) }
        index += 1
      case .value(let rest):
        let count = min(rest, UInt64(bytes.count - index))
        state = count == rest ? .valueEnd : .value(rest - count)
        index += Int(count)
      case .valueEnd:
        guard byte == 10 else { return .damage(index) }
        state = .fieldStart
        index += 1
      }
    }
    return .open
  }

  private mutating func takeName(_ byte: UInt8) -> Bool {
    let ends = byte == UInt8(ascii: "=") || byte == 10
    if isFirstName {
      for (index, name) in Self.firstNames.enumerated() {
        let isSame =
          ends
          ? name.utf8CodeUnitCount == nameLength
          : nameLength < name.utf8CodeUnitCount && name.utf8Start[nameLength] == byte
        if !isSame { possible &= ~(1 << UInt8(index)) }
      }
      guard possible != 0 else { return false }
    }
    switch byte {
    case UInt8(ascii: "="): state = .text
    case 10: state = .length(count: 0, value: 0)
    default:
      nameLength += 1
      return nameLength <= Self.nameLimit && Self.isNameByte(byte)
    }
    return nameLength > 0
  }

  private mutating func takeLength(_ byte: UInt8, _ count: UInt64, _ value: UInt64) -> Bool {
    let value = value | UInt64(byte) << (8 * count)
    state = count < 7 ? .length(count: count + 1, value: value) : value == 0 ? .valueEnd : .value(value)
    return count < 7 || value <= Self.valueLimit
  }
}
