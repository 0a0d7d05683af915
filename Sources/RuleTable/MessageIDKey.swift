/// What two daemons' words for one Message-ID have in common, so that their lines meet.
///
/// The id is the sender's, and may hold any byte. Postfix prints `?` for what is no printable character (printable.c),
/// Dovecot too (str-sanitize.c) and cuts at 80 bytes, others print the bytes or escape them. So the first 75 bytes count,
/// and a run of bytes outside of printable ASCII, or of `?`, counts as one `?`.
public enum MessageIDKey {
  /// Less than where any daemon cuts.
  @usableFromInline static let length = 75

  public static func of(_ id: [UInt8]) -> [UInt8] {
    var key = id
    let count = key.withUnsafeMutableBufferPointer { fold($0) }
    return Array(key[..<count])
  }

  /// Does it in place; how many bytes are left.
  @inlinable
  public static func fold(_ bytes: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let substitute = UInt8(ascii: "?")
    var count = 0
    for index in 0..<min(bytes.count, length) {
      let byte = bytes[index]
      let folded = byte > 0x20 && byte < 0x7f ? byte : substitute
      if folded == substitute, count > 0, bytes[count - 1] == substitute { continue }
      bytes[count] = folded
      count += 1
    }
    return count
  }
}
