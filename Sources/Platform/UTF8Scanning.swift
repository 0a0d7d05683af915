/// Where characters begin and end in bytes that need not be UTF-8 (RFC 3629, section 4).
package enum UTF8Scanning {
  /// The character at an offset and its length; nil and 1 when the byte is no part of valid UTF-8.
  package static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (scalar: UInt32?, length: Int) {
    precondition(offset < bytes.count)
    let first = bytes[offset]
    let length: Int
    var scalar: UInt32
    switch first {
    case 0..<0x80: return (UInt32(first), 1)
    case 0xc2...0xdf: (length, scalar) = (2, UInt32(first & 0x1f))
    case 0xe0...0xef: (length, scalar) = (3, UInt32(first & 0x0f))
    case 0xf0...0xf4: (length, scalar) = (4, UInt32(first & 0x07))
    default: return (nil, 1)
    }
    guard offset + length <= bytes.count else { return (nil, 1) }
    for next in 1..<length {
      guard bytes[offset + next] & 0xc0 == 0x80 else { return (nil, 1) }
      scalar = scalar << 6 | UInt32(bytes[offset + next] & 0x3f)
    }
    // Overlong forms, surrogates and numbers beyond Unicode are no characters.
    let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x1_0000
    guard scalar >= least, scalar <= 0x10_ffff, !(0xd800...0xdfff).contains(scalar) else { return (nil, 1) }
    return (scalar, length)
  }

  /// The largest length up to a limit that cuts no character in two.
  package static func boundary(_ bytes: UnsafeBufferPointer<UInt8>, limit: Int) -> Int {
    guard bytes.count > limit else { return bytes.count }
    for start in stride(from: limit, to: max(0, limit - 4), by: -1) where bytes[start] & 0xc0 != 0x80 {
      return start
    }
    // Four continuation bytes in a row are no text: any offset will do.
    return limit
  }
}
