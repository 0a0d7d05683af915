import AuditModel
import Glibc
import RuleTable

/// Working out the values of the rule at work, in the arena behind its captures.
extension Correlator {
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
    case .contextField: return appendContextField(context: Int(value.number), field: UInt16(value.first))
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
    case .loginUser: return appendUser(ofUID: value.first, isService: false)
    case .serviceUser: return appendUser(ofUID: value.first, isService: true)
    case .applied:
      let start = arena.count
      guard append(value.first) else { return false }
      let result = program.functions[Int(value.count)](arena.array(from: start))
      arena.truncate(to: start)
      arena.append(result)
      return true
    case .joined:
      for index in value.first..<(value.first + value.count) { _ = append(program.lists[Int(index)]) }
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

  private func appendContextField(context: Int, field: UInt16) -> Bool {
    readContextField(context: context, field: field) { arena.append($0) } != nil
  }

  /// Calls the body with the value of a context's field; nil when there is none.
  @inline(__always)
  func readContextField<Result>(
    context: Int, field: UInt16, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result? {
    guard let index = contextInUse(context) else { return nil }
    return contexts.withFields(at: index) { fields in
      guard let range = FieldLayout.range(of: field, in: fields) else { return nil }
      if FieldLayout.isDoubtful(valueAt: range.lowerBound, in: fields) || isDoubtful(context: context) {
        sawDoubt = true
      }
      return body(UnsafeRawBufferPointer(rebasing: fields[range]))
    }
  }

  /// Where the context lies that the rule uses under a name; nil when there is none.
  func contextInUse(_ name: Int) -> Int? {
    let key = frameContexts[name]
    return key == .none ? nil : contexts.index(of: key, now: now)
  }

  /// The first that is there and not empty.
  private func appendFirst(_ value: ActionProgram.Value) -> Bool {
    let start = arena.count
    for index in value.first..<(value.first + value.count) {
      if append(program.lists[Int(index)]), arena.count > start { return true }
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

  /// The user of the entry's host who has a uid, if he is a service or is not.
  private func appendUser(ofUID inner: Int32, isService: Bool) -> Bool {
    let start = arena.count
    guard append(inner) else { return false }
    let uid = UInt32(String(decoding: arena.array(from: start), as: UTF8.self))
    arena.truncate(to: start)
    guard frame.facts.hasHostsUIDs, let uid, let user = policy.localUsers.user(uid, on: frame.facts.machine),
      user.isService == isService
    else {
      return false
    }
    arena.append(user.name)
    return true
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
}
