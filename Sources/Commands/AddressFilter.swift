import ArgumentParser
import Glibc

/// One internet address, in whatever spelling, or a network (CIDR, RFC 4632): what `--ip` takes.
package struct AddressFilter: Sendable, Equatable {
  /// 16 bytes; an IPv4 address as IPv6 has it (`::ffff:192.0.2.1`, RFC 4291), so that both spellings are one address.
  private let bytes: [UInt8]
  /// How many of the first bits have to agree.
  private let prefix: Int

  /// Nil when the text is neither an address nor a network.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2, let (bytes, isShort) = Self.parse(String(first)) else {
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
    guard value.count <= 45, let (other, _) = Self.parse(String(decoding: value, as: UTF8.self)) else { return false }
    for index in 0..<16 {
      let bits = min(8, max(0, prefix - index * 8))
      let mask = UInt8(truncatingIfNeeded: 0xff00 >> bits)
      if (bytes[index] ^ other[index]) & mask != 0 { return false }
    }
    return true
  }

  /// The 16 bytes of an address, and whether it was written as an IPv4 address.
  private static func parse(_ text: String) -> (bytes: [UInt8], isShort: Bool)? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      let bytes = withUnsafeBytes(of: four) { Array($0) }
      return ([UInt8](repeating: 0, count: 10) + [0xff, 0xff] + bytes, true)
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    return (withUnsafeBytes(of: six) { Array($0) }, false)
  }
}
