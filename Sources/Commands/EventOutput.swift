import AuditModel
import AuditOutput
import Glibc

/// Events on their way to a pager, a terminal or a pipe.
final class EventOutput {
  private let format: any EventFormat
  private let pager: Pager
  private var buffer: [UInt8]
  private(set) var count = 0

  init(format: any EventFormat, isPagerDisabled: Bool, jumpsToEnd: Bool) {
    self.format = format
    pager = Pager(isDisabled: isPagerDisabled, jumpsToEnd: jumpsToEnd)
    buffer = []
    format.begin(&buffer)
  }

  /// False when nobody reads any more.
  func print(_ event: AuditEvent) throws -> Bool {
    format.write(event, to: &buffer)
    count += 1
    guard buffer.count > 32_768 else { return true }
    return try flush()
  }

  /// A remark about the answer: behind the events where a person reads them in a pager, else on standard error.
  func remark(_ text: String) throws {
    guard !text.isEmpty else { return }
    guard pager.isRunning else {
      guard try flush() else { return }
      return StandardError.write(text)
    }
    // It may repeat what a path or a log says.
    for line in text.split(separator: "\n") { buffer += Array((TerminalText.safe(line.utf8) + "\n").utf8) }
  }

  func flush() throws -> Bool {
    defer { buffer.removeAll(keepingCapacity: true) }
    return try pager.write(buffer)
  }

  func finish() throws {
    defer { pager.finish() }
    format.finish(&buffer)
    _ = try flush()
  }
}

extension EventOptions {
  /// - Parameters:
  ///   - showsMailbox: whether lines for people name the mailbox.
  ///   - isPagerDisabled: whether there is no pager whatever the options say.
  func makeOutput(showsMailbox: Bool, isPagerDisabled: Bool = false) -> EventOutput {
    let presentation = Presentation(
      usesColor: Terminal.standardOutput.usesColor, showsMailbox: showsMailbox,
      width: Terminal.standardOutput.lineWidth,
      zone: zone)
    return EventOutput(
      format: format.format(presentation), isPagerDisabled: noPager || isPagerDisabled, jumpsToEnd: pagerEnd)
  }

  var zone: DisplayZone { utc ? .utc : .local }

  /// The chosen format.
  var format: OutputFormat { output ?? .short }
}
