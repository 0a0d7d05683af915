import AuditModel
import Glibc
import RuleTable

/// The fields of an event while it is made: in the arena, behind what lies there, each key at most once.
struct EventFields {
  private let arena: Arena
  private let start: Int
  /// Where the header of each of the record's keys lies; -1 for a key that is absent.
  private var offsets = Self.nowhere
  /// Whether a key was set again or removed: then what it had is still there and must be left out.
  private var hasRemains = false

  /// Room for the keys of a record, without an allocation.
  private typealias Offsets = InlineArray<64, Int32>
  private static let nowhere = Offsets(repeating: -1)

  /// Which of a record's keys are wanted, a bit each.
  struct Keys {
    let bits: UInt64

    /// Those of a record.
    static let all = Keys(bits: .max)
    /// Those from which the table of logins is made: of what else a line says nothing is copied for it.
    static let ofLogins = Keys(
      bits: [FieldKey.mailbox, .service, .ip, .reason, .actor, .confidence].reduce(0) { $0 | 1 << UInt64($1.rawValue) })
  }

  private let keys: Keys

  init(_ arena: Arena, keys: Keys = .all) {
    self.arena = arena
    self.keys = keys
    start = arena.count
  }

  /// Whether a name is a key of the record that is wanted.
  func takes(_ name: UInt16) -> Bool { name < NameTable.firstOwn && keys.bits >> UInt64(name) & 1 != 0 }

  func contains(_ key: UInt16) -> Bool { key < NameTable.firstOwn && offsets[Int(key)] >= 0 }

  func contains(_ key: FieldKey) -> Bool { offsets[Int(key.rawValue)] >= 0 }

  /// Whether a key is there and its value doubtful.
  func isDoubtful(_ key: FieldKey) -> Bool {
    let offset = offsets[Int(key.rawValue)]
    return offset >= 0 && FieldLayout.isDoubtful(at: Int(offset), in: arena[0..<arena.count])
  }

  /// Removes what is doubtful, but for one key; whether there was anything.
  mutating func removeDoubtful(except kept: FieldKey) -> Bool {
    var found = false
    for key in FieldKey.allCases where key != kept && isDoubtful(key) {
      remove(key.rawValue)
      found = true
    }
    return found
  }

  /// Clears the flag of doubt of a key: a record says it by its `confidence`, for all that it has.
  func clearDoubt(_ key: FieldKey) {
    let offset = offsets[Int(key.rawValue)]
    if offset >= 0 { arena.start[Int(offset) + FieldLayout.headerLength - 1] &= ~UInt8(FieldLayout.doubt >> 8) }
  }

  /// Where the value of a key lies in the arena.
  func range(of key: FieldKey) -> Range<Int>? {
    let offset = offsets[Int(key.rawValue)]
    return offset < 0 ? nil : FieldLayout.value(at: Int(offset), in: arena[0..<arena.count])
  }

  mutating func remove(_ key: UInt16) {
    guard contains(key) else { return }
    offsets[Int(key)] = -1
    hasRemains = true
  }

  /// Sets a key to what the body appends to the arena; nothing changes when that is nothing, or when it answers false.
  ///
  /// - Parameter isDoubtful: asked when the body is done.
  @discardableResult
  mutating func set(_ key: UInt16, isDoubtful: @autoclosure () -> Bool = false, _ append: () -> Bool) -> Bool {
    guard key < NameTable.firstOwn else { return false }
    let header = arena.count
    let value = header + FieldLayout.headerLength
    _ = arena.extend(by: FieldLayout.headerLength)
    guard append(), arena.count > value else {
      arena.truncate(to: header)
      return false
    }
    let flagged = isDoubtful() ? key | FieldLayout.doubt : key
    FieldLayout.writeHeader(flagged, length: arena.count - value, to: arena.start + header)
    enter(key, header)
    return true
  }

  /// Sets a key to a value, which may be empty.
  mutating func set(_ key: FieldKey, to value: UnsafeRawBufferPointer) { add(key.rawValue, value) }

  mutating func set(_ key: FieldKey, to value: StaticString) {
    add(key.rawValue, UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
  }

  mutating func add(_ key: UInt16, _ value: UnsafeRawBufferPointer, isDoubtful: Bool = false) {
    let header = arena.count
    let flagged = isDoubtful ? key | FieldLayout.doubt : key
    FieldLayout.writeHeader(flagged, length: value.count, to: arena.extend(by: FieldLayout.headerLength))
    arena.append(value)
    enter(key, header)
  }

  /// Adds a key with what lies elsewhere in the arena.
  mutating func add(_ key: UInt16, copyOf value: Range<Int>, isDoubtful: Bool = false) {
    let header = arena.count
    let flagged = isDoubtful ? key | FieldLayout.doubt : key
    FieldLayout.writeHeader(flagged, length: value.count, to: arena.extend(by: FieldLayout.headerLength))
    arena.appendCopy(of: value)
    enter(key, header)
  }

  private mutating func enter(_ key: UInt16, _ header: Int) {
    if offsets[Int(key)] >= 0 { hasRemains = true }
    offsets[Int(key)] = Int32(header)
    if key == FieldKey.ip.rawValue { dropAddressTag(at: header) }
  }

  /// Takes off the `IPv6:` of an address literal (RFC 5321, section 4.1.3): an address has one form in the record. The
  /// field is the last one in the arena.
  private func dropAddressTag(at header: Int) {
    let (value, length) = (header + FieldLayout.headerLength, Self.addressTag.count)
    guard arena.count >= value + length, arena.start[value] | 0x20 == Self.addressTag[0],
      zip(Self.addressTag, arena[value..<(value + length)]).allSatisfy({ $0 == $1 | 0x20 || $0 == $1 })
    else { return }
    let rest = arena.count - value - length
    memmove(arena.start + value, arena.start + value + length, rest)
    arena.truncate(to: value + rest)
    let isDoubtful = FieldLayout.isDoubtful(at: header, in: arena[0..<arena.count])
    let key = FieldKey.ip.rawValue
    FieldLayout.writeHeader(isDoubtful ? key | FieldLayout.doubt : key, length: rest, to: arena.start + header)
  }

  private static let addressTag = Array("ipv6:".utf8)

  /// What distinguishes the events of one entry.
  func detail(of kind: EventKind) -> UInt64 {
    var hash = StableHash()
    kind.name.withUTF8Buffer { hash.combine($0) }
    for key in [FieldKey.mailbox, .recipient, .folder, .toFolder, .uids] {
      hash.combine(range(of: key).map { arena[$0] } ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return hash.value
  }

  /// Leaves the arena as it was before the first: the fields are not wanted.
  func discard() { arena.truncate(to: start) }

  /// The fields by themselves. The arena is as it was before the first.
  func finished() -> FieldSet {
    defer { arena.truncate(to: start) }
    let whole = arena[from: start]
    guard hasRemains else { return FieldSet(wholeFields: whole) }
    let target = arena.count
    var offset = start
    while offset < target {
      let all = arena[0..<target]
      let (key, value) = (FieldLayout.key(at: offset, in: all), FieldLayout.value(at: offset, in: all))
      if offsets[Int(key)] == Int32(offset) { arena.appendCopy(of: offset..<value.upperBound) }
      offset = value.upperBound
    }
    return FieldSet(wholeFields: arena[from: target])
  }
}
