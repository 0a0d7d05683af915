import AuditModel

/// Counts how many events have which value of a key.
package struct ValueCounter: EventSink {
  /// What is counted.
  package enum Key: Sendable, Hashable {
    case kind, level
    /// Of a list, each text once.
    case field(FieldKey)

    /// Nil when there is no such key, or its values are each event's own.
    package init?(name: String) {
      switch name {
      case "kind": self = .kind
      case "level": self = .level
      default:
        guard let key = FieldKey(name: name), key != .prev else { return nil }
        self = .field(key)
      }
    }

    /// The names of all keys that can be counted.
    package static var names: [String] {
      ["kind", "level"] + FieldKey.allCases.filter { $0 != .prev }.map(\.name.description)
    }
  }

  private let key: Key
  private let byteLimit: Int
  private var byteCount = 0
  /// The number of events with each value.
  package private(set) var counts: [ByteKey: Int] = [:]
  /// Events that do not have the key.
  package private(set) var withoutKey = 0
  /// Times that a value was met which is not counted apart, as there were too many others.
  package private(set) var others = 0

  /// - Parameter byteLimit: how much memory the values may take, about.
  package init(_ key: Key, byteLimit: Int) { (self.key, self.byteLimit) = (key, byteLimit) }

  package var wantedTimes: ClosedRange<UInt64> { 0...UInt64.max }

  package mutating func take(_ event: AuditEvent, at place: EventPlace) {
    switch key {
    case .kind: count(Array(event.kind.name.description.utf8))
    case .level: count(Array(String(event.level.rawValue).utf8))
    case .field(let key):
      guard let value = event.fields[key] else {
        withoutKey += 1
        return
      }
      guard key.shape == .texts else { return count(Array(value)) }
      for text in Set(value.split(separator: 0, omittingEmptySubsequences: false)) { count(Array(text)) }
    }
  }

  private mutating func count(_ value: [UInt8]) { add(ByteKey(value), 1) }

  private mutating func add(_ value: ByteKey, _ number: Int) {
    if let known = counts[value] {
      counts[value] = known + number
      return
    }
    // What a dictionary and an array take besides.
    let size = value.bytes.count + 96
    guard byteCount + size <= byteLimit else {
      others += number
      return
    }
    byteCount += size
    counts[value] = number
  }

  /// What several threads counted, together.
  package static func merged(_ counters: [ValueCounter]) -> ValueCounter? {
    guard var all = counters.first else { return nil }
    for counter in counters.dropFirst() {
      // Each stayed within its share: together they have room.
      for (value, number) in counter.counts { all.counts[value, default: 0] += number }
      all.withoutKey += counter.withoutKey
      all.others += counter.others
    }
    return all
  }

  /// The values, the most frequent first; equal ones in the order of their bytes.
  package var rows: [(value: [UInt8], number: Int)] {
    counts.map { (value: $0.key.bytes, number: $0.value) }.sorted {
      $0.number != $1.number ? $0.number > $1.number : $0.value.lexicographicallyPrecedes($1.value)
    }
  }
}
