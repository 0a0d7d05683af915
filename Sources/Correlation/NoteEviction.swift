import AuditModel

/// What goes when there are too many notes.
///
/// Strangers make notes as fast as they connect; who logged in made his with a password. So the oldest of the commonest
/// length of life goes first, but a note that says who logged in stands back until there are no others.
extension NoteStore {
  /// Nothing is kept in order for this: notes are only looked at when there are too many, each once a mention.
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

  /// Another name of a note says what the note says.
  private func saysWhoLoggedIn(_ place: Int) -> Bool {
    let fields = records[place].isAlias ? note(resolve(records[place].key))?.fields : records[place].fields
    var isProof = false
    fields?.forEachField { name, _ in isProof = isProof || proofs.contains(name) }
    return isProof
  }
}
