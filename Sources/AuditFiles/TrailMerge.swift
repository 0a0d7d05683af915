import AuditModel

/// What the record `bridge.trail-merged` in `_bridge` says: that all of a trail is moved into another one.
package struct TrailMerge: Sendable, Hashable {
  /// The trail that goes.
  package var source: TrailPath
  /// The trail that gets its records.
  package var target: TrailPath
  /// How many records the source has.
  package var records: Int

  package init(source: TrailPath, target: TrailPath, records: Int) {
    (self.source, self.target, self.records) = (source, target, records)
  }

  /// Reads the record; nil for every other one.
  package init?(_ event: AuditEvent) {
    guard event.kind == .bridgeTrailMerged, let source = Self.trail(event.fields[.scope]),
      let target = Self.trail(event.fields[.change]),
      let records = event.fields[.count].flatMap({ Int(String(decoding: $0, as: UTF8.self)) })
    else { return nil }
    self.init(source: source, target: target, records: records)
  }

  /// What the record has of it.
  package var fields: FieldSet {
    var fields = FieldSet()
    fields.set(.change, to: target.directory)
    fields.set(.scope, to: source.directory)
    fields.set(.count, to: String(records))
    return fields
  }

  private static func trail(_ directory: ArraySlice<UInt8>?) -> TrailPath? {
    guard let directory else { return nil }
    let names = String(decoding: directory, as: UTF8.self).split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 2 else { return nil }
    let trail = TrailPath(parent: String(names[0]), child: String(names[1]))
    return trail.isOurs ? trail : nil
  }
}
