/// What a name in a log stands for. The two are never mixed up: see `AccountName` and `EnvelopeAddress`.
public enum NameRole: String, Sendable, Hashable, CaseIterable {
  case account, address
}

/// What a login, a session, a panel or an account tool names: somebody with a password and a store.
///
/// A `+` in it is a letter like others: `ulla+kasse` has a password of her own, hence a trail of her own.
public struct AccountName: Sendable, Hashable {
  /// As the daemon means it: decoded, but not canonical.
  public let bytes: [UInt8]

  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
}

/// What SMTP names: where a message is to go, or says that it comes from.
///
/// Its extension leads to the mailbox in front of it (`ulla+news` is Ulla's), unless the whole is an account.
public struct EnvelopeAddress: Sendable, Hashable {
  /// As the daemon means it: decoded, but not canonical.
  public let bytes: [UInt8]

  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
}
