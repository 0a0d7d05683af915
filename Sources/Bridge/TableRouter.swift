import LogSources
import RuleTable
import Synchronization

/// Which scopes an identifier or command belongs to, remembered by a hash of its bytes.
///
/// Asked once or twice an entry, by the thread that recognises it.
final class TableRouter: EntryInterest {
  private struct Known {
    var bytes: [UInt8]
    var scopes: [Int]
  }

  /// What is known of one field's values.
  private typealias Memory = [UInt64: Known]

  let table: CompiledTable
  private let identifiers = Mutex(Memory())
  private let commands = Mutex(Memory())
  /// Senders choose identifiers; so many are remembered.
  private static let maximum = 4096

  init(table: CompiledTable) { self.table = table }

  func wants(identifier: UnsafeRawBufferPointer) -> Bool { !scopes(ofIdentifier: identifier).isEmpty }

  func wants(command: UnsafeRawBufferPointer) -> Bool { !scopes(ofCommand: command).isEmpty }

  func scopes(ofIdentifier identifier: UnsafeRawBufferPointer) -> [Int] {
    let hash = Self.hash(identifier)
    if let known = identifiers.withLock({ $0[hash] }), known.bytes.elementsEqual(identifier) { return known.scopes }
    let scopes = table.scopes(ofIdentifier: identifier)
    let known = Known(bytes: Array(identifier), scopes: scopes)
    identifiers.withLock { if $0.count < Self.maximum { $0[hash] = known } }
    return scopes
  }

  func scopes(ofCommand command: UnsafeRawBufferPointer) -> [Int] {
    if command.isEmpty { return [] }
    let hash = Self.hash(command)
    if let known = commands.withLock({ $0[hash] }), known.bytes.elementsEqual(command) { return known.scopes }
    let scopes = table.scopes(ofCommand: command)
    let known = Known(bytes: Array(command), scopes: scopes)
    commands.withLock { if $0.count < Self.maximum { $0[hash] = known } }
    return scopes
  }

  /// FNV-1a: identifiers are short, and a clash only costs the look-up.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return hash
  }
}
