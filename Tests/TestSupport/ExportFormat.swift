/// The format of `journalctl -o export` (systemd.io/JOURNAL_EXPORT_FORMATS).
package enum ExportFormat {
  package typealias Field = (name: String, value: [UInt8])

  /// The text of one entry.
  package static func entry(_ fields: [Field]) -> [UInt8] {
    var text: [UInt8] = []
    for (name, value) in fields {
      text += Array(name.utf8)
      if value.contains(where: { $0 < 32 && $0 != 9 }) {
        text.append(10)
        withUnsafeBytes(of: UInt64(value.count).littleEndian) { text += $0 }
      } else {
        text.append(UInt8(ascii: "="))
      }
      text += value
      text.append(10)
    }
    text.append(10)
    return text
  }

  package static func entry(_ fields: [(String, String)]) -> [UInt8] {
    entry(fields.map { (name: $0.0, value: Array($0.1.utf8)) })
  }
}
