// Seeking a text in another, by UTF-8 bytes. The standard library has the same functions in its module of regular
// expressions, which Package.swift leaves out: with them its parser and its engine come into the program, a tenth of it.

extension StringProtocol {
  /// Whether `text` occurs in this text, byte for byte. The empty text occurs in every text.
  package func contains(_ text: some StringProtocol) -> Bool {
    let sought = Array(text.utf8)
    return firstOffset(of: sought, in: Array(utf8), from: 0) != nil
  }

  /// This text with each `text` replaced, from the left, without overlap.
  ///
  /// - Parameters:
  ///   - text: what to replace; an empty one is nowhere.
  ///   - replacement: what stands there afterwards.
  ///   - maxReplacements: how many of them at the most, the first ones.
  package func replacing(_ text: String, with replacement: String, maxReplacements: Int = .max) -> String {
    let sought = Array(text.utf8)
    guard !sought.isEmpty else { return String(self) }
    let bytes = Array(utf8)
    var result: [UInt8] = []
    var offset = 0
    var replacements = 0
    while replacements < maxReplacements, let match = firstOffset(of: sought, in: bytes, from: offset) {
      result += bytes[offset..<match]
      result += replacement.utf8
      offset = match + sought.count
      replacements += 1
    }
    result += bytes[offset...]
    return String(decoding: result, as: UTF8.self)
  }
}

/// Where `sought` begins in `bytes` at `start` or later.
private func firstOffset(of sought: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
  guard bytes.count - start >= sought.count else { return nil }
  return (start...bytes.count - sought.count).first { bytes[$0...].starts(with: sought) }
}
