/// How the names in a log become addresses of mailboxes (`mailboxes` in mailtrail.yaml(5)).
///
/// Canonical forms are stable: an account's canonical form is its own, and so is that of an address while the same
/// accounts are known.
public struct MailboxNaming: Sendable, Equatable {
  /// The domain of names without one, canonical.
  public let defaultDomain: [UInt8]
  /// Whether `Ann@Example.org` is `ann@example.org`; domains are always folded.
  public let foldsCase: Bool
  /// What separates the user from an extension (`+`); empty for none.
  public let extensionDelimiters: [UInt8]
  public let domainAliases: DomainAliases

  public init(
    defaultDomain: String = "localhost", foldsCase: Bool = true, extensionDelimiters: String = "+",
    domainAliases: DomainAliases = DomainAliases()
  ) {
    let domain = DomainAliases.canonical(Array(defaultDomain.utf8))
    self.defaultDomain = domain.withUnsafeBufferPointer { domainAliases.domain(of: $0) } ?? domain
    self.foldsCase = foldsCase
    self.extensionDelimiters = Array(extensionDelimiters.utf8)
    self.domainAliases = domainAliases
  }

  // MARK: - Whole names

  /// The mailbox of an account; nil for no name at all.
  ///
  /// Never fails on odd text: whether such a name is a mailbox is not decided here.
  public func mailbox(of account: AccountName) -> MailboxAddress? {
    account.bytes.withUnsafeBufferPointer { name in made(ofName: name.count) { write(account: name, to: $0) } }
  }

  /// The mailbox that an address leads to; nil for no name at all.
  ///
  /// - Parameter isAccount: whether a mailbox of this canonical address is an account of its own.
  public func mailbox(
    of address: EnvelopeAddress, isAccount: (UnsafeRawBufferPointer) -> Bool
  ) -> MailboxAddress? {
    address.bytes.withUnsafeBufferPointer { name in
      made(ofName: name.count) { write(address: name, to: $0, isAccount: isAccount) }
    }
  }

  private func made(ofName count: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) -> MailboxAddress? {
    MailboxAddress([UInt8](unsafeUninitializedCapacity: maximumLength(ofName: count)) { $1 = body($0.baseAddress!) })
  }

  // MARK: - In place

  /// The longest address that a name of so many bytes may mean: composing text makes it three times as long at the most
  /// (Unicode's annex 15, section 12).
  public func maximumLength(ofName count: Int) -> Int {
    count * 3 + max(defaultDomain.count, domainAliases.longestDomain) + 1
  }

  /// Writes the mailbox of an account where there is room for `maximumLength`; returns its length, 0 for no name at all.
  ///
  /// Blanks around a name are a slip of the hand or of a mail program. Cyrus SASL, by which Cyrus IMAP and Postfix know
  /// their users, strips them itself (`_canonuser_internal` in lib/canonusr.c).
  public func write(account name: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) -> Int {
    let name = Self.trimmed(name)
    guard NameText.isPlain(name) else { return write(oddAccount: Array(name), to: output) }
    guard let at = name.lastIndex(of: UInt8(ascii: "@")), at > 0, at < name.count - 1 else {
      return write(bare: name, to: output)
    }
    let domain = UnsafeBufferPointer(rebasing: name[(at + 1)...])
    return write(local: UnsafeBufferPointer(rebasing: name[..<at]), domain, to: output)
  }

  /// Writes the mailbox that an address leads to, likewise.
  public func write(
    address name: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>,
    isAccount: (UnsafeRawBufferPointer) -> Bool
  ) -> Int {
    let count = write(account: name, to: output)
    let whole = UnsafeRawBufferPointer(start: output, count: count)
    guard let user = userLength(of: whole), !isAccount(whole) else { return count }
    guard NameText.isPlain(UnsafeBufferPointer(start: output, count: count)) else {
      return fold(odd: Array(whole), to: output)
    }
    let at = whole.lastIndex(of: UInt8(ascii: "@"))!
    // The domain moves to the left, behind the user.
    for index in at..<count { output[user + index - at] = output[index] }
    return user + count - at
  }

  // MARK: - Parts

  private func write(
    local: UnsafeBufferPointer<UInt8>, _ domain: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>
  ) -> Int {
    Self.copy(local, to: output, inLowerCase: foldsCase)
    output[local.count] = UInt8(ascii: "@")
    let start = output + local.count + 1
    Self.copy(domain, to: start, inLowerCase: true)
    let alias = domainAliases.domain(of: UnsafeBufferPointer(start: start, count: domain.count))
    return local.count + 1 + (alias.map { Self.copy($0, to: start) } ?? domain.count)
  }

  /// A name without a domain: it keeps no stray "@".
  private func write(bare name: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>) -> Int {
    var count = 0
    for byte in name where byte != UInt8(ascii: "@") && (count > 0 || !NameText.isBlank(byte)) {
      output[count] = foldsCase ? Self.lowercased(byte) : byte
      count += 1
    }
    guard count > 0 else { return 0 }
    output[count] = UInt8(ascii: "@")
    return count + 1 + Self.copy(defaultDomain, to: output + count + 1)
  }

  private static func copy(_ bytes: [UInt8], to output: UnsafeMutablePointer<UInt8>) -> Int {
    for (index, byte) in bytes.enumerated() { output[index] = byte }
    return bytes.count
  }

  /// A name with quotes or with more than ASCII.
  private func write(oddAccount name: [UInt8], to output: UnsafeMutablePointer<UInt8>) -> Int {
    let (local, domain) = NameText.parts(of: name)
    guard !local.isEmpty else { return 0 }
    let count = local.withUnsafeBufferPointer { local in
      (domain.isEmpty ? defaultDomain : DomainAliases.canonical(domain)).withUnsafeBufferPointer {
        write(local: local, $0, to: output)
      }
    }
    // Lower case may compose where upper case did not: ẖ has no capital letter.
    return Self.copy(NameText.composed(Array(UnsafeBufferPointer(start: output, count: count))), to: output)
  }

  /// Whether a canonical address would lead elsewhere if it were no account's.
  public func hasExtension(_ address: UnsafeRawBufferPointer) -> Bool { userLength(of: address) != nil }

  /// How much of a canonical address is the user in front of an extension; nil when there is none.
  private func userLength(of address: UnsafeRawBufferPointer) -> Int? {
    guard !extensionDelimiters.isEmpty, let at = address.lastIndex(of: UInt8(ascii: "@")) else { return nil }
    // The first letter is always the user's.
    return address[..<at].dropFirst().firstIndex(where: extensionDelimiters.contains)
  }

  /// What needed quotes may need them no more when its extension is gone, and what was no UTF-8 may be it now. Where
  /// quotes do not close nobody knows what they hold.
  private func fold(odd address: [UInt8], to output: UnsafeMutablePointer<UInt8>) -> Int {
    let at = address.lastIndex(of: UInt8(ascii: "@"))!
    guard let text = NameText.text(of: address[..<at]),
      let end = text.dropFirst().firstIndex(where: extensionDelimiters.contains)
    else { return address.count }
    return write(oddAccount: NameText.local(Array(text[..<end])) + address[at...], to: output)
  }

  private static func trimmed(_ name: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var (start, end) = (0, name.count)
    while start < end, NameText.isBlank(name[start]) { start += 1 }
    while start < end, NameText.isBlank(name[end - 1]) { end -= 1 }
    return UnsafeBufferPointer(rebasing: name[start..<end])
  }

  private static func copy(
    _ text: UnsafeBufferPointer<UInt8>, to output: UnsafeMutablePointer<UInt8>, inLowerCase: Bool
  ) {
    guard inLowerCase else {
      for index in 0..<text.count { output[index] = text[index] }
      return
    }
    for index in 0..<text.count { output[index] = lowercased(text[index]) }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 { byte &+ (byte &- 65 < 26 ? 32 : 0) }
}
