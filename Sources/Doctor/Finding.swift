/// One thing that `mailtrail doctor` looked at.
public struct Finding: Sendable, Equatable {
  public enum Verdict: String, Sendable, CaseIterable {
    /// As it should be.
    case good
    /// Something that would make the trails better.
    case advice
    /// Events are lost or cannot be seen.
    case bad
    /// It could not be looked at.
    case unknown
  }

  public var verdict: Verdict
  /// What it is about: `journald`, `Dovecot`, a unit.
  public var subject: String
  /// What was found.
  public var text: String
  /// The lines of configuration that mend it, with the file that they belong in; empty when nothing is to be mended.
  public var remedy: [String]

  public init(_ verdict: Verdict, _ subject: String, _ text: String, remedy: [String] = []) {
    self.verdict = verdict
    self.subject = subject
    self.text = text
    self.remedy = remedy
  }
}
