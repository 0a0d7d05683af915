import AuditModel
import Glibc
import RuleTable

/// Working out the keys, values and conditions of the rule at work, in the arena behind its captures.
extension Correlator {
  // MARK: - Keys

  /// The key of a note: see `NoteKey`. Leaves the arena as it was.
  func key(_ index: Int32) -> NoteKey {
    if let made = keyCache.key(at: index) {
      if made.isDoubtful { sawDoubt = true }
      return made.key
    }
    let outer = sawDoubt
    sawDoubt = false
    let made = makeKey(program.keys[Int(index)])
    if program.keys[Int(index)].isOfCaptures { keyCache.enter(made, at: index, isDoubtful: sawDoubt) }
    sawDoubt = outer || sawDoubt
    return made
  }

  private func makeKey(_ key: ActionProgram.Key) -> NoteKey {
    let start = arena.count
    defer { arena.truncate(to: start) }
    let head = arena.extend(by: 8)
    UnsafeMutableRawPointer(head).storeBytes(of: key.kindHash.littleEndian, as: UInt32.self)
    let machine = key.crossesHosts ? 0 : UInt32(truncatingIfNeeded: frame.facts.machine)
    UnsafeMutableRawPointer(head + 4).storeBytes(of: machine.littleEndian, as: UInt32.self)
    for place in key.parts {
      let header = arena.count
      _ = arena.extend(by: 2)
      _ = append(program.lists[Int(place)])
      let length = arena.count - header - 2
      arena.start[header] = UInt8(truncatingIfNeeded: length)
      arena.start[header + 1] = UInt8(truncatingIfNeeded: length >> 8)
      arena.truncate(to: header + 2 + 512)
    }
    return secret.key(of: arena[from: start])
  }

  // MARK: - Values

  /// Appends a value to the arena; false, and nothing appended, when there is none.
  func append(_ index: Int32) -> Bool {
    let value = program.values[Int(index)]
    switch value.kind {
    case .literal:
      let range = Int(value.first)..<Int(value.first + value.count)
      program.pool.withUnsafeBytes { arena.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
      return true
    case .capture:
      return appendCapture(value.number)
    case .note: return appendNoteField(note: Int(value.number), field: UInt16(value.first))
    case .entry:
      appendEntryField(ValueExpression.EntryField.allCases[Int(value.first)])
      return true
    case .first: return appendFirst(value)
    case .prefix:
      let start = arena.count
      guard append(value.first) else { return false }
      arena.truncate(to: start + Int(value.count))
      return true
    case .messageID:
      let start = arena.count
      guard append(value.first) else { return false }
      arena.truncate(to: start + MessageIDKey.fold(arena.mutableBytes(from: start)))
      return true
    case .account: return appendMailbox(value.first, .account)
    case .address: return appendMailbox(value.first, .address)
    case .applied:
      let start = arena.count
      guard append(value.first) else { return false }
      let result = program.functions[Int(value.count)](arena.array(from: start))
      arena.truncate(to: start)
      arena.append(result)
      return true
    case .joined:
      for place in value.first..<(value.first + value.count) { _ = append(program.lists[Int(place)]) }
      return true
    }
  }

  /// Appends a capture's value, or one that the rule set.
  func appendCapture(_ name: UInt16) -> Bool {
    guard let header = captures.header(of: name) else { return false }
    let fields = arena[0..<frame.capturesEnd]
    if FieldLayout.isDoubtful(at: header, in: fields) { sawDoubt = true }
    arena.appendCopy(of: FieldLayout.value(at: header, in: fields))
    return true
  }

  private func appendNoteField(note: Int, field: UInt16) -> Bool {
    readNoteField(note: note, field: field) { arena.append($0) } != nil
  }

  /// Calls the body with the value of a note's field; nil when there is none.
  @inline(__always)
  private func readNoteField<Result>(
    note: Int, field: UInt16, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result? {
    guard let place = noteInUse(note) else { return nil }
    return notes.withFields(at: place) { fields in
      guard let range = FieldLayout.range(of: field, in: fields) else { return nil }
      if FieldLayout.isDoubtful(valueAt: range.lowerBound, in: fields) || isDoubtful(note: note) { sawDoubt = true }
      return body(UnsafeRawBufferPointer(rebasing: fields[range]))
    }
  }

  /// Where the note lies that the rule uses under a name; nil when there is none.
  func noteInUse(_ name: Int) -> Int? {
    let key = frameNotes[name]
    return key == .none ? nil : notes.place(of: key, now: now)
  }

  /// The first that is there and not empty.
  private func appendFirst(_ value: ActionProgram.Value) -> Bool {
    let start = arena.count
    for place in value.first..<(value.first + value.count) {
      if append(program.lists[Int(place)]), arena.count > start { return true }
      arena.truncate(to: start)
    }
    return false
  }

  private func appendEntryField(_ field: ValueExpression.EntryField) {
    switch field {
    case .pid: arena.append(Array(String(frame.facts.pid).utf8))
    case .uid: arena.append(Array(String(frame.facts.uid).utf8))
    case .unit: arena.append(frame.facts.unit)
    case .identifier: arena.append(frame.facts.identifier)
    case .host: arena.append(frame.facts.host)
    }
  }

  private func appendMailbox(_ inner: Int32, _ role: NameRole) -> Bool {
    let start = arena.count
    guard append(inner) else { return false }
    return nameBecomesMailbox(role, from: start)
  }

  /// Puts the mailbox that a name means in the name's place, which ends the arena; false, and the name gone, when it
  /// means none.
  func nameBecomesMailbox(_ role: NameRole, from start: Int) -> Bool {
    let end = arena.count
    let output = arena.extend(by: policy.naming.maximumLength(ofName: end - start))
    let name = UnsafeBufferPointer(start: arena.start + start, count: end - start)
    let length =
      switch role {
      case .account: policy.naming.write(account: name, to: output)
      case .address: policy.naming.write(address: name, to: output, isAccount: hasOwnMailbox)
      }
    memmove(arena.start + start, output, length)
    arena.truncate(to: start + length)
    return length > 0
  }

  /// Whether mail to a canonical address with an extension does not go to the mailbox in front of the extension.
  private func hasOwnMailbox(_ address: UnsafeRawBufferPointer) -> Bool {
    mailboxes.find(address) != nil || !policy.aliases.isEmpty && policy.aliases.contains(Array(address))
  }

  // MARK: - Fields

  func appendField(_ name: UInt16, _ bytes: UnsafeRawBufferPointer) {
    FieldLayout.writeHeader(name, length: bytes.count, to: arena.extend(by: FieldLayout.headerLength))
    arena.append(bytes)
  }

  /// Appends what the bytes of a capture mean.
  func appendField(_ name: UInt16, _ encoding: CaptureEncoding, decoding bytes: UnsafeBufferPointer<UInt8>) {
    let header = arena.count
    let room = FieldLayout.headerLength + CaptureEncoding.maximumLength(of: bytes.count)
    let field = arena.extend(by: room)
    let length = encoding.decode(bytes, to: field + FieldLayout.headerLength)
    FieldLayout.writeHeader(name, length: length, to: field)
    arena.truncate(to: header + FieldLayout.headerLength + length)
  }

  /// The longest value that a note keeps.
  private static let longestNoteValue = 2048

  /// The fields of a new note.
  func makeFields(_ assignments: Range<Int32>) -> FieldSet {
    var fields = FieldSet()
    let start = arena.count
    var isPlain = true
    // What is kept under a doubtful key, or where a doubtful value decided it, is doubtful.
    let isDoubtful = sawDoubt
    for index in assignments {
      let assignment = program.assignments[Int(index)]
      let place = arena.count
      sawDoubt = isDoubtful
      guard assignment.operation == .set, isPlain else {
        // A list, or a field of a note that has one: the way that changes what is there.
        if isPlain {
          fields = FieldSet(wholeFields: arena[start..<place])
          isPlain = false
        }
        change(&fields, assignment)
        continue
      }
      let isFirst = FieldLayout.range(of: assignment.field, in: arena[start..<place]) == nil
      let header = arena.count
      _ = arena.extend(by: FieldLayout.headerLength)
      guard isFirst, append(assignment.value), arena.count > header + FieldLayout.headerLength else {
        arena.truncate(to: place)
        if !isFirst {
          fields = FieldSet(wholeFields: arena[start..<place])
          isPlain = false
          change(&fields, assignment)
        }
        continue
      }
      arena.truncate(to: header + FieldLayout.headerLength + Self.longestNoteValue)
      FieldLayout.writeHeader(
        marked(assignment.field), length: arena.count - header - FieldLayout.headerLength, to: arena.start + header)
    }
    defer { arena.truncate(to: start) }
    return isPlain ? FieldSet(wholeFields: arena[from: start]) : fields
  }

  /// Adds to a note, or makes it. All values are worked out before the first changes it.
  func merge(_ key: NoteKey, _ instruction: ActionProgram.Instruction) {
    let key = notes.resolve(key)
    guard notes.isThere(key, now: now) else {
      notes.begin(key, fields: makeFields(instruction.assignments), life: instruction.duration, now: now)
      return
    }
    let assignments = instruction.assignments
    let isDoubtful = sawDoubt
    typealias Value = (range: Range<Int>?, isDoubtful: Bool)
    withUnsafeTemporaryAllocation(of: Value.self, capacity: assignments.count) { values in
      for (place, index) in assignments.enumerated() {
        let start = arena.count
        sawDoubt = isDoubtful
        let isThere = append(program.assignments[Int(index)].value)
        values.initializeElement(at: place, to: (isThere ? start..<arena.count : nil, sawDoubt))
      }
      notes.change(key, life: instruction.duration, now: now) { fields in
        for (place, index) in assignments.enumerated() {
          guard let range = values[place].range else { continue }
          sawDoubt = values[place].isDoubtful
          change(&fields, program.assignments[Int(index)], arena[range])
        }
      }
    }
  }

  /// The key of a field whose value was just worked out, marked where the value is doubtful.
  func marked(_ field: UInt16) -> UInt16 { sawDoubt ? field | FieldLayout.doubt : field }

  private func change(_ fields: inout FieldSet, _ assignment: ActionProgram.Assignment) {
    let start = arena.count
    guard append(assignment.value) else { return }
    change(&fields, assignment, arena[from: start])
    arena.truncate(to: start)
  }

  private func change(
    _ fields: inout FieldSet, _ assignment: ActionProgram.Assignment, _ value: UnsafeRawBufferPointer
  ) {
    switch assignment.operation {
    case .set: if !value.isEmpty { fields.set(marked(assignment.field), to: value.prefix(Self.longestNoteValue)) }
    case .add:
      change(&fields, assignment.field) { list in
        let value = Array(value)
        if !list.contains(value), list.count < 100 { list.append(value) }
      }
    case .remove: change(&fields, assignment.field) { list in list.removeAll { $0.elementsEqual(value) } }
    }
  }

  /// Lists are texts separated by NUL, as in a record's `recipients`.
  private func change(_ fields: inout FieldSet, _ name: UInt16, _ body: (inout [[UInt8]]) -> Void) {
    if fields.isDoubtful(name) { sawDoubt = true }
    var list = fields[name]?.split(separator: 0).map(Array.init) ?? []
    body(&list)
    if list.isEmpty { fields.remove(name) } else { fields.set(marked(name), to: Array(list.joined(separator: [0]))) }
  }

  // MARK: - Conditions

  /// Whether a value is there and not empty. What a capture or a note says is looked at where it lies.
  private func isPresent(_ index: Int32) -> Bool {
    let value = program.values[Int(index)]
    switch value.kind {
    case .capture:
      guard let header = captures.header(of: value.number) else { return false }
      let fields = arena[0..<frame.capturesEnd]
      if FieldLayout.isDoubtful(at: header, in: fields) { sawDoubt = true }
      return !FieldLayout.value(at: header, in: fields).isEmpty
    case .note:
      return readNoteField(note: Int(value.number), field: UInt16(value.first)) { !$0.isEmpty } ?? false
    default:
      let start = arena.count
      return append(index) && arena.count > start
    }
  }

  /// Whether a condition holds. Leaves the arena as it was.
  func holds(_ index: Int32) -> Bool {
    let condition = program.conditions[Int(index)]
    return isMet(condition) != condition.isNegated
  }

  @inline(__always)
  private func isMet(_ condition: ActionProgram.Condition) -> Bool {
    let start = arena.count
    defer { arena.truncate(to: start) }
    switch condition.kind {
    case .always: return true
    case .noteExists:
      if isDoubtful(note: Int(condition.value)) { sawDoubt = true }
      return noteInUse(Int(condition.value)) != nil
    case .present: return isPresent(condition.value)
    case .equals: return append(condition.value) && equalsOne(of: condition.list, from: start)
    case .contains: return append(condition.value) && hasText(of: condition.list, from: start, anywhere: true)
    case .startsWith: return append(condition.value) && hasText(of: condition.list, from: start, anywhere: false)
    case .isAtLeast:
      guard append(condition.value), let number = UInt64(String(decoding: arena[from: start], as: UTF8.self)) else {
        return false
      }
      return number >= condition.bound
    case .isKnown: return append(condition.value) && mailboxes.find(arena[from: start]) != nil
    case .isOf: return append(condition.value) && policy.isMember(arena[from: start], of: condition.namedClass)
    case .ambiguous: return frame.isAmbiguous
    case .cut: return frame.isCut
    case .unproven: return frame.facts.sender != .proven
    case .otherwise:
      if frame.isBranchDoubtful { sawDoubt = true }
      return !frame.hasEmitted
    case .all:
      for place in condition.list where !holds(program.lists[Int(place)]) { return false }
      return true
    case .any:
      for place in condition.list where holds(program.lists[Int(place)]) { return true }
      return false
    }
  }

  private func equalsOne(of choices: Range<Int32>, from start: Int) -> Bool {
    let end = arena.count
    for place in choices {
      defer { arena.truncate(to: end) }
      guard append(program.lists[Int(place)]), arena.count - end == end - start else { continue }
      if memcmp(arena.start + start, arena.start + end, end - start) == 0 { return true }
    }
    return false
  }

  /// Whether one of the texts, which are in lower case, stands in the value that ends the arena, or begins it.
  private func hasText(of texts: Range<Int32>, from start: Int, anywhere: Bool) -> Bool {
    for place in start..<arena.count { arena.start[place] = Self.lowercased(arena.start[place]) }
    let value = arena[from: start]
    return program.pool.withUnsafeBytes { pool in
      texts.contains { place in
        let range = program.texts[Int(place)]
        let text = UnsafeRawBufferPointer(rebasing: pool[Int(range.lowerBound)..<Int(range.upperBound)])
        return text.isEmpty || Self.stands(text, in: value, anywhere: anywhere)
      }
    }
  }

  /// Whether a text, which is not empty, stands in a value, or begins it.
  private static func stands(_ text: UnsafeRawBufferPointer, in value: UnsafeRawBufferPointer, anywhere: Bool) -> Bool {
    guard let wanted = text.baseAddress, var place = value.baseAddress else { return false }
    let end = place + value.count
    guard anywhere else { return value.count >= text.count && memcmp(place, wanted, text.count) == 0 }
    while end - place >= text.count, let found = memchr(place, Int32(text[0]), end - place - text.count + 1) {
      if memcmp(found, wanted, text.count) == 0 { return true }
      place = UnsafeRawPointer(found) + 1
    }
    return false
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
}
