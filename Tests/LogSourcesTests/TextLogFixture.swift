import Foundation
import TestSupport
import Testing

@testable import LogSources

/// A temporary directory of real text logs.
final class TextLogFixture {
  private let temporary = TemporaryDirectory()

  var directory: String { temporary.path }
  func path(_ name: String) -> String { "\(directory)/\(name)" }

  /// Writes a file anew, with the time of its last change in seconds since 1970.
  @discardableResult
  func write(_ name: String, _ text: String, modified: Int? = nil) throws -> String {
    try write(name, bytes: Array(text.utf8), modified: modified)
  }

  @discardableResult
  func write(_ name: String, bytes: [UInt8], modified: Int? = nil) throws -> String {
    try TestFiles.write(bytes, to: path(name))
    if let modified { try setModified(name, modified) }
    return path(name)
  }

  func setModified(_ name: String, _ second: Int) throws {
    let time = timespec(tv_sec: second, tv_nsec: 0)
    try #require(utimensat(AT_FDCWD, path(name), [time, time], 0) == 0)
  }

  /// Appends, as a daemon does that holds the file open.
  func append(_ name: String, _ text: String) throws {
    try TestFiles.append(text, to: path(name))
  }

  func rename(_ name: String, to other: String) throws { try #require(Glibc.rename(path(name), path(other)) == 0) }

  func remove(_ name: String) throws { try #require(unlink(path(name)) == 0) }

  /// Runs a program of the system, such as gzip.
  func run(_ program: String, _ arguments: String...) throws {
    let result = try TestProcess.run(program, arguments)
    try #require(result.status == 0, "\(program) \(arguments): \(result.errors)")
  }

  /// A reader of files as they are.
  func reader(
    _ names: String..., format: TextLogFormat? = nil, start: StartPoint = .head
  ) throws -> SourceReader {
    try SourceReader(
      SourceRequest(text: TextLogRequest(files: names.map(path), format: format), start: start))
  }

  /// A reader that follows one log.
  func follow(
    _ name: String = "mail.log", after position: SourcePosition? = nil, format: TextLogFormat = .syslog,
    wake: WakeDescriptor? = nil
  ) throws -> SourceReader {
    let start = position.map { StartPoint.after($0, newWritersSince: 0) } ?? .since(0)
    return try SourceReader(
      SourceRequest(
        text: TextLogRequest(followed: [.init(path: path(name), format: format)]), start: start, follows: true),
      wakeDescriptor: wake)
  }
}

extension SourceReader {
  /// Everything that can be read now.
  func entries(limit: Int = 1000) throws -> [(message: String, realtime: UInt64, hash: UInt64, entry: JournalEntry)] {
    let batch = EntryBatch()
    var entries: [(String, UInt64, UInt64, JournalEntry)] = []
    while true {
      let outcome = try read(into: batch, limit: limit)
      entries += batch.entries.map { (batch.text(of: $0.message), $0.realtime, $0.contentHash, $0) }
      if outcome == .end { return entries }
    }
  }

  func messages(limit: Int = 1000) throws -> [String] { try entries(limit: limit).map(\.message) }

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

/// A line of RFC 3339 syslog at a second after a fixed moment.
func line(_ second: Int, _ message: String) -> String {
  let (minute, rest) = ((second / 60) % 60, second % 60)
  let clock = String(format: "%02d:%02d:%02d", 18 + second / 3600, minute, rest)
  return "2026-03-03T\(clock)+00:00 mx dovecot: \(message)\n"
}

/// Calls the body with the bytes of a text.
func withLine<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
  try Array(text.utf8).withUnsafeBytes { try body($0) }
}

extension TextLine {
  /// A part of the line as text.
  func text(_ range: Range<Int>, of line: String) -> String { String(decoding: Array(line.utf8)[range], as: UTF8.self) }
}
