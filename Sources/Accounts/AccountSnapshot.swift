import AuditFiles

/// What is remembered of a file's accounts: their names, and for each attribute a digest.
///
/// No value is kept, a password's hash least of all: the digest is of the value, the name and a secret of this machine,
/// and half of it at that.
package struct AccountSnapshot: Sendable, Equatable {
  /// Digests by account and attribute.
  package var accounts: [String: [String: String]] = [:]

  package init() {}

  /// - Parameter key: the secret, 64 hexadecimal digits.
  package init(of listing: AccountListing, key: String) {
    for (name, attributes) in listing.accounts {
      var digests: [String: String] = [:]
      for (attribute, value) in attributes {
        digests[attribute] = Self.digest([key, name, attribute, value])
      }
      accounts[name] = digests
    }
  }

  static let digestLength = 16

  private static func digest(_ parts: [String]) -> String {
    // None of the parts has a line feed, so that no two lists of parts are one text.
    let bytes = Array(parts.joined(separator: "\n").utf8)
    return String(ChainHash(of: bytes[...]).description.prefix(digestLength))
  }
}
