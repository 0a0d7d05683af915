import Glibc
import Platform

/// With which rules the collector ran last, in the state directory: a change that a restart brings is recorded too.
struct RulesRecord {
  private static let fileName = "rules-fingerprint"

  private let directory: String
  private var saved: UInt64?
  private var current: UInt64?

  init(directory: String) {
    self.directory = directory
    // Unreadable is as missing: the first start has nothing to compare with.
    let bytes = (try? InputFile.contents(of: directory + "/" + Self.fileName)) ?? []
    saved = UInt64(String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self), radix: 16)
  }

  /// What to record when these are other rules than the last ones; nil when they are the same, or the first.
  mutating func change(to fingerprint: UInt64) -> String? {
    defer { current = fingerprint }
    guard let last = current ?? saved, last != fingerprint else { return nil }
    return Self.text(from: last, to: fingerprint)
  }

  static func text(from old: UInt64, to new: UInt64) -> String {
    "rules \(String(old, radix: 16)) replaced by \(String(new, radix: 16))"
  }

  /// Keeps what runs now, once the record of the change is durable.
  mutating func save() {
    guard let current, current != saved else { return }
    do {
      try Directory.open(directory).replace(Self.fileName, with: Array((String(current, radix: 16) + "\n").utf8))
    } catch {
      // The record of the change is durable; should this stay unwritten, the next start records it once more.
      return
    }
    saved = current
  }
}
