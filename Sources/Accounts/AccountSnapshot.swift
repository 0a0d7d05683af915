import AuditFiles
import Configuration

/// What is remembered of a file's accounts: their names, and for each attribute a digest.
///
/// No value is kept, a password's hash least of all: the digest is of the value, the name and a secret of this machine,
/// and half of it at that.
package struct AccountSnapshot: Sendable, Equatable {
  /// Digests by name as the file has it, and attribute. Which mailbox a name is depends on the configuration of the day.
  package var accounts: [[UInt8]: [String: String]] = [:]
  /// How the file was read; of another format all names and attributes are others.
  package var format: Configuration.AccountFile.Format

  package init(_ format: Configuration.AccountFile.Format) { self.format = format }

  /// - Parameter key: the secret, 64 hexadecimal digits.
  package init(of listing: AccountListing, _ format: Configuration.AccountFile.Format, key: String) {
    self.format = format
    for (name, attributes) in listing.accounts {
      // Without regard to case, which may change while the mailbox stays.
      let folded = name.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
      var digests: [String: String] = [:]
      for (attribute, value) in attributes {
        digests[attribute] = Self.digest([Array(key.utf8), folded, Array(attribute.utf8), value])
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
