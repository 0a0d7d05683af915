/// Bytes as the key of a dictionary, hashed in one go: the library's own hashing of arrays takes byte for byte.
package struct ByteKey: Hashable, Sendable {
  package let bytes: [UInt8]

  @inlinable package init(_ bytes: [UInt8]) { self.bytes = bytes }

  @inlinable
  package static func == (left: ByteKey, right: ByteKey) -> Bool { left.bytes == right.bytes }

  @inlinable
  package func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
}
