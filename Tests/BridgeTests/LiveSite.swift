import Glibc
import TestSupport

/// A collector that follows a journal of its own, as a process.
struct LiveSite {
  private let temporary = TemporaryDirectory()
  let program: String
  private var number = 0

  init() throws {
    program = try TestProcess.mailtrail()
    for name in ["journal", "rules"] { mkdir("\(directory)/\(name)", 0o755) }
    try TestFiles.write(
      """
      sources:
        - journal: { directories: [\(directory)/journal] }
      audit: { level: 1, retention: 20000d, time-zone: UTC, directory: \(directory)/Audit }
      state: { directory: \(directory)/state }
      mailboxes: { default-domain: example.org }
      rules: { directory: \(directory)/rules }

      """, to: directory + "/mailtrail.yaml")
  }

  var directory: String { temporary.path }
  var arguments: [String] { ["--config", directory + "/mailtrail.yaml"] }
  var tree: String { directory + "/Audit" }
  func remove() { temporary.remove() }

  /// Starts the service; it runs until it is stopped.
  func start(_ more: [String] = []) throws -> TestProcess {
    try TestProcess(program, ["collect"] + arguments + more)
  }

  /// Reads to the end of the journal.
  func collect() throws -> (status: Int32, output: String, errors: String) {
    try TestProcess.run(program, ["collect", "--until-end"] + arguments)
  }

  func run(_ words: [String]) throws -> (status: Int32, output: String, errors: String) {
    try TestProcess.run(program, words + arguments)
  }

  /// Appends entries to a journal file, or makes it.
  func log(_ name: String = "system", _ body: (inout TestJournal) -> Void) throws {
    var journal = TestJournal()
    body(&journal)
    try journal.write(to: "\(directory)/journal/\(name).journal")
  }

  /// The records of the mailboxes and of `_unknown`, sorted.
  func records() throws -> [String] {
    try TestFiles.tree(tree).values.flatMap { $0.split(separator: 10) }.map { String(decoding: $0, as: UTF8.self) }
      .sorted()
  }

  /// The collector's own records.
  func ownRecords() throws -> [String] {
    let found = try TestProcess.run("find", [tree + "/_bridge", "-name", "AUDIT-*.log"])
    return try found.output.split(separator: "\n").flatMap { try TestFiles.read(String($0)).split(separator: 10) }
      .map { String(decoding: $0, as: UTF8.self) }
  }

  func read(_ name: String) -> String {
    (try? TestFiles.read("\(directory)/\(name)")).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Waits until something is so that the program's files say.
  func waits(_ isSo: () throws -> Bool) throws -> Bool { try DirectoryChanges(in: directory).wait(until: isSo) }

  /// Starts the service, to be killed at a known change of its files.
  func watch() throws -> WatchedProcess {
    try WatchedProcess(program, ["collect"] + arguments, changing: directory)
  }
}
