import Glibc

/// With which rules the collector ran last, in the state directory: a change that a restart brings is recorded too.
struct RulesRecord {
  private let path: String
  private var saved: UInt64?
  private var current: UInt64?

  init(directory: String) {
    path = directory + "/rules-fingerprint"
    let bytes = (try? InputFile.contents(of: path)) ?? []
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
    let file = open(path + ".tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o640)
    guard file >= 0 else { return }
    defer { close(file) }
    let bytes = Array((String(current, radix: 16) + "\n").utf8)
    guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0, rename(path + ".tmp", path) == 0 else {
      return
    }
    saved = current
  }
}
