import ArgumentParser
import Glibc

/// One internet address, in whatever spelling, or a network (CIDR, RFC 4632): what `--ip` takes.
package struct AddressFilter: Sendable, Equatable {
  /// 16 bytes; an IPv4 address as IPv6 has it (`::ffff:192.0.2.1`, RFC 4291), so that both spellings are one address.
  private let bytes: SIMD16<UInt8>
  /// How many of the first bits have to agree.
  private let prefix: Int

  /// Nil when the text is neither an address nor a network.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let (bytes, isShort) = Self.parse(first.utf8) else {
      return nil
    }
    self.bytes = bytes
    guard parts.count == 2 else {
      prefix = 128
      return
    }
    guard let length = Int(parts[1]), (0...(isShort ? 32 : 128)).contains(length), parts[1].allSatisfy(\.isNumber)
    else {
      return nil
    }
    prefix = length + (isShort ? 96 : 0)
  }

  /// Whether an event's address is this one, or in this network.
  package func accepts(_ value: some Collection<UInt8>) -> Bool {
    // The longest text of an address has 45 bytes (INET6_ADDRSTRLEN).
    guard (2...45).contains(value.count), let (other, _) = Self.parse(value) else { return false }
    for index in 0..<16 {
      let bits = min(8, max(0, prefix - index * 8))
      let mask = UInt8(truncatingIfNeeded: 0xff00 >> bits)
      if (bytes[index] ^ other[index]) & mask != 0 { return false }
    }
    return true
  }

  /// The 16 bytes of an address, and whether it was written as an IPv4 address.
  ///
  /// Called for each line of a tree: it takes no memory of its own.
  private static func parse(_ text: some Collection<UInt8>) -> (bytes: SIMD16<UInt8>, isShort: Bool)? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { buffer in
      var count = 0
      var isLong = false
      for byte in text {
        // The C library would take what stands in front of a NUL.
        guard count < 45, byte != 0 else { return nil }
        buffer[count] = CChar(bitPattern: byte)
        isLong = isLong || byte == UInt8(ascii: ":")
        count += 1
      }
      buffer[count] = 0
      var address = SIMD16<UInt8>(repeating: 0)
      guard isLong else {
        var four = in_addr()
        guard inet_pton(AF_INET, buffer.baseAddress, &four) == 1 else { return nil }
        (address[10], address[11]) = (0xff, 0xff)
        withUnsafeBytes(of: four) { for index in 0..<4 { address[12 + index] = $0[index] } }
        return (address, true)
      }
      var six = in6_addr()
      guard inet_pton(AF_INET6, buffer.baseAddress, &six) == 1 else { return nil }
      withUnsafeBytes(of: six) { for index in 0..<16 { address[index] = $0[index] } }
      return (address, false)
    }
  }
}
