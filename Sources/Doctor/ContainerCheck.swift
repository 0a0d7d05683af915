/// Which containers write lines of mail daemons into the journal, and whether they are believed.
package struct ContainerCheck: Sendable {
  /// What a container wrote in the last day.
  package struct Container: Sendable {
    package var name: String
    /// Lines that rules know.
    package var count: Int
    /// Of which daemons.
    package var daemons: [String]
    /// Whether `rules.containers` names it.
    package var isBelieved: Bool

    package init(name: String, count: Int, daemons: [String], isBelieved: Bool) {
      (self.name, self.count, self.daemons, self.isBelieved) = (name, count, daemons, isBelieved)
    }
  }

  private let containers: [Container]
  private let names: [String]

  /// - Parameter names: `rules.containers`.
  package init(_ containers: [Container], names: [String]) {
    self.containers = containers.sorted { $0.name < $1.name }
    self.names = names
  }

  func findings() -> [Finding] {
    let quiet = names.filter { !$0.contains(Character("*")) }.filter { name in !containers.contains { $0.name == name }
    }
    return containers.map(finding)
      + quiet.map { name in
        Finding(
          .advice, "containers",
          "rules.containers names \(name), and no line of a mail daemon in the last day's journal is of a container with "
            + "this name",
          remedy: ["it must log with the driver journald, its name is what ‘docker ps’ shows: mailtrail-text-logs(7)"])
      }
  }

  private func finding(_ container: Container) -> Finding {
    let text =
      "the container \(container.name) wrote \(container.count) lines of \(container.daemons.joined(separator: ", ")) "
      + "in the last day, "
    guard !container.isBelieved else { return Finding(.good, "containers", text + "which are believed") }
    return Finding(
      .advice, "containers", text + "which are not believed: a container may be anybody's who may start one",
      remedy: !Self.isPlain(container.name)
        ? []
        : [
          "if it is your mail server's, in /etc/mailtrail/mailtrail.yaml:", "  rules:",
          "    containers: [\"\(container.name)\"]",
        ])
  }

  /// What container engines let a name be; another one is somebody's text.
  private static func isPlain(_ name: String) -> Bool {
    name.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || [45, 46, 95].contains(byte)
    }
  }
}
