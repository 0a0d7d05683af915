/// One thing that `mailtrail doctor` looked at.
package struct Finding: Sendable, Equatable {
  package enum Verdict: String, Sendable, CaseIterable {
    /// As it should be.
    case good
    /// Something that would make the trails better.
    case advice
    /// Events are lost or cannot be seen.
    case bad
    /// It could not be looked at.
    case unknown
  }

  package var verdict: Verdict
  /// What it is about: `journald`, `Dovecot`, a unit.
  package var subject: String
  /// What was found.
  package var text: String
  /// The settings that correct it, with the file that they belong in; empty when nothing is to be corrected.
  package var remedy: [String]

  package init(_ verdict: Verdict, _ subject: String, _ text: String, remedy: [String] = []) {
    self.verdict = verdict
    self.subject = subject
    self.text = text
    self.remedy = remedy
  }
}
