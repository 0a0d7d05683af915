import AuditModel
import Glibc
import RuleTable

/// Deciding the conditions of the rule at work.
extension Correlator {
  /// Whether a value is there and not empty. What a capture or a context says is looked at where it lies.
  private func isPresent(_ index: Int32) -> Bool {
    let value = program.values[Int(index)]
    switch value.kind {
    case .capture:
      guard let header = captures.header(of: value.number) else { return false }
      let fields = arena[0..<frame.capturesEnd]
      if FieldLayout.isDoubtful(at: header, in: fields) { sawDoubt = true }
      return !FieldLayout.value(at: header, in: fields).isEmpty
    case .contextField:
      return readContextField(context: Int(value.number), field: UInt16(value.first)) { !$0.isEmpty } ?? false
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
    case .contextExists:
      if isDoubtful(context: Int(condition.value)) { sawDoubt = true }
      return contextInUse(Int(condition.value)) != nil
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
      for index in condition.list where !holds(program.lists[Int(index)]) { return false }
      return true
    case .any:
      for index in condition.list where holds(program.lists[Int(index)]) { return true }
      return false
    }
  }

  private func equalsOne(of choices: Range<Int32>, from start: Int) -> Bool {
    let end = arena.count
    for index in choices {
      defer { arena.truncate(to: end) }
      guard append(program.lists[Int(index)]), arena.count - end == end - start else { continue }
      if memcmp(arena.start + start, arena.start + end, end - start) == 0 { return true }
    }
    return false
  }

  /// Whether one of the texts, which are in lower case, stands in the value that ends the arena, or begins it.
  private func hasText(of texts: Range<Int32>, from start: Int, anywhere: Bool) -> Bool {
    for index in start..<arena.count { arena.start[index] = Self.lowercased(arena.start[index]) }
    let value = arena[from: start]
    return program.pool.withUnsafeBytes { pool in
      texts.contains { index in
        let range = program.texts[Int(index)]
        let text = UnsafeRawBufferPointer(rebasing: pool[Int(range.lowerBound)..<Int(range.upperBound)])
        return text.isEmpty || Self.stands(text, in: value, anywhere: anywhere)
      }
    }
  }

  /// Whether a text, which is not empty, stands in a value, or begins it.
  private static func stands(_ text: UnsafeRawBufferPointer, in value: UnsafeRawBufferPointer, anywhere: Bool) -> Bool {
    guard let wanted = text.baseAddress, var index = value.baseAddress else { return false }
    let end = index + value.count
    guard anywhere else { return value.count >= text.count && memcmp(index, wanted, text.count) == 0 }
    while end - index >= text.count, let found = memchr(index, Int32(text[0]), end - index - text.count + 1) {
      if memcmp(found, wanted, text.count) == 0 { return true }
      index = UnsafeRawPointer(found) + 1
    }
    return false
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
}
