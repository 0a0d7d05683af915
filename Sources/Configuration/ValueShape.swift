import AuditModel

/// What a value of the configuration may be: how it is read, and what is said when it cannot be.
struct ValueShape<Value> {
  /// Reads a node; reports what is wrong and returns nil when it does not fit.
  ///
  /// The key's whole path (`audit.level`) is for the message.
  let read: (_ node: YamlNode, _ path: String, _ problems: ProblemList) -> Value?

  init(read: @escaping (_ node: YamlNode, _ path: String, _ problems: ProblemList) -> Value?) { self.read = read }

  /// A value that is one scalar.
  ///
  /// - Parameters:
  ///   - allowed: what may stand here, completing "allowed: …".
  ///   - names: the words among which a misspelled one is looked for.
  ///   - parse: the value of a text; nil when it is not allowed.
  static func scalar(
    allowed: String, names: [String] = [], parse: @escaping (_ text: String, _ isQuoted: Bool) -> Value?
  ) -> ValueShape {
    ValueShape { node, path, problems in
      if !node.isNull, case .scalar(let text, let isQuoted) = node.content {
        if let value = parse(text, isQuoted) { return value }
        let suggestion = Spelling.suggestion(for: text, among: names).map { "; did you mean `\($0)`?" } ?? ""
        problems.report("`\(path)` is \(node.summary); allowed: \(allowed)\(suggestion)", at: node.location)
      } else {
        problems.report("`\(path)` is \(node.summary); allowed: \(allowed)", at: node.location)
      }
      return nil
    }
  }

  /// A list of such values. Nothing behind the key (all elements commented out) is an empty list.
  static func list<Element>(of element: ValueShape<Element>) -> ValueShape where Value == [Element] {
    ValueShape { node, path, problems in
      if node.isNull { return [] }
      guard case .sequence(let nodes) = node.content else {
        problems.report(
          "`\(path)` is \(node.summary); allowed: a list, as in `[one, two]`", at: node.location)
        return nil
      }
      let values = nodes.enumerated().map { index, node in element.read(node, "\(path)[\(index)]", problems) }
      return values.contains { $0 == nil } ? nil : values.compactMap { $0 }
    }
  }

  /// The same shape for a value that may be absent.
  static func some<Wrapped>(_ shape: ValueShape<Wrapped>) -> ValueShape where Value == Wrapped? {
    ValueShape { node, path, problems in shape.read(node, path, problems).map { .some($0) } }
  }
}
