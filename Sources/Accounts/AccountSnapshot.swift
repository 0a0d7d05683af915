import AuditFiles

/// What is remembered of a file's accounts: their names, and for each attribute a digest.
///
/// No value is kept, a password's hash least of all: the digest is of the value, the name and a secret of this machine,
/// and half of it at that.
package struct AccountSnapshot: Sendable, Equatable {
  /// Digests by mailbox and attribute.
  package var accounts: [[UInt8]: [String: String]] = [:]
  /// What it depends on besides the file: its format, and the domain of bare names. Another one makes all names others.
  package var reading: String

  package init(reading: String) { self.reading = reading }

  /// - Parameter key: the secret, 64 hexadecimal digits.
  package init(of listing: AccountListing, reading: String, key: String) {
    self.reading = reading
    for (name, attributes) in listing.accounts {
      var digests: [String: String] = [:]
      for (attribute, value) in attributes {
        digests[attribute] = Self.digest([Array(key.utf8), name, Array(attribute.utf8), value])
      }
      accounts[name] = digests
    }
  }

  static let digestLength = 16

  private static func digest(_ parts: [[UInt8]]) -> String {
    // None of the parts has a line feed, so that no two lists of parts are one text.
    let bytes = Array(parts.joined(separator: [10]))
    return String(ChainHash(of: bytes[...]).description.prefix(digestLength))
  }
}
