/// A few fields with their values, in one allocation: what an event, a note or a match knows.
///
/// Keys are small numbers that the owner gives a meaning (`FieldKey.rawValue` in events). Values are bytes as the
/// daemon wrote them, not necessarily UTF-8. The layout is key (1 byte), length (4 bytes, little-endian), value, again
/// and again, which is also its form in the checkpoint; look-up is a scan, quicker than hashing for a dozen fields.
public struct FieldSet: Sendable, Hashable {
  /// The fields one behind the other, in the layout above.
  public private(set) var bytes: [UInt8]

  private static let headerLength = 5

  public init() { bytes = [] }

  /// Takes fields in the layout above, as `bytes` gave them.
  ///
  /// Returns nil when the bytes do not hold whole fields (a damaged checkpoint).
  public init?(bytes: [UInt8]) {
    self.bytes = bytes
    var position = 0
    while position < bytes.count {
      guard position + Self.headerLength <= bytes.count else { return nil }
      position += Self.headerLength + length(at: position)
    }
    guard position == bytes.count else { return nil }
  }

  public var isEmpty: Bool { bytes.isEmpty }

  /// The value of a key; nil when it is absent.
  public subscript(key: UInt8) -> ArraySlice<UInt8>? {
    guard let range = range(of: key) else { return nil }
    return bytes[range]
  }

  /// The value of a record's key.
  public subscript(key: FieldKey) -> ArraySlice<UInt8>? { self[key.rawValue] }

  public func contains(_ key: UInt8) -> Bool { range(of: key) != nil }

  public func contains(_ key: FieldKey) -> Bool { range(of: key.rawValue) != nil }

  /// Sets a key, replacing what it had.
  public mutating func set(_ key: UInt8, to value: some Collection<UInt8>) {
    remove(key)
    append(key, value)
  }

  public mutating func set(_ key: FieldKey, to value: some Collection<UInt8>) { set(key.rawValue, to: value) }

  public mutating func set(_ key: FieldKey, to value: String) { set(key.rawValue, to: value.utf8) }

  /// Sets a key that is known to be absent: no look-up.
  public mutating func append(_ key: UInt8, _ value: some Collection<UInt8>) {
    let length = UInt32(truncatingIfNeeded: value.count)
    bytes.reserveCapacity(bytes.count + Self.headerLength + value.count)
    bytes.append(key)
    withUnsafeBytes(of: length.littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: value)
  }

  public mutating func remove(_ key: UInt8) {
    guard let range = range(of: key) else { return }
    bytes.removeSubrange(range.lowerBound - Self.headerLength..<range.upperBound)
  }

  public mutating func remove(_ key: FieldKey) { remove(key.rawValue) }

  /// Calls the body for each field in the order of insertion.
  public func forEach(_ body: (UInt8, ArraySlice<UInt8>) throws -> Void) rethrows {
    var position = 0
    while position < bytes.count {
      let start = position + Self.headerLength
      let end = start + length(at: position)
      try body(bytes[position], bytes[start..<end])
      position = end
    }
  }

  private func range(of key: UInt8) -> Range<Int>? {
    var position = 0
    while position < bytes.count {
      let start = position + Self.headerLength
      let end = start + length(at: position)
      if bytes[position] == key { return start..<end }
      position = end
    }
    return nil
  }

  private func length(at position: Int) -> Int {
    Int(bytes[position + 1]) | Int(bytes[position + 2]) << 8 | Int(bytes[position + 3]) << 16
      | Int(bytes[position + 4]) << 24
  }
}
