/// What happens at a time: the earliest first, equal times in the order that their setter gives them.
struct Timers<Item> {
  private var heap: [(time: UInt64, order: UInt64, item: Item)] = []

  var next: UInt64? { heap.first?.time }

  mutating func set(_ item: Item, at time: UInt64, order: UInt64) {
    heap.append((time, order, item))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isEarlier(child, parent) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func popFirst() -> (time: UInt64, item: Item)? {
    guard let first = heap.first else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var smallest = parent
      for child in [parent * 2 + 1, parent * 2 + 2] where child < heap.count && isEarlier(child, smallest) {
        smallest = child
      }
      guard smallest != parent else { break }
      heap.swapAt(smallest, parent)
      parent = smallest
    }
    return (first.time, first.item)
  }

  private func isEarlier(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
  }
}
