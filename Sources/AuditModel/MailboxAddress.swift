/// The address of a mailbox in its one canonical form: lower-cased, without +extension, with a domain.
///
/// Both parts are bytes: what daemons log need not be UTF-8. Making one from a log's text is the work of
/// `MailboxNaming`.
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

/// How the names in a log become addresses of mailboxes (`mailboxes` in mailtrail.yaml(5)).
public struct MailboxNaming: Sendable, Equatable {
  /// The domain of names without one, lower-cased.
  public var defaultDomain: [UInt8]
  /// Whether `Ann@Example.org` is `ann@example.org`; domains are always folded.
  public var foldsCase: Bool
  /// What separates the user from an extension (`+`); empty for none.
  public var extensionDelimiters: [UInt8]

  public init(defaultDomain: String = "localhost", foldsCase: Bool = true, extensionDelimiters: String = "+") {
    self.defaultDomain = Array(defaultDomain.lowercased().utf8)
    self.foldsCase = foldsCase
    self.extensionDelimiters = Array(extensionDelimiters.utf8)
  }

  /// The mailbox that a name in a log means; nil for no name at all.
  ///
  /// Never fails on odd text: whether such a name is a mailbox is not decided here.
  public func address(of name: some Collection<UInt8>) -> MailboxAddress? {
    if let found = name.withContiguousStorageIfAvailable({ address(of: $0) }) { return found }
    return Array(name).withUnsafeBufferPointer { address(of: $0) }
  }

  private func address(of name: UnsafeBufferPointer<UInt8>) -> MailboxAddress? {
    let bytes = [UInt8](unsafeUninitializedCapacity: maximumLength(ofName: name.count)) { buffer, count in
      count = write(addressOf: name, to: buffer.baseAddress!)
    }
    return MailboxAddress(bytes)
  }

  /// The longest address that a name of so many bytes may mean.
  public func maximumLength(ofName count: Int) -> Int { count + defaultDomain.count + 1 }

  /// Writes the address of the mailbox that a name means where there is room for `maximumLength`; returns its length,
  /// 0 for no name at all.
  public func write(addressOf name: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) -> Int {
    let at = name.lastIndex(of: UInt8(ascii: "@"))
    let isWhole = at.map { $0 > 0 && $0 < name.count - 1 } ?? false
    let local = UnsafeBufferPointer(rebasing: isWhole ? name[..<at!] : name[...])
    var count: Int
    if local.first == UInt8(ascii: "\"") {
      count = Self.unquoted(Array(local)[...]).withUnsafeBufferPointer { write(local: $0, isWhole, to: output) }
    } else {
      count = write(local: local, isWhole, to: output)
    }
    guard count > 0 else { return 0 }
    output[count] = UInt8(ascii: "@")
    count += 1
    if isWhole {
      for byte in name[(at! + 1)...] {
        output[count] = Self.lowercased(byte)
        count += 1
      }
    } else {
      for byte in defaultDomain {
        output[count] = byte
        count += 1
      }
    }
    return count
  }

  private func write(
    local: UnsafeBufferPointer<UInt8>, _ isWhole: Bool, to output: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var count = 0
    for byte in local {
      // A name without a domain keeps no stray "@".
      if !isWhole, byte == UInt8(ascii: "@") { continue }
      if count > 0, extensionDelimiters.contains(byte) { break }
      output[count] = foldsCase ? Self.lowercased(byte) : byte
      count += 1
    }
    return count
  }

  /// The local part without the quotes of RFC 5321, section 4.1.2, which one daemon writes and the next does not; a
  /// local part that needs them keeps them.
  private static func unquoted(_ local: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let quote = UInt8(ascii: "\"")
    guard local.count > 2, local.first == quote, local.last == quote else { return local }
    var result: ArraySlice<UInt8> = []
    var isEscaped = false
    for byte in local.dropFirst().dropLast() {
      if byte == UInt8(ascii: "\\"), !isEscaped {
        isEscaped = true
      } else {
        result.append(byte)
        isEscaped = false
      }
    }
    return isDotString(result) ? result : local
  }

  /// RFC 5321, section 4.1.2; bytes beyond ASCII are allowed (RFC 6531).
  private static func isDotString(_ local: ArraySlice<UInt8>) -> Bool {
    let dot = UInt8(ascii: ".")
    var previous = dot
    for byte in local {
      guard byte == dot ? previous != dot : isAtext(byte) else { return false }
      previous = byte
    }
    return previous != dot
  }

  private static func isAtext(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 128...255,
      UInt8(ascii: "^")...UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"),
      UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "="),
      UInt8(ascii: "?"):
      true
    default: false
    }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
}
