import Glibc

/// Whose lines are whose: a machine id for each host name.
struct HostNames {
  /// gethostname(2).
  let ownName: [UInt8]
  /// machine-id(5); zero when there is none.
  let ownMachine: ID128

  init() {
    var buffer = [CChar](repeating: 0, count: 256)
    ownName =
      gethostname(&buffer, buffer.count - 1) == 0 ? buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) } : []
    ownMachine = Self.machineID() ?? .zero
  }

  /// The own machine's id, or one made from the name up to its first dot.
  func machine(ofHost host: [UInt8]) -> ID128 {
    let short = Self.short(host)
    if short == Self.short(ownName) { return ownMachine }
    return ID128(high: 0, low: short.withUnsafeBytes { LineHash.of($0) })
  }

  /// Whether it is this machine's name, whole or without its domain. Hosts of two domains may have the same first part.
  func isOwn(_ host: [UInt8]) -> Bool {
    let (host, own) = (host.map(Self.lowercased), ownName.map(Self.lowercased))
    return host == own || !host.contains(UInt8(ascii: ".")) && host == Self.short(own)
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

  private static func short(_ host: [UInt8]) -> [UInt8] {
    host.prefix { $0 != UInt8(ascii: ".") }.map(lowercased)
  }

  private static func machineID() -> ID128? {
    let descriptor = open("/etc/machine-id", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var digits = [UInt8](repeating: 0, count: 32)
    guard read(descriptor, &digits, 32) == 32 else { return nil }
    return digits.withUnsafeBytes { ID128(hexadecimal: $0) }
  }
}
