import AuditModel

/// What goes when there are too many contexts.
///
/// Strangers make contexts as fast as they connect; who logged in made his with a password. So the oldest of the commonest
/// time to live goes first, but a context that says who logged in stands back until there are no others.
extension ContextStore {
  /// Nothing is kept in order for this: contexts are only looked at when there are too many, each once a mention.
  func evictOldest() {
    while isTooMuch, let lane = fullestLane() {
      if !lanes[lane].isSpared, saysWhoLoggedIn(Int(lanes[lane].head)) {
        spareFirst(of: lane)
      } else {
        evictFirst(of: lane)
      }
    }
  }

  private func fullestLane() -> Int? {
    lanes.indices.filter { lanes[$0].count > 0 }
      .max { (rank(of: $0), lanes[$0].count) < (rank(of: $1), lanes[$1].count) }
  }

  private func rank(of lane: Int) -> Int { lanes[lane].isSpared ? 0 : 1 }

  /// Another name of a context says what the context says.
  private func saysWhoLoggedIn(_ index: Int) -> Bool {
    let fields =
      table.entries[index].isAlias
      ? record(resolve(table.entries[index].key))?.fields : table.entries[index].fields
    var isProof = false
    fields?.forEachField { name, _ in isProof = isProof || proofs.contains(name) }
    return isProof
  }
}
