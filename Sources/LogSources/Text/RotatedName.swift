/// Names that rotation and compression give to a log: `mail.log.1`, `mail.log.2.gz`, `mail.log-20260303.xz`,
/// `mail-20260303.log` (logrotate(8): dateext, extension).
enum RotatedName {
  private static let compressions = ["gz", "xz", "zst", "bz2", "lzma"]

  /// The name of the log that a file was once; nil when the name is none that rotation gives.
  static func original(of name: String) -> String? {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isCompressed = parts.count > 1 && compressions.contains(String(parts[parts.count - 1]))
    if isCompressed { parts.removeLast() }
    let plain = parts.joined(separator: ".")
    if let base = withoutNumber(parts) ?? withoutDate(plain) { return base }
    return isCompressed && !plain.isEmpty ? plain : nil
  }

  /// `mail.log.1`, or with logrotate's `extension`, `mail.1.log`.
  private static func withoutNumber(_ parts: [Substring]) -> String? {
    var parts = parts
    for index in [parts.count - 1, parts.count - 2] where index > 0 {
      let part = parts[index]
      guard !part.isEmpty, part.utf8.count <= 4, isNumeric(part) || (part == "old" && index == parts.count - 1) else {
        continue
      }
      parts.remove(at: index)
      return parts.joined(separator: ".")
    }
    return nil
  }

  /// `mail.log-20260303`, `mail.log-20260303-1772560000`, `mail-20260303.log`.
  private static func withoutDate(_ name: String) -> String? {
    let dot = name.lastIndex(of: ".")
    for end in [name.endIndex, dot].compactMap({ $0 }) {
      var rest = name[..<end]
      var isFound = false
      while let dash = rest.lastIndex(of: "-"), isDatePart(rest[rest.index(after: dash)...], isFirst: !isFound) {
        rest = rest[..<dash]
        isFound = true
      }
      if isFound, !rest.isEmpty { return String(rest) + String(name[end...]) }
    }
    return nil
  }

  /// `20260303`, the year or month of `2026-03-03`, an hour, or seconds since 1970.
  private static func isDatePart(_ part: Substring, isFirst: Bool) -> Bool {
    isNumeric(part)
      && (part.utf8.count >= 8 && part.utf8.count <= 14 || !isFirst && part.utf8.count == 4
        || part.utf8.count == 2)
  }

  private static func isNumeric(_ part: Substring) -> Bool { part.utf8.allSatisfy { (48...57).contains($0) } }
}
