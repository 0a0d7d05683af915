import AuditModel

/// The keys of records and the kinds of events as a checkpoint numbers them: by their indices in lists of names that stand
/// in it, so that a later version may put one where it belongs. Checkpoints of before have none: theirs are ours.
struct StoredVocabulary: Equatable {
  private var keys: [FieldKey?]
  private var kinds: [EventKind?]
  private var isOurs = false

  static let current = StoredVocabulary()

  private init() {
    keys = FieldKey.allCases
    kinds = EventKind.allCases
    isOurs = true
  }

  /// Reads what `keyBytes` and `kindBytes` wrote, in whichever version.
  init(keys keyBytes: [UInt8], kinds kindBytes: [UInt8]) {
    keys = Self.names(keyBytes).map { FieldKey(name: $0) }
    kinds = Self.names(kindBytes).map { EventKind(name: $0) }
    isOurs = keys == FieldKey.allCases && kinds == EventKind.allCases
  }

  var keyBytes: [UInt8] { Self.bytes(FieldKey.allCases.map(\.name.description)) }
  var kindBytes: [UInt8] { Self.bytes(EventKind.allCases.map(\.name.description)) }

  /// A key by its number; nil when this version does not have it.
  func key(_ number: UInt16) -> FieldKey? { Int(number) < keys.count ? keys[Int(number)] : nil }

  /// A window's key, whose first byte is a kind, with our number.
  func burstKey(_ bytes: [UInt8]) -> BurstKey? {
    guard !isOurs else { return BurstKey(bytes: bytes) }
    guard let first = bytes.first, let kind = kind(first & 0x7f) else { return nil }
    return BurstKey(bytes: [kind.rawValue | first & 0x80] + bytes.dropFirst())
  }

  /// A name of strangers' records, whose last byte is a kind or 255, with our number.
  func strangersName(_ bytes: [UInt8]) -> [UInt8]? {
    guard !isOurs, let last = bytes.last, last != .max else { return bytes }
    return kind(last).map { bytes.dropLast() + [$0.rawValue] }
  }

  private func kind(_ number: UInt8) -> EventKind? { Int(number) < kinds.count ? kinds[Int(number)] : nil }

  private static func names(_ bytes: [UInt8]) -> [String] {
    bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func bytes(_ names: [String]) -> [UInt8] { Array(names.joined(separator: "\0").utf8) }
}
