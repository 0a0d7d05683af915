import AuditModel
import Platform

/// One login as a line of the changes: the row of a mailbox that has just this one. Written straight from what was seen,
/// since every login comes by here; rows are merged when the table is read or written anew.
extension LoginTableFormat {
  /// Texts are the daemon's, and the table need not have all of them.
  static let maximumText = 200

  package static func append(_ sighting: LoginSightings.Sighting, to bytes: inout [UInt8]) {
    let start = bytes.count
    append(sighting.mailbox, to: &bytes, isFirst: true)
    if sighting.kind == .accountDeleted {
      append(sighting.time, to: &bytes)
    } else {
      appendNothing(1, to: &bytes)
      append(MailboxLogins.isKnown(sighting.service) ? sighting.service : [], to: &bytes)
      appendLogin(sighting, to: &bytes)
    }
    appendHash(from: start, to: &bytes)
  }

  private static func appendLogin(_ sighting: LoginSightings.Sighting, to bytes: inout [UInt8]) {
    if sighting.kind == .loginSucceeded {
      append(sighting.time, to: &bytes)
      append(sighting.time, to: &bytes)
      append(cut(sighting.ip), to: &bytes)
      return appendNothing(4, to: &bytes)
    }
    appendNothing(3, to: &bytes)
    append(sighting.time, to: &bytes)
    sighting.kind.name.withUTF8Buffer { append($0, to: &bytes) }
    append(cut(sighting.ip), to: &bytes)
    append(cut(sighting.reason), to: &bytes)
  }

  private static func appendNothing(_ count: Int, to bytes: inout [UInt8]) {
    for _ in 0..<count { append(EmptyCollection(), to: &bytes) }
  }

  /// At a character, where it is UTF-8.
  static func cut(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard text.count > maximumText else { return text }
    var end = text.startIndex + maximumText
    while end > text.startIndex, text[end] & 0xC0 == 0x80 { end -= 1 }
    return text[..<end]
  }
}
