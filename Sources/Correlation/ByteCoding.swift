/// Writes numbers (little-endian) and byte strings with their lengths: the form of state in a checkpoint.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func write(_ value: some Collection<UInt8>) {
    write(UInt32(truncatingIfNeeded: value.count))
    bytes.append(contentsOf: value)
  }
}

/// Reads what `ByteWriter` wrote; every read returns nil behind the end or on nonsense.
struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: some Collection<UInt8>) {
    self.bytes = ArraySlice(bytes)
    position = self.bytes.startIndex
  }

  var isAtEnd: Bool { position == bytes.endIndex }

  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
    let size = MemoryLayout<Number>.size
    guard bytes.endIndex - position >= size else { return nil }
    var value: Number = 0
    withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes[position..<(position + size)]) }
    position += size
    return Number(littleEndian: value)
  }

  mutating func string() -> [UInt8]? {
    guard let count = number(UInt32.self).map(Int.init), bytes.endIndex - position >= count else { return nil }
    defer { position += count }
    return Array(bytes[position..<(position + count)])
  }
}
