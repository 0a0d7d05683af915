import AuditModel
import RuleTable

/// The fields that the rule at work keeps: of its captures, and of the contexts that it makes and changes.
extension Correlator {
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

  /// The longest value that a context keeps.
  private static let longestContextValue = 2048

  /// The fields of a new context.
  func makeFields(_ assignments: Range<Int32>) -> FieldSet {
    var fields = FieldSet()
    let start = arena.count
    var isPlain = true
    // What is kept under a doubtful key, or where a doubtful value decided it, is doubtful.
    let isDoubtful = sawDoubt
    for index in assignments {
      let assignment = program.assignments[Int(index)]
      let end = arena.count
      sawDoubt = isDoubtful
      guard assignment.operation == .set, isPlain else {
        // A list, or a field of a context that has one: the way that changes what is there.
        if isPlain {
          fields = FieldSet(wholeFields: arena[start..<end])
          isPlain = false
        }
        change(&fields, assignment)
        continue
      }
      let isFirst = FieldLayout.range(of: assignment.field, in: arena[start..<end]) == nil
      let header = arena.count
      _ = arena.extend(by: FieldLayout.headerLength)
      guard isFirst, append(assignment.value), arena.count > header + FieldLayout.headerLength else {
        arena.truncate(to: end)
        if !isFirst {
          fields = FieldSet(wholeFields: arena[start..<end])
          isPlain = false
          change(&fields, assignment)
        }
        continue
      }
      arena.truncate(to: header + FieldLayout.headerLength + Self.longestContextValue)
      FieldLayout.writeHeader(
        flagged(assignment.field), length: arena.count - header - FieldLayout.headerLength, to: arena.start + header)
    }
    defer { arena.truncate(to: start) }
    return isPlain ? FieldSet(wholeFields: arena[from: start]) : fields
  }

  /// Adds to a context, or makes it. All values are worked out before the first changes it.
  func merge(_ key: ContextKey, _ instruction: ActionProgram.Instruction) {
    let key = contexts.resolve(key)
    guard contexts.isThere(key, now: now) else {
      contexts.begin(key, fields: makeFields(instruction.assignments), ttl: instruction.duration, now: now)
      return
    }
    let assignments = instruction.assignments
    let isDoubtful = sawDoubt
    typealias Value = (range: Range<Int>?, isDoubtful: Bool)
    withUnsafeTemporaryAllocation(of: Value.self, capacity: assignments.count) { values in
      for (number, index) in assignments.enumerated() {
        let start = arena.count
        sawDoubt = isDoubtful
        let isThere = append(program.assignments[Int(index)].value)
        values.initializeElement(at: number, to: (isThere ? start..<arena.count : nil, sawDoubt))
      }
      contexts.change(key, ttl: instruction.duration, now: now) { fields in
        for (number, index) in assignments.enumerated() {
          guard let range = values[number].range else { continue }
          sawDoubt = values[number].isDoubtful
          change(&fields, program.assignments[Int(index)], arena[range])
        }
      }
    }
  }

  /// The key of a field whose value was just worked out, flagged where the value is doubtful.
  func flagged(_ field: UInt16) -> UInt16 { sawDoubt ? field | FieldLayout.doubt : field }

  func change(_ fields: inout FieldSet, _ assignment: ActionProgram.Assignment) {
    let start = arena.count
    guard append(assignment.value) else { return }
    change(&fields, assignment, arena[from: start])
    arena.truncate(to: start)
  }

  func change(
    _ fields: inout FieldSet, _ assignment: ActionProgram.Assignment, _ value: UnsafeRawBufferPointer
  ) {
    switch assignment.operation {
    case .set: if !value.isEmpty { fields.set(flagged(assignment.field), to: value.prefix(Self.longestContextValue)) }
    case .add:
      change(&fields, assignment.field) { list in
        let value = Array(value)
        if !list.contains(value), list.count < 100 { list.append(value) }
      }
    case .remove: change(&fields, assignment.field) { list in list.removeAll { $0.elementsEqual(value) } }
    }
  }

  /// Lists are texts separated by NUL, as in a record's `recipients`.
  func change(_ fields: inout FieldSet, _ name: UInt16, _ body: (inout [[UInt8]]) -> Void) {
    if fields.isDoubtful(name) { sawDoubt = true }
    var list = fields[name]?.split(separator: 0).map(Array.init) ?? []
    body(&list)
    if list.isEmpty { fields.remove(name) } else { fields.set(flagged(name), to: Array(list.joined(separator: [0]))) }
  }
}
