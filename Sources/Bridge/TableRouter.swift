import LogSources
import RuleTable
import Synchronization

/// Which scopes an identifier or command belongs to, remembered by a hash of its bytes.
///
/// Shared by the reader, which asks whether an entry is of use, and the pipeline, which asks for the scopes.
final class TableRouter: EntryInterest {
  private struct Known {
    var bytes: [UInt8]
    var scopes: [Int]
  }

  private struct Memory {
    var identifiers: [UInt64: Known] = [:]
    var commands: [UInt64: Known] = [:]
  }

  let table: CompiledTable
  private let memory = Mutex(Memory())
  /// Senders choose identifiers; so many are remembered.
  private static let maximum = 4096

  init(table: CompiledTable) { self.table = table }

  func wants(identifier: UnsafeRawBufferPointer) -> Bool { !scopes(ofIdentifier: identifier).isEmpty }

  func wants(command: UnsafeRawBufferPointer) -> Bool { !scopes(ofCommand: command).isEmpty }

  func scopes(ofIdentifier identifier: UnsafeRawBufferPointer) -> [Int] {
    look(up: identifier, in: \.identifiers) { table.scopes(ofIdentifier: $0) }
  }

  func scopes(ofCommand command: UnsafeRawBufferPointer) -> [Int] {
    command.isEmpty ? [] : look(up: command, in: \.commands) { table.scopes(ofCommand: $0) }
  }

  private func look(
    up bytes: UnsafeRawBufferPointer, in path: any WritableKeyPath<Memory, [UInt64: Known]> & Sendable,
    find: (UnsafeRawBufferPointer) -> [Int]
  ) -> [Int] {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    if let known = memory.withLock({ $0[keyPath: path][hash] }), known.bytes.elementsEqual(bytes) { return known.scopes }
    let scopes = find(bytes)
    memory.withLock {
      if $0[keyPath: path].count < Self.maximum { $0[keyPath: path][hash] = Known(bytes: Array(bytes), scopes: scopes) }
    }
    return scopes
  }
}
