import Foundation
import TestSupport
import Testing

@testable import LogSources

/// A temporary directory of real journal files, made from entries with systemd-journal-remote.
final class JournalFixture {
  private let temporary = TemporaryDirectory()

  static let machineA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  static let machineB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  static let bootA = "00000000000000000000000000000a01"

  var directory: String { temporary.path }
  func path(_ name: String) -> String { "\(directory)/\(name)" }

  /// One entry in the journal export format (systemd.io/JOURNAL_EXPORT_FORMATS).
  struct Entry {
    var time: UInt64
    var monotonic: UInt64?
    var boot = JournalFixture.bootA
    /// Empty for none.
    var machine = JournalFixture.machineA
    var fields: [(String, [UInt8])]

    init(_ time: UInt64, _ message: String?, identifier: String = "dovecot", _ more: [String: String] = [:]) {
      self.time = time
      fields = [("SYSLOG_IDENTIFIER", Array(identifier.utf8))]
      if let message { fields.append(("MESSAGE", Array(message.utf8))) }
      for (name, value) in more.sorted(by: { $0.key < $1.key }) { fields.append((name, Array(value.utf8))) }
    }

    func on(machine: String) -> Entry {
      var copy = self
      copy.machine = machine
      return copy
    }

    func inBoot(_ boot: String, monotonic: UInt64? = nil) -> Entry {
      var copy = self
      copy.boot = boot
      copy.monotonic = monotonic
      return copy
    }

    var exported: [UInt8] {
      var place = [
        ("__REALTIME_TIMESTAMP", "\(time)"), ("__MONOTONIC_TIMESTAMP", "\(monotonic ?? time)"), ("_BOOT_ID", boot),
      ]
      if !machine.isEmpty { place.append(("_MACHINE_ID", machine)) }
      let texts = place.map { (name: $0.0, value: Array($0.1.utf8)) }
      return ExportFormat.entry(texts + fields.map { (name: $0.0, value: $0.1) })
    }
  }

  /// Writes a journal file, or appends to it when it is there.
  @discardableResult
  func write(_ name: String, _ entries: [Entry]) throws -> String {
    try JournalFile.append(entries.flatMap(\.exported), to: path(name))
    return path(name)
  }

  var wholeDirectory: JournalSelection { JournalSelection(directories: [directory]) }
}

extension JournalReader {
  /// The messages of everything that can be read now, in batches of `limit` entries.
  func messages(limit: Int = 1_000) throws -> [String] {
    let batch = EntryBatch()
    var messages: [String] = []
    while true {
      let outcome = try read(into: batch, limit: limit)
      messages += batch.entries.map { batch.text(of: $0.message) }
      if outcome == .end { return messages }
    }
  }

  /// Reads on whenever there is something, until there are so many; a minute without anything is the end, so that a test
  /// fails rather than hangs.
  func messagesWhenTheyCome(count: Int) throws -> [String] {
    var messages = try self.messages()
    while messages.count < count, try wait(timeoutMicroseconds: 60_000_000) != .timedOut {
      messages += try self.messages()
    }
    return messages
  }
}

/// Interest in some identifiers and commands.
final class SetInterest: EntryInterest {
  private let identifiers: Set<String>
  private let commands: Set<String>

  init(identifiers: Set<String> = [], commands: Set<String> = []) {
    (self.identifiers, self.commands) = (identifiers, commands)
  }

  func wants(identifier: UnsafeRawBufferPointer) -> Bool {
    identifiers.contains(String(decoding: identifier, as: UTF8.self))
  }
  func wants(command: UnsafeRawBufferPointer) -> Bool { commands.contains(String(decoding: command, as: UTF8.self)) }
}
