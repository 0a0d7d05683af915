/// A run's items, ready for scanning in both directions.
struct CompiledList: Sendable {
  struct Item: Sendable {
    var prefix: [UInt8]
    /// nil: the item is the prefix alone (a flag).
    var type: CaptureType?
    var suffix: [UInt8]
    /// The index of the capture among the list's slots.
    var slot: Int
  }

  var name: String
  var form: ListForm
  var separator: [UInt8]
  var items: [Item]
  var allowsOthers: Bool
  /// The captures.
  var slots: [MatchTrie.Slot]
}
