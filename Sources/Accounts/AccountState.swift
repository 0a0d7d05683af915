import Configuration

/// What `mailtrail accounts` keeps from run to run: a snapshot of each file, and reports that may not have been sent.
///
/// A text of lines, each value percent-encoded; the first line has the version, the last says that all is there.
package struct AccountState: Sendable, Equatable {
  /// The secret of the digests, 64 hexadecimal digits.
  package var key: String
  /// By path.
  package var snapshots: [String: AccountSnapshot] = [:]
  /// Messages that are to be in the journal; those that a run could not send the next one does.
  package var pending: [String] = []
  /// When the pending messages were made, microseconds since 1970.
  package var pendingSince: UInt64 = 0

  private static let heading = "mailtrail-accounts 1"
  private static let ending = "end"

  package init(key: String) { self.key = key }

  /// A state with a secret of its own.
  package static func new() -> AccountState {
    AccountState(key: (0..<4).map { _ in hexadecimal(UInt64.random(in: 0 ... .max)) }.joined())
  }

  /// Sixteen digits.
  package static func hexadecimal(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  // MARK: - As a file

  package var text: String {
    var lines = [Self.heading, "key " + key]
    for path in snapshots.keys.sorted() {
      guard let snapshot = snapshots[path] else { continue }
      lines.append("file \(Self.encoded(path.utf8)) \(snapshot.format.rawValue)")
      for name in snapshot.accounts.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        let digests = snapshot.accounts[name] ?? [:]
        lines.append(
          (["account", Self.encoded(name)]
            + digests.keys.sorted().map { Self.encoded($0.utf8) + "=" + (digests[$0] ?? "") })
            .joined(separator: " "))
      }
    }
    if !pending.isEmpty { lines.append("pending \(pendingSince)") }
    lines += pending.map { "report " + Self.encoded($0.utf8) }
    return lines.joined(separator: "\n") + "\n" + Self.ending + "\n"
  }

  /// Nil for a text that is no state of this version, or not a whole one.
  package init?(text: String) {
    var lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }[...]
    guard lines.popFirst() == Self.heading.split(separator: " ").map(String.init), lines.popLast() == [Self.ending],
      let second = lines.popFirst(), second.count == 2, second[0] == "key", second[1].utf8.count == 64
    else { return nil }
    self.init(key: second[1])
    var path: String?
    for line in lines {
      guard let word = line.first, line.count > 1, let bytes = Self.decoded(line[1]) else { return nil }
      let value = String(decoding: bytes, as: UTF8.self)
      switch word {
      case "file":
        guard line.count == 3, let format = Configuration.AccountFile.Format(rawValue: line[2]) else { return nil }
        path = value
        snapshots[value] = AccountSnapshot(format)
      case "account":
        guard let path, let digests = Self.digests(line.dropFirst(2)) else { return nil }
        snapshots[path]?.accounts[bytes] = digests
      case "pending":
        guard let time = UInt64(value) else { return nil }
        pendingSince = time
      case "report": pending.append(value)
      default: return nil
      }
    }
  }

  private static func digests(_ words: ArraySlice<String>) -> [String: String]? {
    var found: [String: String] = [:]
    for word in words {
      let parts = word.split(separator: "=").map(String.init)
      guard parts.count == 2, let name = decoded(parts[0]), parts[1].utf8.count == AccountSnapshot.digestLength else {
        return nil
      }
      found[String(decoding: name, as: UTF8.self)] = parts[1]
    }
    return found
  }

  private static func encoded(_ text: some Sequence<UInt8>) -> String {
    var result = ""
    for byte in text {
      switch byte {
      case 48...57, 64...90, 97...122, 43...47, 95: result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + hexadecimal(UInt64(byte)).suffix(2)
      }
    }
    return result
  }

  private static func decoded(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}
