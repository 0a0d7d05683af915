/// Bytes as the key of a dictionary, hashed in one go: the library's own hashing of arrays takes byte for byte.
public struct ByteKey: Hashable, Sendable {
  public let bytes: [UInt8]

  @inlinable public init(_ bytes: [UInt8]) { self.bytes = bytes }

  @inlinable
  public static func == (left: ByteKey, right: ByteKey) -> Bool { left.bytes == right.bytes }

  @inlinable
  public func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}
