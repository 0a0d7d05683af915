/// The address of a mailbox in its one canonical form: with a domain, its case folded as configured. It names a trail's
/// owner.
///
/// Both parts are bytes: what daemons log need not be UTF-8. `MailboxNaming` makes one of an `AccountName` or of an
/// `EnvelopeAddress`.
public struct MailboxAddress: Sendable, Hashable {
  /// The whole address, `local@domain`.
  public let bytes: [UInt8]
  private let at: Int

  /// In one go: the library's own hashing of arrays takes byte for byte.
  public func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }

  public static func == (left: MailboxAddress, right: MailboxAddress) -> Bool { left.bytes == right.bytes }

  /// Splits at the last `@`; nil when a part is empty or missing.
  public init?(_ bytes: [UInt8]) {
    guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), at > 0, at < bytes.count - 1 else { return nil }
    self.bytes = bytes
    self.at = at
  }

  /// The part in front of the last `@`.
  public var localPart: ArraySlice<UInt8> { bytes[..<at] }

  /// The part behind the last `@`.
  public var domain: ArraySlice<UInt8> { bytes[(at + 1)...] }
}
