import Correlation
import Foundation

@testable import AuditFiles
@testable import AuditModel

/// What must hold of every record and every path, whatever the log said.
enum RecordCheck {
  private static let encoder = RecordEncoder()
  private static let decoder = RecordDecoder()

  static func check(_ emitted: OwnedEvent) {
    check(emitted.event)
    check(TrailPath(emitted.owner))
  }

  /// One line of valid JSON that reads as the same event again.
  static func check(_ event: AuditEvent) {
    var line: [UInt8] = []
    encoder.append(event, to: &line)
    let text = { String(decoding: line, as: UTF8.self) }
    require(line.last == 10 && line.dropLast().allSatisfy { $0 >= 32 && $0 != 127 }, "not one line: \(text())")
    require(line.count <= RecordEncoder.maximumLineLength, "too long: \(text())")
    let json = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
    require(json?["id"] != nil, "not JSON: \(text())")
    let decoded: AuditEvent
    do { decoded = try decoder.decode(line.dropLast()) } catch { fatalError("\(error): \(text())") }
    require(decoder.identity(of: line.dropLast())?.id == event.id, "another id: \(text())")
    var again: [UInt8] = []
    encoder.append(decoded, to: &again)
    require(again == line, "reads as another record: \(text())\(String(decoding: again, as: UTF8.self))")
    checkFields(of: event, and: decoded, isShortened: line.count > 8192, text)
  }

  private static func checkFields(
    of event: AuditEvent, and decoded: AuditEvent, isShortened: Bool, _ text: () -> String
  ) {
    require(decoded.id == event.id && decoded.kind == event.kind && decoded.level == event.level, text())
    require(decoded.time == min(event.time, RecordTime.latest), text())
    for key in FieldKey.allCases {
      let original = event.fields[key]
      let read = decoded.fields[key]
      require((original == nil) == (read == nil), "‘\(key.name)’ was lost or made up: \(text())")
      guard let original, let read, !isShortened, original.count <= 32 else { continue }
      require(original.elementsEqual(read), "‘\(key.name)’ is not what it was: \(text())")
    }
  }

  /// Two directories at the most, neither of which leads out of the tree.
  static func check(_ path: TrailPath) {
    let parts = path.directory.split(separator: "/", omittingEmptySubsequences: false)
    require((1...2).contains(parts.count) && path.isOurs, "out of the tree: \(path.directory)")
    for part in parts {
      require(
        !part.isEmpty && part.utf8.count <= 255 && part.first != "."
          && part.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") },
        "out of the tree: \(path.directory)")
    }
  }
}
