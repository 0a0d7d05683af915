import ArgumentParser
import AuditModel

/// A kind that a script can report, as it is typed.
struct ReportedKind {
  let kind: EventKind

  init(_ name: String) throws {
    let kinds = ReportedOperation.kinds
    guard let kind = EventKind(name: name), kinds.contains(kind) else {
      let names = kinds.map(\.name.description)
      let advice =
        if EventKind(name: name) != nil {
          "the daemons' own logs say ‘\(name)’; there can be recorded "
        } else if let near = Suggestion.nearest(to: name, among: names) {
          "there is no kind ‘\(name)’; did you mean ‘\(near)’? Else there are "
        } else {
          "there is no kind ‘\(name)’; there are "
        }
      throw ValidationError(advice + names.joined(separator: ", "))
    }
    self.kind = kind
  }
}

/// A key of a record and its value, as a script gives them: `ip=192.0.2.7`.
struct ReportedValue {
  let key: FieldKey
  let value: String

  /// A record has no more of a value (mailtrail-record(5)).
  private static let longest = 2048
  /// So that the caller's name, which follows it, is never cut off.
  private static let longestName = 256
  private static let actors = ["owner", "admin", "delegate", "system", "unknown"]

  init(_ text: String) throws {
    guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
      throw ValidationError("‘\(text)’ is no key and value; as in ip=192.0.2.7")
    }
    let name = String(text[..<sign])
    guard let key = FieldKey(name: name), ReportedOperation.keys.contains(key) else {
      let names = ReportedOperation.keys.map(\.name.description)
      let advice = Suggestion.nearest(to: name, among: names).map { "did you mean ‘\($0)’? Else " } ?? ""
      throw ValidationError("‘\(name)’ is no key; \(advice)there are \(names.joined(separator: ", "))")
    }
    self.key = key
    value = String(text[text.index(after: sign)...])
    try check()
  }

  private func check() throws {
    if value.isEmpty { throw ValidationError("‘\(key.name)’ has no value; leave the key out") }
    let longest = key == .actorName ? Self.longestName : Self.longest
    if value.utf8.count > longest {
      throw ValidationError("the value of ‘\(key.name)’ has \(value.utf8.count) bytes; at the most \(longest)")
    }
    switch key {
    case .actor: try check(isOneOf: Self.actors)
    case .service: try check(isOneOf: ServiceName.all)
    case .ip:
      guard !value.utf8.contains(UInt8(ascii: "/")), AddressFilter(value) != nil else {
        throw ValidationError("‘\(value)’ is no address; as in 192.0.2.7 or 2001:db8::7")
      }
    case .port, .count:
      guard let number = UInt32(value), key != .port || number <= 65_535,
        value.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 })
      else {
        throw ValidationError("‘\(value)’ is no number for ‘\(key.name)’")
      }
    default: break
    }
  }

  private func check(isOneOf names: [String]) throws {
    guard !names.contains(value) else { return }
    throw ValidationError("‘\(value)’ is no \(key.name); there are \(names.joined(separator: ", "))")
  }
}
