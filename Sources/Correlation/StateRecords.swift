import AuditModel

/// The state of correlation in a checkpoint: records of a table, a key and a value; no value means that the key is
/// gone. A whole state is such records too, so a log of changes is read like the snapshot in front of it.
enum StateRecords {
  enum Table: UInt8 {
    case names = 0
    case contexts = 1
    case waiting = 2
    case bursts = 3
    case sent = 4
    case mailboxes = 5
    case clock = 6
    case secret = 7
    case senders = 8
    case strangers = 9
    case vocabulary = 10
  }

  /// The records of a part of a state; false when they are damaged, or one of them is by the body's word.
  static func forEach(_ bytes: [UInt8], _ body: (Table, _ key: [UInt8], _ value: [UInt8]?) -> Bool) -> Bool {
    var reader = ByteReader(bytes)
    while !reader.isAtEnd {
      guard let table = reader.number(UInt8.self).flatMap(Table.init), let key = reader.string(),
        let isThere = reader.number(UInt8.self), let value = isThere == 1 ? reader.string() : [],
        body(table, key, isThere == 1 ? value : nil)
      else { return false }
    }
    return true
  }

  static func write(_ table: Table, _ key: [UInt8], _ value: [UInt8]?, _ writer: inout ByteWriter) {
    writer.write(table.rawValue)
    writer.write(key)
    writer.write(UInt8(value == nil ? 0 : 1))
    if let value { writer.write(value) }
  }

  static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(number)
    return writer.bytes
  }
}
