import Glibc

/// An `EntryFilter` made ready for asking each entry.
struct CompiledFilter {
  private let identifiers: [[UInt8]]
  private let units: [UnitPattern]

  /// The `MESSAGE_ID` of systemd-coredump's entries (sd-messages.h).
  private static let coredumpMessageID = ID128(high: 0xfc2e_22bc_6ee6_47b6, low: 0xb907_29ab_34a2_50b1)

  /// Nil when the filter lets everything pass.
  init?(_ filter: EntryFilter) {
    guard !filter.isEmpty else { return nil }
    identifiers = filter.identifiers.map { Array($0.utf8) }
    units = filter.units.map(UnitPattern.init)
  }

  func passes(_ entry: JournalEntry, of batch: EntryBatch) -> Bool {
    passesIdentifier(entry, of: batch) && passesUnit(entry, of: batch)
  }

  private func passesIdentifier(_ entry: JournalEntry, of batch: EntryBatch) -> Bool {
    identifiers.isEmpty
      || batch.withBytes(of: entry.identifier) { bytes in identifiers.contains { $0.elementsEqual(bytes) } }
  }

  /// The four alternatives that journalctl(1) lists for `--unit`, and the slice for a slice.
  private func passesUnit(_ entry: JournalEntry, of batch: EntryBatch) -> Bool {
    if units.isEmpty { return true }
    return matches(entry.unit, of: batch)
      || (entry.uid == 0 && matches(entry.objectUnit, of: batch))
      || (entry.pid == 1 && matches(entry.managedUnit, of: batch))
      || (entry.uid == 0 && entry.messageID == Self.coredumpMessageID && matches(entry.coredumpUnit, of: batch))
      || matches(entry.slice, of: batch)
  }

  private func matches(_ range: FieldRange, of batch: EntryBatch) -> Bool {
    !range.isEmpty && batch.withBytes(of: range) { bytes in units.contains { $0.matches(bytes) } }
  }
}

/// A unit's name, or a pattern as glob(7) has them.
private struct UnitPattern {
  private let bytes: [UInt8]
  private let isGlob: Bool

  /// The suffixes of systemd.unit(5).
  private static let suffixes = [
    ".service", ".socket", ".device", ".mount", ".automount", ".swap", ".target", ".path", ".timer", ".slice", ".scope",
  ]

  init(_ name: String) {
    isGlob = name.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
    bytes = Array((isGlob || Self.suffixes.contains(where: name.hasSuffix) ? name : name + ".service").utf8)
  }

  func matches(_ name: UnsafeRawBufferPointer) -> Bool {
    guard isGlob else { return bytes.elementsEqual(name) }
    // Both need their NUL for fnmatch(3); a pattern is rare and unit names are short.
    let pattern = (bytes + [0]).map(CChar.init(bitPattern:))
    let text = (Array(name) + [0]).map(CChar.init(bitPattern:))
    return fnmatch(pattern, text, FNM_NOESCAPE) == 0
  }
}
