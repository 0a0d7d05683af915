/// A few fields with their values, in one allocation: what an event, a note or a match knows.
///
/// Keys are small numbers that the owner gives a meaning (`FieldKey.rawValue` in events). Values are bytes as the
/// daemon wrote them, not necessarily UTF-8, shorter than 16 MiB. The layout is the key's low byte, length (3 bytes,
/// little-endian), the key's high byte, value, again and again, which is also its form in the checkpoint; look-up is a
/// scan, quicker than hashing for a dozen fields.
///
/// The highest bit of a key says that its value is doubtful (`FieldLayout.doubt`); look-ups do not see it.
@frozen public struct FieldSet: Sendable, Hashable {
  /// The fields one behind the other, in the layout above.
  public var bytes: [UInt8] { storage }

  @usableFromInline var storage: [UInt8]

  @usableFromInline static var headerLength: Int { 5 }
  @usableFromInline static var maximumLength: Int { 0xFF_FFFF }

  @inlinable public init() { storage = [] }

  /// Room for so many bytes, headers of five bytes a field included, without moving.
  @inlinable
  public init(minimumCapacity: Int) {
    storage = []
    storage.reserveCapacity(minimumCapacity)
  }

  /// Takes whole fields that were made in the layout above.
  @inlinable public init(wholeFields: UnsafeRawBufferPointer) { storage = Array(wholeFields) }

  /// Takes fields in the layout above, as `bytes` gave them.
  ///
  /// Returns nil when the bytes do not hold whole fields (a damaged checkpoint).
  @inlinable public init?(bytes: [UInt8]) {
    storage = bytes
    var position = 0
    while position < storage.count {
      guard position + Self.headerLength <= storage.count else { return nil }
      position += Self.headerLength + length(at: position)
    }
    guard position == storage.count else { return nil }
  }

  @inlinable public var isEmpty: Bool { storage.isEmpty }

  /// How many bytes the fields take, their headers included.
  @inlinable public var byteCount: Int { storage.count }

  /// The value of a key; nil when it is absent.
  @inlinable public subscript(key: UInt16) -> ArraySlice<UInt8>? {
    guard let range = range(of: key) else { return nil }
    return storage[range]
  }

  /// The value of a record's key.
  @inlinable public subscript(key: FieldKey) -> ArraySlice<UInt8>? { self[key.rawValue] }

  @inlinable public func contains(_ key: UInt16) -> Bool { range(of: key) != nil }

  @inlinable public func contains(_ key: FieldKey) -> Bool { range(of: key.rawValue) != nil }

  /// Whether a key is there and its value doubtful.
  @inlinable public func isDoubtful(_ key: UInt16) -> Bool {
    guard let range = range(of: key) else { return false }
    return storage.withUnsafeBytes { FieldLayout.isDoubtful(valueAt: range.lowerBound, in: $0) }
  }

  /// Sets a key, which may bear the flag of doubt, replacing what it had.
  @inlinable public mutating func set(_ key: UInt16, to value: some Collection<UInt8>) {
    remove(key & ~FieldLayout.doubt)
    append(key, value)
  }

  @inlinable public mutating func set(_ key: FieldKey, to value: some Collection<UInt8>) {
    set(key.rawValue, to: value)
  }

  @inlinable public mutating func set(_ key: FieldKey, to value: String) { set(key.rawValue, to: value.utf8) }

  /// Sets a key that is known to be absent: no look-up.
  @inlinable public mutating func append(_ key: UInt16, _ value: some Collection<UInt8>) {
    let length = min(value.count, Self.maximumLength)
    storage.append(UInt8(truncatingIfNeeded: key))
    let header = UInt32(length) | UInt32(key >> 8) << 24
    Swift.withUnsafeBytes(of: header.littleEndian) { storage.append(contentsOf: $0) }
    storage.append(contentsOf: value.prefix(length))
  }

  @inlinable public mutating func remove(_ key: UInt16) {
    guard let range = range(of: key) else { return }
    storage.removeSubrange(range.lowerBound - Self.headerLength..<range.upperBound)
  }

  @inlinable public mutating func remove(_ key: FieldKey) { remove(key.rawValue) }

  /// Calls the body for each field in the order of insertion.
  @inlinable public func forEachField(_ body: (UInt16, ArraySlice<UInt8>) throws -> Void) rethrows {
    var position = 0
    while position < storage.count {
      let start = position + Self.headerLength
      let end = start + length(at: position)
      try body(key(at: position), storage[start..<end])
      position = end
    }
  }

  @inlinable func range(of key: UInt16) -> Range<Int>? {
    storage.withUnsafeBytes { FieldLayout.range(of: key, in: $0) }
  }

  /// Calls the body with the fields in the layout that `FieldLayout` reads. The bytes do not outlive the call.
  @inlinable
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try storage.withUnsafeBytes(body)
  }

  @inlinable func length(at position: Int) -> Int {
    Int(storage[position + 1]) | Int(storage[position + 2]) << 8 | Int(storage[position + 3]) << 16
  }

  @inlinable func key(at position: Int) -> UInt16 {
    (UInt16(storage[position]) | UInt16(storage[position + 4]) << 8) & ~FieldLayout.doubt
  }
}

/// The layout of `FieldSet.bytes`, for whoever reads or makes it without a `FieldSet`.
///
/// The callers hand in whole fields, as a `FieldSet` has them: lengths are not checked against the end again.
public enum FieldLayout {
  /// The bytes in front of each value.
  @inlinable public static var headerLength: Int { 5 }

  /// Set in the key of a value that comes of a line which can be read a second way, in which the value is another.
  @inlinable public static var doubt: UInt16 { 0x8000 }

  /// The key of the field whose header is at an offset.
  @inlinable public static func key(at offset: Int, in fields: UnsafeRawBufferPointer) -> UInt16 {
    (UInt16(fields[offset]) | UInt16(fields[offset + 4]) << 8) & ~doubt
  }

  /// Whether the value of the field whose header is at an offset is doubtful.
  @inlinable public static func isDoubtful(at offset: Int, in fields: UnsafeRawBufferPointer) -> Bool {
    fields[offset + 4] & UInt8(doubt >> 8) != 0
  }

  /// The same for a field whose value begins at an offset, as `range(of:in:)` gives it.
  @inlinable public static func isDoubtful(valueAt offset: Int, in fields: UnsafeRawBufferPointer) -> Bool {
    isDoubtful(at: offset - headerLength, in: fields)
  }

  /// Where the value of the field lies whose header is at an offset.
  @inlinable public static func value(at offset: Int, in fields: UnsafeRawBufferPointer) -> Range<Int> {
    let length = Int(fields[offset + 1]) | Int(fields[offset + 2]) << 8 | Int(fields[offset + 3]) << 16
    return (offset + headerLength)..<(offset + headerLength + length)
  }

  /// Calls the body with the key and the offset of the header of each field.
  @inlinable
  public static func forEach(in fields: UnsafeRawBufferPointer, _ body: (UInt16, Int) -> Void) {
    var offset = 0
    while offset < fields.count {
      body(key(at: offset, in: fields), offset)
      offset = value(at: offset, in: fields).upperBound
    }
  }

  /// Where the value of a key lies; nil when it is absent.
  @inlinable public static func range(of key: UInt16, in fields: UnsafeRawBufferPointer) -> Range<Int>? {
    var offset = 0
    while offset < fields.count {
      let value = value(at: offset, in: fields)
      if self.key(at: offset, in: fields) == key { return value }
      offset = value.upperBound
    }
    return nil
  }

  /// Writes the header of a value of so many bytes, less than 16 MiB.
  @inlinable
  public static func writeHeader(_ key: UInt16, length: Int, to header: UnsafeMutablePointer<UInt8>) {
    header[0] = UInt8(truncatingIfNeeded: key)
    header[1] = UInt8(truncatingIfNeeded: length)
    header[2] = UInt8(truncatingIfNeeded: length >> 8)
    header[3] = UInt8(truncatingIfNeeded: length >> 16)
    header[4] = UInt8(truncatingIfNeeded: key >> 8)
  }
}
