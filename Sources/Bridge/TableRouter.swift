import Glibc
import RuleTable
import Synchronization

/// Which scopes an identifier or command belongs to, remembered by a hash of its bytes.
///
/// Asked once or twice an entry, by the thread that recognises it.
final class TableRouter: Sendable {
  private struct Known {
    var bytes: [UInt8] = []
    var scopes: [Int] = []
  }

  /// What is known of one field's values: each at the one slot that its hash gives it, the last comer stays. Senders
  /// choose identifiers, so the slots are few.
  private typealias Memory = ContiguousArray<Known?>

  let table: CompiledTable
  /// Tables that count for nobody.
  let off: Set<String>
  private let identifiers = Mutex(Memory(repeating: nil, count: TableRouter.slots))
  private let commands = Mutex(Memory(repeating: nil, count: TableRouter.slots))
  private static let slots = 1024

  init(table: CompiledTable, off: Set<String> = []) { (self.table, self.off) = (table, off) }

  func wants(identifier: UnsafeRawBufferPointer) -> Bool { !scopes(ofIdentifier: identifier).isEmpty }

  func wants(command: UnsafeRawBufferPointer) -> Bool { !scopes(ofCommand: command).isEmpty }

  func scopes(ofIdentifier identifier: UnsafeRawBufferPointer) -> [Int] {
    let slot = Self.slot(of: identifier)
    if let known = identifiers.withLock({ $0[slot] }), Self.isSame(known.bytes, identifier) { return known.scopes }
    let known = Known(bytes: Array(identifier), scopes: counting(table.scopes(ofIdentifier: identifier)))
    identifiers.withLock { $0[slot] = known }
    return known.scopes
  }

  func scopes(ofCommand command: UnsafeRawBufferPointer) -> [Int] {
    if command.isEmpty { return [] }
    let slot = Self.slot(of: command)
    if let known = commands.withLock({ $0[slot] }), Self.isSame(known.bytes, command) { return known.scopes }
    let known = Known(bytes: Array(command), scopes: counting(table.scopes(ofCommand: command)))
    commands.withLock { $0[slot] = known }
    return known.scopes
  }

  private func counting(_ scopes: [Int]) -> [Int] {
    off.isEmpty ? scopes : scopes.filter { !off.contains(table.scopes[$0].table) }
  }

  private static func isSame(_ known: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
    known.withUnsafeBytes { known in
      known.count == bytes.count && (bytes.isEmpty || memcmp(known.baseAddress!, bytes.baseAddress!, bytes.count) == 0)
    }
  }

  /// FNV-1a: identifiers are short, and a clash only costs the look-up.
  private static func slot(of bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return Int(truncatingIfNeeded: hash ^ hash >> 32) & (slots - 1)
  }
}
