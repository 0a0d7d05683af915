import Glibc

/// Why a journal cannot be read: what was tried, where, what the system said, and what to do.
public struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried: `cannot open the journal directory`.
  public var operation: String
  /// The path or the writer it is about.
  public var subject: String
  /// The system's error number; 0 where it is not the system that refused.
  public var code: Int32
  /// What was found when the error number does not say it.
  public var detail: String
  /// What to do about it; may be empty.
  public var remedy: String

  public init(operation: String, subject: String, code: Int32 = 0, detail: String = "", remedy: String = "") {
    self.operation = operation
    self.subject = subject
    self.code = code
    self.detail = detail
    self.remedy = remedy
  }

  public var description: String {
    var text = "\(operation) \(subject)"
    if code != 0 { text += ": \(Self.message(for: code))" }
    if !detail.isEmpty { text += ": \(detail)" }
    if !remedy.isEmpty { text += "; \(remedy)" }
    return text
  }

  /// strerror(3) without its shared buffer.
  static func message(for code: Int32) -> String {
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      // The POSIX form of strerror_r is what Glibc's module offers; it fills the buffer.
      strerror_r(code, buffer.baseAddress!, buffer.count) == 0 ? String(cString: buffer.baseAddress!) : ""
    }
    return text.isEmpty ? "error \(code)" : text
  }
}
