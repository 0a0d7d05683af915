/// A line of the files that Docker's log driver json-file writes:
/// `{"log":"Nov  2 10:00:00 mail dovecot: …\n","stream":"stdout","time":"2026-11-02T10:00:00.123456789Z"}`.
///
/// The text is what the container wrote: one layer is taken off it, as `ContainerLine` does. Docker cuts what is long into
/// parts, of which the last alone has a line feed.
enum DockerLine {
  static func parse(_ bytes: UnsafeRawBufferPointer) -> TextLine? {
    var reader = JSONReader(LineCursor(bytes))
    var (text, stream, time): ([UInt8]?, [UInt8]?, [UInt8]?) = (nil, nil, nil)
    let isWhole = reader.members { name, reader in
      if name.elementsEqual("log".utf8) { return read(&text, &reader) }
      if name.elementsEqual("stream".utf8) { return read(&stream, &reader) }
      return name.elementsEqual("time".utf8) ? read(&time, &reader) : reader.skip()
    }
    guard isWhole, reader.isAtEnd, let text, let stream, let time, text.count <= EntryBatch.fieldLimit,
      let moment = moment(time)
    else { return nil }
    return line(text, stream: stream.elementsEqual("stderr".utf8) ? 2 : 1, moment)
  }

  /// Each name stands there once.
  private static func read(_ value: inout [UInt8]?, _ reader: inout JSONReader) -> Bool {
    guard value == nil else { return false }
    var text: [UInt8] = []
    guard reader.string(into: &text) else { return false }
    value = text
    return true
  }

  private static func moment(_ text: [UInt8]) -> LineTime? {
    text.withUnsafeBytes { bytes in
      var cursor = LineCursor(bytes)
      guard let time = LineTime.iso(&cursor), time.offset != nil, cursor.isAtEnd else { return nil }
      return time
    }
  }

  private static func line(_ written: [UInt8], stream: UInt8, _ time: LineTime) -> TextLine {
    let isCut = written.last != 10
    var text = written
    if !isCut { text.removeLast() }
    if text.last == 13 { text.removeLast() }
    var line = text.withUnsafeBytes { bytes in
      var line = ContainerLine.own(LineCursor(bytes)) ?? TextLine(time: time, message: 0..<bytes.count)
      line.trimEnd(in: bytes)
      return line
    }
    line.time = time
    line.part = isCut ? .cut(stream: stream) : .end(stream: stream)
    line.content = .decoded(text)
    return line
  }
}
