import ArgumentParser
import Glibc

/// One internet address, in whatever spelling, or a network (CIDR, RFC 4632): what `--ip` takes.
package struct AddressFilter: Sendable, Equatable {
  /// An IPv4 address as IPv6 has it (`::ffff:192.0.2.1`, RFC 4291), so that both spellings are one address.
  private let bits: UInt128
  /// Has the bits that have to agree.
  private let mask: UInt128

  /// Nil when the text is neither an address nor a network.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let (bits, isShort) = Self.parse(first.utf8) else {
      return nil
    }
    self.bits = bits
    guard parts.count == 2 else {
      mask = .max
      return
    }
    guard let length = Int(parts[1]), (0...(isShort ? 32 : 128)).contains(length), parts[1].allSatisfy(\.isNumber)
    else {
      return nil
    }
    let prefix = length + (isShort ? 96 : 0)
    mask = prefix == 0 ? 0 : .max << (128 - prefix)
  }

  /// Whether an event's address is this one, or in this network.
  package func accepts(_ value: some Collection<UInt8>) -> Bool {
    // The longest text of an address has 45 bytes (INET6_ADDRSTRLEN).
    guard (2...45).contains(value.count), let (other, _) = Self.parse(value) else { return false }
    return (bits ^ other) & mask == 0
  }

  /// The bits of an address, and whether it was written as an IPv4 address.
  ///
  /// Called for each line of a tree: it takes no memory of its own.
  private static func parse(_ text: some Collection<UInt8>) -> (bits: UInt128, isShort: Bool)? {
    if let short = parseShort(text) { return (short, true) }
    // The C library would take what stands in front of a NUL.
    guard text.count <= 45, text.contains(UInt8(ascii: ":")), !text.contains(0) else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { buffer in
      for (index, byte) in text.enumerated() { buffer[index] = CChar(bitPattern: byte) }
      buffer[text.count] = 0
      var six = in6_addr()
      guard inet_pton(AF_INET6, buffer.baseAddress, &six) == 1 else { return nil }
      return (withUnsafeBytes(of: six) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }, false)
    }
  }

  /// An IPv4 address as inet_pton(3) takes it: four numbers in decimal, without zeros in front.
  private static func parseShort(_ text: some Collection<UInt8>) -> UInt128? {
    var address: UInt32 = 0
    var points = 0
    var number: UInt32 = 0
    var digits = 0
    for byte in text {
      switch byte {
      case 48...57:
        guard digits == 0 || number > 0 else { return nil }
        number = number * 10 + UInt32(byte - 48)
        digits += 1
        guard number <= 255 else { return nil }
      case UInt8(ascii: "."):
        guard digits > 0, points < 3 else { return nil }
        address = address << 8 | number
        (points, number, digits) = (points + 1, 0, 0)
      default: return nil
      }
    }
    guard digits > 0, points == 3 else { return nil }
    return 0xffff_0000_0000 | UInt128(address << 8 | number)
  }
}
