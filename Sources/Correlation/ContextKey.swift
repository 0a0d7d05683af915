import Glibc

/// The identity of a context: 128 bits of a keyed hash of its kind, the host, and the parts of its key with their lengths,
/// so that no part can pretend to be two.
///
/// A hash rather than the bytes: a million open queue ids are a million keys. The hash's secret is this tree's own, so
/// that nobody who writes log lines can make two keys meet.
struct ContextKey: Hashable, Sendable {
  var high: UInt64
  var low: UInt64

  /// What no key is.
  static let none = ContextKey(high: 0, low: 0)

  /// The half is as evenly spread as any hash of it would be.
  func hash(into hasher: inout Hasher) { hasher.combine(low) }
}

extension ContextKey {
  /// The sixteen bytes of a checkpoint.
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.write(high)
    writer.write(low)
    return writer.bytes
  }

  init?(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard let high = reader.number(UInt64.self), let low = reader.number(UInt64.self), reader.isAtEnd else {
      return nil
    }
    self.init(high: high, low: low)
  }
}

/// What only this tree's collectors know, from which the keys of contexts are made.
struct KeySecret: Sendable, Equatable {
  var high: UInt64
  var low: UInt64

  /// One from the system's random source.
  static func random() -> KeySecret {
    var system = SystemRandomNumberGenerator()
    return KeySecret(high: system.next(), low: system.next())
  }

  /// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein: "SipHash: a fast short-input PRF").
  func key(of bytes: UnsafeRawBufferPointer) -> ContextKey {
    var state = SipState(secret: self)
    var offset = 0
    while offset + 8 <= bytes.count {
      state.absorb(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset += 8
    }
    var last = UInt64(bytes.count) << 56
    var shift: UInt64 = 0
    while offset < bytes.count {
      last |= UInt64(bytes[offset]) << shift
      shift += 8
      offset += 1
    }
    state.absorb(last)
    let key = state.finish()
    return key == .none ? ContextKey(high: 0, low: 1) : key
  }
}

private struct SipState {
  private var v0, v1, v2, v3: UInt64

  init(secret: KeySecret) {
    v0 = secret.low ^ 0x736f_6d65_7073_6575
    v1 = secret.high ^ 0x646f_7261_6e64_6f6d ^ 0xee
    v2 = secret.low ^ 0x6c79_6765_6e65_7261
    v3 = secret.high ^ 0x7465_6462_7974_6573
  }

  @inline(__always)
  mutating func absorb(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  mutating func finish() -> ContextKey {
    v2 ^= 0xee
    for _ in 0..<4 { round() }
    let low = v0 ^ v1 ^ v2 ^ v3
    v1 ^= 0xdd
    for _ in 0..<4 { round() }
    return ContextKey(high: v0 ^ v1 ^ v2 ^ v3, low: low)
  }

  @inline(__always)
  private mutating func round() {
    v0 = v0 &+ v1
    v1 = Self.rotated(v1, 13) ^ v0
    v0 = Self.rotated(v0, 32)
    v2 = v2 &+ v3
    v3 = Self.rotated(v3, 16) ^ v2
    v0 = v0 &+ v3
    v3 = Self.rotated(v3, 21) ^ v0
    v2 = v2 &+ v1
    v1 = Self.rotated(v1, 17) ^ v2
    v2 = Self.rotated(v2, 32)
  }

  @inline(__always)
  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 &- count)
  }
}
