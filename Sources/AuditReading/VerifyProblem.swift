import AuditFiles

/// Something in a tree that is not as mailtrail wrote it.
package struct VerifyProblem: Sendable, Hashable {
  /// The file, relative to the tree's root.
  package var path: String
  /// Counted from 1; nil when it is about the file as a whole.
  package var line: Int?
  /// What is wrong, for people.
  package var text: String
  /// The time of the record in front of the problem, microseconds since 1970; nil for none.
  package var before: UInt64?
  /// The time of the record at the problem or behind it; nil for none.
  package var after: UInt64?

  init(_ path: String, line: Int? = nil, _ text: String, before: UInt64? = nil, after: UInt64? = nil) {
    self.path = path
    self.line = line
    self.text = text
    self.before = before
    self.after = after
  }

  /// A time in a problem's text: RFC 3339, UTC, seconds.
  static func text(of time: UInt64) -> String {
    var bytes: [UInt8] = []
    RecordTime.append(time, to: &bytes)
    return String(decoding: bytes.prefix(19), as: UTF8.self) + "Z"
  }
}

/// What a verification looked at.
package struct VerifyReport: Sendable, Hashable {
  package var files = 0
  package var records = 0
  /// Records that carry the hash of the one before.
  package var chained = 0
  package var seals = 0
  /// Seals that the system journal has with the same root.
  package var announced = 0
  package var problems = 0
  /// What could not be checked, for people.
  package var notes: [String] = []
}
