/// The word that somebody meant who mistyped another.
enum Suggestion {
  /// The nearest of the words, when it is near enough to be meant.
  static func nearest(to word: String, among words: some Sequence<String>) -> String? {
    let limit = max(1, min(3, word.count / 3))
    var best: (word: String, distance: Int)?
    for candidate in words {
      let distance = distance(Array(word.utf8), Array(candidate.utf8), limit: limit)
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.word
  }

  /// Says that there is nothing of a name, and which one may be meant; something has to follow.
  static func unknown(_ what: String, _ name: String, among names: [String]) -> String {
    let nearest = nearest(to: name, among: names).map { "did you mean ‘\($0)’? " } ?? ""
    return "there is no \(what) ‘\(name)’; " + nearest
  }

  /// The number of letters to insert, remove, replace or exchange with their neighbour (Damerau and Levenshtein), or more
  /// than the limit.
  private static func distance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int {
    guard abs(left.count - right.count) <= limit else { return limit + 1 }
    var before: [Int] = []
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
      var current = [row + 1]
      for column in right.indices {
        var value = min(last[column + 1] + 1, current[column] + 1, last[column] + (byte == right[column] ? 0 : 1))
        if row > 0, column > 0, byte == right[column - 1], left[row - 1] == right[column] {
          value = min(value, before[column - 1] + 1)
        }
        current.append(value)
      }
      (before, last) = (last, current)
    }
    return last[right.count]
  }
}
