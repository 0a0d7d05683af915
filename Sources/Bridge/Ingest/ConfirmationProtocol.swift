import Glibc
import Platform

/// What rsyslog's omprog says and wants to hear (its documentation, "confirmMessages" and "useTransactions").
///
/// The program answers `OK` when it is ready. Each line is answered: `BEGIN TRANSACTION` with `OK`, a message in a
/// transaction with `DEFER_COMMIT`, `COMMIT TRANSACTION` with `OK` once everything is durable. Any other answer is an
/// error text: rsyslog logs it and sends the same messages again later.
enum ConfirmationProtocol {
  /// What a line that is no message asks for.
  enum Command {
    case begin, commit
  }

  enum Answer {
    case ok, deferred
    case failed(String)
  }

  private static let beginCommand = Array("BEGIN TRANSACTION".utf8)
  private static let commitCommand = Array("COMMIT TRANSACTION".utf8)

  /// nil for a message.
  static func command(_ line: UnsafeRawBufferPointer) -> Command? {
    if line.elementsEqual(beginCommand) { return .begin }
    return line.elementsEqual(commitCommand) ? .commit : nil
  }

  /// Writes an answer; false when nobody reads any more.
  static func send(_ answer: Answer, to descriptor: Int32) -> Bool {
    let text =
      switch answer {
      case .ok: "OK\n"
      case .deferred: "DEFER_COMMIT\n"
      case .failed(let reason): "mailtrail: " + reason.replacing("\n", with: " ") + "\n"
      }
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}
