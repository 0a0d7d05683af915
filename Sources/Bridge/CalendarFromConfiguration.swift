import AuditFiles
import Configuration

extension DayCalendar {
  /// The calendar of `audit.time-zone`.
  ///
  /// - Throws: `FileError` when the zone is not known here.
  package init(_ setting: TimeZoneSetting) throws {
    switch setting {
    case .local: try self.init(timeZone: "local")
    case .utc: self = .utc
    case .named(let name): try self.init(timeZone: name)
    }
  }
}
