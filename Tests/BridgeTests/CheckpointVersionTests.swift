import LogSources
import Platform
import TestSupport
import Testing

@testable import Bridge

@Suite struct CheckpointVersionTests {
  private static let cursor = Cursor(
    sequenceID: ID128(high: 1, low: 2), sequenceNumber: 3, bootID: ID128(high: 4, low: 5), monotonic: 6, realtime: 7,
    contentHash: 8)

  private static let textLog = TextLogPosition.File(
    device: 1, inode: 2, offset: 30, windowStart: 20, headLength: 30, headHash: 5, isAtEnd: false)

  /// What the version's checkpoint says: the versions before said less.
  private static func position(ofVersion version: Int) -> SourcePosition {
    var position = SourcePosition(cursors: ["local": cursor])
    if version >= 2 { position.textLogs = ["/var/log/mail.log": TextLogPosition(files: [textLog], lastTime: 9)] }
    if version >= 3 { position.seenFiles = ["local": [ID128(high: 1, low: 2)]] }
    return position
  }

  private static func golden(_ version: Int) throws -> [UInt8] {
    let body = try #require(GoldenCheckpoints.bodies.first { $0.versions.contains(version) })
    return Array("mailtrail checkpoint \(version)\n".utf8) + GoldenCheckpoints.bytes(body.hexadecimal)
  }

  @Test(arguments: 1...CheckpointCodec.version) func eachVersionIsRead(version: Int) throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    try TestFiles.write(try Self.golden(version), to: temporary.path + "/checkpoint")
    try TestFiles.write("snapshot", to: temporary.path + "/state-1.snapshot")
    try TestFiles.write(GoldenCheckpoints.bytes(GoldenCheckpoints.log), to: temporary.path + "/state-1.0.log")
    let content = try #require(try CheckpointStore(directory: temporary.path).load(log: Self.silence))
    #expect(content.position == Self.position(ofVersion: version))
    #expect(content.state == [Array("snapshot".utf8), Array("change".utf8)])
    #expect(content.newest == 7)
    #expect(content.commit == (version >= 5 ? 8 : nil))
  }

  @Test func thisVersionIsWrittenAsItAlwaysWas() throws {
    let temporary = TemporaryDirectory()
    defer { temporary.remove() }
    let store = try CheckpointStore(directory: temporary.path)
    let position = Self.position(ofVersion: CheckpointCodec.version)
    try store.write(position: position, newest: 6, commit: 7, change: .snapshot(Array("snapshot".utf8)))
    try store.write(position: position, newest: 7, commit: 8, change: .changes(Array("change".utf8)))
    #expect(try TestFiles.read(temporary.path + "/checkpoint") == Self.golden(CheckpointCodec.version))
    #expect(try TestFiles.read(temporary.path + "/state-1.snapshot") == Array("snapshot".utf8))
    #expect(
      try TestFiles.read(temporary.path + "/state-1.0.log") == GoldenCheckpoints.bytes(GoldenCheckpoints.log))
  }

  /// Nothing is wrong with these checkpoints.
  private static let silence = Log { _, text in Issue.record("\(text)") }
}
