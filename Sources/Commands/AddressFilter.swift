import ArgumentParser
import Glibc

/// One internet address, in whatever spelling, or a network (CIDR, RFC 4632): what `--ip` takes.
package struct AddressFilter: Sendable, Equatable {
  /// 16 bytes; an IPv4 address as IPv6 has it (`::ffff:192.0.2.1`, RFC 4291), so that both spellings are one address.
  private let bytes: SIMD16<UInt8>
  /// Has the bits that have to agree.
  private let mask: SIMD16<UInt8>

  /// Nil when the text is neither an address nor a network.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let (bytes, isShort) = Self.parse(first.utf8) else {
      return nil
    }
    self.bytes = bytes
    guard parts.count == 2 else {
      mask = SIMD16(repeating: 0xff)
      return
    }
    guard let length = Int(parts[1]), (0...(isShort ? 32 : 128)).contains(length), parts[1].allSatisfy(\.isNumber)
    else {
      return nil
    }
    mask = Self.mask(length + (isShort ? 96 : 0))
  }

  /// Whether an event's address is this one, or in this network.
  package func accepts(_ value: some Collection<UInt8>) -> Bool {
    // The longest text of an address has 45 bytes (INET6_ADDRSTRLEN).
    guard (2...45).contains(value.count), let (other, _) = Self.parse(value) else { return false }
    return (bytes ^ other) & mask == SIMD16(repeating: 0)
  }

  private static func mask(_ prefix: Int) -> SIMD16<UInt8> {
    var mask = SIMD16<UInt8>(repeating: 0)
    for index in 0..<16 { mask[index] = UInt8(truncatingIfNeeded: 0xff00 >> min(8, max(0, prefix - index * 8))) }
    return mask
  }

  /// The 16 bytes of an address, and whether it was written as an IPv4 address.
  ///
  /// Called for each line of a tree: it takes no memory of its own.
  private static func parse(_ text: some Collection<UInt8>) -> (bytes: SIMD16<UInt8>, isShort: Bool)? {
    if let short = parseShort(text) { return (short, true) }
    // The C library would take what stands in front of a NUL.
    guard text.count <= 45, text.contains(UInt8(ascii: ":")), !text.contains(0) else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { buffer in
      for (index, byte) in text.enumerated() { buffer[index] = CChar(bitPattern: byte) }
      buffer[text.count] = 0
      var six = in6_addr()
      guard inet_pton(AF_INET6, buffer.baseAddress, &six) == 1 else { return nil }
      return (withUnsafeBytes(of: six) { $0.loadUnaligned(as: SIMD16<UInt8>.self) }, false)
    }
  }

  /// An IPv4 address as inet_pton(3) takes it: four numbers in decimal, without zeros in front.
  private static func parseShort(_ text: some Collection<UInt8>) -> SIMD16<UInt8>? {
    var address = SIMD16<UInt8>(repeating: 0)
    (address[10], address[11]) = (0xff, 0xff)
    var part = 12
    var number = 0
    var digits = 0
    for byte in text {
      switch byte {
      case 48...57:
        guard digits == 0 || number > 0 else { return nil }
        number = number * 10 + Int(byte - 48)
        digits += 1
        guard number <= 255 else { return nil }
      case UInt8(ascii: "."):
        guard digits > 0, part < 15 else { return nil }
        address[part] = UInt8(number)
        (part, number, digits) = (part + 1, 0, 0)
      default: return nil
      }
    }
    guard digits > 0, part == 15 else { return nil }
    address[15] = UInt8(number)
    return address
  }
}
