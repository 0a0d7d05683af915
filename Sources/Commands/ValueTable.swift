import AuditOutput
import AuditReading

/// What `search --count-by` prints: how many events have which value.
struct ValueTable {
  private let counter: ValueCounter
  private let rows: [(value: [UInt8]?, number: Int)]

  /// - Parameters:
  ///   - limit: how many rows, the first of them; nil for all.
  ///   - reverse: the least frequent value first.
  init(_ counter: ValueCounter, limit: Int?, reverse: Bool) {
    self.counter = counter
    var rows: [(value: [UInt8]?, number: Int)] = counter.rows.map { (value: $0.value, number: $0.number) }
    if counter.withoutKey > 0 {
      let index = rows.firstIndex { $0.number < counter.withoutKey } ?? rows.count
      rows.insert((value: nil, number: counter.withoutKey), at: index)
    }
    let shown = Array(rows.prefix(limit ?? .max))
    self.rows = reverse ? shown.reversed() : shown
  }

  var isEmpty: Bool { rows.isEmpty }

  /// A line each: the number, and the value, `-` for events that lack the key.
  func lines(heading: Bool) -> [String] {
    let width = max(5, rows.map { String($0.number).count }.max() ?? 0)
    func line(_ number: String, _ value: String) -> String {
      String(repeating: " ", count: max(0, width - number.count)) + number + "  " + value
    }
    let head = heading && !rows.isEmpty ? [line("COUNT", "VALUE")] : []
    return head + rows.map { line(String($0.number), $0.value.map { TerminalText.safe($0) } ?? "-") }
  }

  /// An object each; without `value` for events that lack the key.
  var json: [String] {
    rows.map { row in
      var json = JSONText()
      json.add("count", row.number)
      if let value = row.value { json.add("value", bytes: value) }
      return json.object
    }
  }

  /// What is missing; nil where nothing is.
  var note: String? {
    guard counter.others > 0 else { return nil }
    return "mailtrail: there are too many values: \(counter.others) more are not counted, and a frequent one may be "
      + "among them; ask for fewer events"
  }
}
