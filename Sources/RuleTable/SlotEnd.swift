/// The end of a slot with the encoding of what is in it: plain ends are offsets in the line, the others are negative.
enum SlotEnd {
  private static let queryFlag = 1 << 40

  static func write(_ end: Int, isQuery: Bool) -> Int { isQuery ? -end - 1 - queryFlag : -end - 1 }

  static func read(_ slot: Int) -> (end: Int, encoding: CaptureEncoding) {
    if slot >= 0 { return (slot, .plain) }
    return slot <= -queryFlag ? (-slot - 1 - queryFlag, .query) : (-slot - 1, .json)
  }
}
