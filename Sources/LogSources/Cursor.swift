import Glibc

/// The position of one entry in the journal, as sd_journal_get_cursor(3) writes it: `s=…;i=…;b=…;m=…;t=…;x=…`.
///
/// Parsed strictly: libsystemd takes a damaged cursor without complaint and seeks to nowhere.
public struct Cursor: Sendable, Hashable {
  /// `s=`: the id of the sequence numbers.
  public var sequenceID: ID128
  /// `i=`: the sequence number.
  public var sequenceNumber: UInt64
  /// `b=`.
  public var bootID: ID128
  /// `m=`, microseconds since the boot.
  public var monotonic: UInt64
  /// `t=`, microseconds since 1970, UTC.
  public var realtime: UInt64
  /// `x=`.
  public var contentHash: UInt64

  public init(
    sequenceID: ID128, sequenceNumber: UInt64, bootID: ID128, monotonic: UInt64, realtime: UInt64, contentHash: UInt64
  ) {
    self.sequenceID = sequenceID
    self.sequenceNumber = sequenceNumber
    self.bootID = bootID
    self.monotonic = monotonic
    self.realtime = realtime
    self.contentHash = contentHash
  }

  /// Reads a cursor; nil unless all six parts are there, in order, each with its right number of lower-case digits.
  public init?(_ text: String) {
    var text = text
    guard let cursor = text.withUTF8({ Cursor(bytes: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = cursor
  }

  /// Reads a cursor that libsystemd has just written.
  init?(cString: UnsafePointer<CChar>) {
    self.init(bytes: UnsafeRawBufferPointer(start: cString, count: Int(strlen(cString))))
  }

  /// Reads the bytes of a cursor's text.
  init?(bytes: UnsafeRawBufferPointer) {
    var rest = Substrings(bytes)
    guard let sequenceID = rest.id("s"), let sequenceNumber = rest.number("i"), let bootID = rest.id("b"),
      let monotonic = rest.number("m"), let realtime = rest.number("t"), let contentHash = rest.number("x"),
      rest.isAtEnd
    else { return nil }
    self.init(
      sequenceID: sequenceID, sequenceNumber: sequenceNumber, bootID: bootID, monotonic: monotonic,
      realtime: realtime, contentHash: contentHash)
  }

  /// The `x=` at the end of a cursor's text, without parsing the rest of it: asked for every entry that is kept.
  static func contentHash(ofCString text: UnsafePointer<CChar>) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    // From the last byte in front of the NUL down to 0 at the most.
    var index = Int(strlen(text)) - 1
    // The equals sign in front of the number ends it, and the text has one.
    while index >= 0, text[index] != 61 {
      let byte = UInt64(UInt8(bitPattern: text[index]))
      value |= (byte < 58 ? byte - 48 : byte - 87) &<< shift
      shift += 4
      index -= 1
    }
    return value
  }

  /// The parts between the semicolons, one after the other.
  private struct Substrings {
    private var rest: UnsafeRawBufferPointer
    private(set) var isAtEnd = false

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func id(_ key: Unicode.Scalar) -> ID128? { digits(key).flatMap { ID128(hexadecimal: $0) } }

    mutating func number(_ key: Unicode.Scalar) -> UInt64? {
      guard let digits = digits(key), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
      return Hexadecimal.value(digits)
    }

    private mutating func digits(_ key: Unicode.Scalar) -> UnsafeRawBufferPointer? {
      let end = rest.firstIndex(of: UInt8(ascii: ";"))
      let part = UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.count)])
      rest = UnsafeRawBufferPointer(rebasing: rest[(end.map { $0 + 1 } ?? rest.count)...])
      isAtEnd = end == nil
      guard part.count > 2, part[0] == UInt8(ascii: key), part[1] == UInt8(ascii: "=") else { return nil }
      let digits = UnsafeRawBufferPointer(rebasing: part[2...])
      return digits.contains { (65...70).contains($0) } ? nil : digits
    }
  }
}

extension Cursor: CustomStringConvertible {
  /// The text that libsystemd and journalctl take.
  public var description: String {
    "s=\(sequenceID);i=\(Hexadecimal.text(sequenceNumber));b=\(bootID);m=\(Hexadecimal.text(monotonic));"
      + "t=\(Hexadecimal.text(realtime));x=\(Hexadecimal.text(contentHash))"
  }
}
