/// Suggestions for misspelled names.
public enum Spelling {
  /// The candidate that the writer probably meant; nil when none is near.
  public static func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
    let word = folded(word)
    // A third of the word may be wrong, but not less than two letters' worth: `lvl` is no `level`, `levle` is.
    let limit = max(2, word.count / 3)
    let nearest = candidates.map { (name: $0, distance: distance(word, folded($0))) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let nearest, nearest.distance <= limit, nearest.distance < nearest.name.count else { return nil }
    return nearest.name
  }

  /// How many letters must be inserted, removed, replaced or swapped with their neighbour (optimal string alignment).
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }

  /// `Default_Domain` is `default-domain` in all but spelling. Long garbage is cut: it is near to nothing anyway.
  private static func folded(_ word: String) -> [Character] {
    word.lowercased().prefix(64).map { $0 == "_" || $0 == " " ? "-" : $0 }
  }
}
