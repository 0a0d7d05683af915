import AuditModel
import LogSources
import Platform
import TestSupport
import Testing

@testable import Bridge

@Suite struct CheckpointVersionTests {
  private static let cursor = Cursor(
    sequenceID: ID128(high: 1, low: 2), sequenceNumber: 3, bootID: ID128(high: 4, low: 5), monotonic: 6, realtime: 7,
    contentHash: 8)

  /// A checkpoint of version 1 says the cursors only, without their number.
  @Test func aCheckpointOfTheFirstVersionIsRead() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let directory = temporary.path
    let position = SourcePosition(cursors: ["local": Self.cursor])
    try CheckpointStore(directory: directory).write(
      position: position, newest: 7, commit: 8, change: .snapshot([1, 2, 3]))
    let path = directory + "/checkpoint"
    let bytes = try TestFiles.read(path)
    let mark = Array("mailtrail checkpoint 1\n".utf8)
    #expect(bytes.starts(with: Array("mailtrail checkpoint 7\n".utf8)))
    let body = Array(bytes[(mark.count + 16)...])
    // Behind seven numbers, the last of which was not there, the number of cursors, and at the end those of text logs
    // and of files, were not there.
    let old = Array(body[..<48] + body[60..<(body.count - 8)])
    var hash = StableHash()
    hash.combine(old)
    var text = mark
    for number in [UInt64(old.count), hash.value] {
      withUnsafeBytes(of: number.littleEndian) { text.append(contentsOf: $0) }
    }
    try TestFiles.write(text + old, to: path)
    let content = try CheckpointStore(directory: directory).load(log: Self.silence)
    #expect(content?.position == position)
    #expect(content?.state == [[1, 2, 3]])
    #expect(content?.newest == 7)
    #expect(content?.commit == nil)
  }

  @Test func placesInTextLogsAreKept() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let directory = temporary.path
    let file = TextLogPosition.File(
      device: 1, inode: 2, offset: 30, windowStart: 20, headLength: 30, headHash: 5, isAtEnd: false)
    let position = SourcePosition(
      cursors: ["local": Self.cursor], textLogs: ["/var/log/mail.log": TextLogPosition(files: [file], lastTime: 9)])
    try CheckpointStore(directory: directory).write(position: position, newest: 9, commit: 8, change: .snapshot([]))
    let content = try CheckpointStore(directory: directory).load(log: Self.silence)
    #expect(content?.position == position)
    #expect(content?.commit == 8)
  }

  /// Nothing is wrong with these checkpoints.
  private static let silence = Log { _, text in Issue.record("\(text)") }
}
