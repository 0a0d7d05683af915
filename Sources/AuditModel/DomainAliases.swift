/// Domains that are other names of a domain (`mailboxes.domain-aliases`): what one daemon calls
/// `ann@mail.example.org` and another `ann@example.org` is one person's.
public struct DomainAliases: Sendable, Equatable {
  private var domains: [ByteKey: [UInt8]] = [:]
  /// For each domain that an alias leads to, one of its aliases.
  private var aliases: [ByteKey: [UInt8]] = [:]

  public init() {}

  public var isEmpty: Bool { domains.isEmpty }

  /// The length of the longest domain that an alias leads to.
  public private(set) var longestDomain = 0

  /// The domain that an alias stands for; nil for no alias.
  ///
  /// - Parameter name: canonical.
  func domain(of name: UnsafeBufferPointer<UInt8>) -> [UInt8]? { isEmpty ? nil : domains[ByteKey(Array(name))] }

  /// The aliases that stand for a domain, sorted.
  public func names(of domain: String) -> [String] {
    let domain = Self.canonical(Array(domain.utf8))
    return domains.filter { $0.value == domain }.map { Self.text($0.key.bytes) }.sorted()
  }

  /// Why an alias cannot be.
  public enum Problem: Error, Sendable, Equatable {
    /// It stands for itself.
    case itself
    /// It stands for another domain already.
    case other(String)
    /// The domain is an alias itself, of this one.
    case chain(String)
    /// Another alias stands for this one.
    case target(of: String)

    /// What is wrong with an alias, and what to do.
    public func text(of alias: String, _ domain: String) -> String {
      switch self {
      case .itself: "`\(alias)` stands for itself; leave it out"
      case .other(let known): "`\(alias)` stands for `\(known)` already; leave one of the two out"
      case .chain(let further): "`\(domain)` is an alias itself, of `\(further)`; let `\(alias)` stand for that"
      case .target(let other): "`\(other)` stands for `\(alias)`, which is an alias here; let it stand for `\(domain)`"
      }
    }
  }

  /// Adds an alias. No chains, hence no circles: whoever reads a line sees where a name goes.
  public mutating func add(_ alias: String, of domain: String) throws(Problem) {
    let (alias, domain) = (Self.canonical(Array(alias.utf8)), Self.canonical(Array(domain.utf8)))
    if alias == domain { throw .itself }
    if let known = domains[ByteKey(alias)], known != domain { throw .other(Self.text(known)) }
    if let further = domains[ByteKey(domain)] { throw .chain(Self.text(further)) }
    if let other = aliases[ByteKey(alias)] { throw .target(of: Self.text(other)) }
    domains[ByteKey(alias)] = domain
    aliases[ByteKey(domain)] = alias
    longestDomain = max(longestDomain, domain.count)
  }

  /// Adds an alias unless something is known of the name already, or the domain is an alias itself: then the alias
  /// stands for what that stands for.
  public mutating func addUnlessNamed(_ alias: String, of domain: String) {
    let (alias, domain) = (Self.canonical(Array(alias.utf8)), Self.canonical(Array(domain.utf8)))
    let target = domains[ByteKey(domain)] ?? domain
    guard alias != target, domains[ByteKey(alias)] == nil, aliases[ByteKey(alias)] == nil else { return }
    domains[ByteKey(alias)] = target
    aliases[ByteKey(target)] = alias
    longestDomain = max(longestDomain, target.count)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// A domain as names have it: lower case, composed.
  static func canonical(_ domain: [UInt8]) -> [UInt8] {
    NameText.composed(NameText.composed(domain).map(MailboxNaming.lowercased))
  }
}
