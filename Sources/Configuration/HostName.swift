import Glibc

/// The name of this machine, and the mail domain that follows from it.
package enum HostName {
  /// What gethostname(2) says; empty when it fails or no name is set.
  package static func current() -> String {
    // HOST_NAME_MAX is 64 on Linux; the last byte stays zero, since POSIX leaves open whether a cut name is ended.
    var buffer = [CChar](repeating: 0, count: 257)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The domain part of a host name (`example.org` of `mx.example.org`), else the name itself, else `localhost`: what
  /// Postfix makes of it too (postconf(5), mydomain).
  package static func mailDomain(of hostName: String) -> String {
    let labels = hostName.lowercased().split(separator: ".")
    guard let first = labels.first else { return "localhost" }
    return labels.count == 1 ? String(first) : labels.dropFirst().joined(separator: ".")
  }
}
